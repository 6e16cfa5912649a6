// SPDX-License-Identifier: Apache-2.0
//
// only: weir: process calls on_timer with (const key&, state&, auto& to), without with_state with

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <string>

struct order {
  std::string name;
  int amount = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount))

struct reminder {
  void on_row(const order& row, auto& to) { to.set_timer(to.time() + weir::duration{row.amount}); }
#ifdef WEIR_EXPECT_OK
  void on_timer(const std::string& name, auto& to) { to.give(order{name}); }
#else
  void on_timer(int name, auto& to) { to.give(order{std::to_string(name)}); }
#endif
};

int main() {
  weir::app app{"test"};
  auto orders = app.from(weir::memory_source<order>{});
  orders | weir::key_by(&order::name) | weir::process<order>(reminder{});
}
