// SPDX-License-Identifier: Apache-2.0
//
// only: weir: both streams of a join need a key, of one type: put key_by(...) behind the one that

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
  keyed | weir::join(orders, weir::tumbling(weir::duration{5}), first);
#endif
}
