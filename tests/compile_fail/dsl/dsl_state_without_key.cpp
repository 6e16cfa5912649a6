// SPDX-License-Identifier: Apache-2.0
//
// only: weir: this operator (window, process, with_state, join, dedup, ...) works by key: put

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <string>

struct order {
  std::string name;
  int amount = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount))

struct total {
  int amount = 0;
};
BOOST_DESCRIBE_STRUCT(total, (), (amount))

auto add_up() {
  return weir::process<order>([](const order& row, total& sum, auto& to) {
    sum.amount += row.amount;
    to.give(order{row.name, sum.amount});
  });
}

int main() {
  weir::app app{"test"};
  auto orders = app.from(weir::memory_source<order>{});
#ifdef WEIR_EXPECT_OK
  orders | weir::key_by(&order::name) | weir::with_state<total>() | add_up();
#else
  orders | weir::with_state<total>() | add_up();
#endif
}
