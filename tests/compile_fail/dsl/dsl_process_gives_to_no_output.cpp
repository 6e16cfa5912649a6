// SPDX-License-Identifier: Apache-2.0
//
// only: weir: process has no such side output: name its row behind the first, as in process<alarm,

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
  const auto to_the_side = [](const order& row, auto& to) { to.template give_to<1>(row); };
#ifdef WEIR_EXPECT_OK
  orders | weir::key_by(&order::name) | weir::process<order, order>(to_the_side);
#else
  orders | weir::key_by(&order::name) | weir::process<order>(to_the_side);
#endif
}
