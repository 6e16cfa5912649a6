// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: what stands behind key_by must be an operator that works by key

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
  orders | weir::key_by(&order::name)
      | weir::window(weir::tumbling(weir::duration{5}), weir::agg::count());
#else
  orders | weir::key_by(&order::name) | weir::take(5);
#endif
}
