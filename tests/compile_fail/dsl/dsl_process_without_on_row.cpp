// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: process takes a callable of (const row&, state&, auto& to)

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

struct order {
  int customer = 0;
  int amount = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer, amount))

struct total {
  int amount = 0;
};
BOOST_DESCRIBE_STRUCT(total, (), (amount))

#ifdef WEIR_EXPECT_OK
struct adds {
  void on_row(const order& row, total& sum, auto& to) { to.give(sum.amount += row.amount); }
};
#else
struct adds {
  void on_rows(const order& row, total& sum, auto& to) { to.give(sum.amount += row.amount); }
};
#endif

int main() {
  weir::app app{"test"};
  auto orders = app.from(weir::memory_source<order>{});
  orders | weir::key_by(&order::customer) | weir::with_state<total>() | weir::process<int>(adds{});
}
