// SPDX-License-Identifier: Apache-2.0
//
// only: weir: window takes windows, such as tumbling(5s), and what becomes of their rows

#include <weir/actors/operators/agg/count.hpp>
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
#ifdef WEIR_EXPECT_OK
  orders | weir::key_by(&order::name)
      | weir::window(weir::tumbling(weir::duration{5}), weir::agg::count());
#else
  orders | weir::key_by(&order::name) | weir::window(weir::duration{5}, weir::agg::count());
#endif
}
