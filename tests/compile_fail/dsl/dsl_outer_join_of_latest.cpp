// SPDX-License-Identifier: Apache-2.0
//
// only: weir: with latest() rows of the right that answer nothing are no results: use join or

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
  auto keyed = orders | weir::key_by(&order::name);
  const auto first = [](const order* left, const order*) { return left ? *left : order{}; };
#ifdef WEIR_EXPECT_OK
  keyed | weir::outer_join(keyed, weir::tumbling(weir::duration{5}), first);
#else
  keyed | weir::outer_join(keyed, weir::latest(), first);
#endif
}
