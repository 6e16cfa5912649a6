// SPDX-License-Identifier: Apache-2.0
//
// only: weir: process is told what rows it gives: process<alarm>(f)

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <string>

struct order {
  std::string name;
  int amount = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount))

int main() {
  weir::app app{"test"};
  auto orders = app.from(weir::memory_source<order>{});
  const auto pass = [](const order& row, auto& to) { to.give(row); };
#ifdef WEIR_EXPECT_OK
  orders | weir::key_by(&order::name) | weir::process<order>(pass);
#else
  orders | weir::key_by(&order::name) | weir::process(pass);
#endif
}
