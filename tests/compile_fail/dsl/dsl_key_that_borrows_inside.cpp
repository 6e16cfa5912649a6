// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: key_by's key has borrowed text

#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <string>
#include <string_view>
#include <utility>

struct order {
  std::string name;
  int amount = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount))

int main() {
  weir::app app{"test"};
  auto orders = app.from(weir::memory_source<order>{});
#ifdef WEIR_EXPECT_OK
  orders | weir::key_by([](const order& o) { return std::pair{o.amount, o.name}; });
#else
  orders | weir::key_by([](const order& o) {
    return std::pair{o.amount, std::string_view{o.name}};
  });
#endif
}
