// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: with_state's state can't be kept

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <string>
#include <string_view>

struct order {
  int customer = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer))

struct last_name {
#ifdef WEIR_EXPECT_OK
  std::string name;
#else
  std::string_view name;
#endif
};
BOOST_DESCRIBE_STRUCT(last_name, (), (name))

int main() {
  weir::app app{"test"};
  auto orders = app.from(weir::memory_source<order>{});
  orders | weir::key_by(&order::customer) | weir::with_state<last_name>()
      | weir::process<int>([](const order&, last_name&, auto& to) { to.give(1); });
}
