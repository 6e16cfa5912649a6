// SPDX-License-Identifier: Apache-2.0
//
// only: weir: join is told which rows belong together by within(-5min, 10min), latest(),

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
  const auto first = [](const order& left, const order&) { return left; };
#ifdef WEIR_EXPECT_OK
  keyed | weir::join(keyed, weir::tumbling(weir::duration{5}), first);
#else
  keyed | weir::join(keyed, weir::session(weir::duration{5}), first);
#endif
}
