// SPDX-License-Identifier: Apache-2.0
// expect: weir: a state can't be kept: make it of numbers, std::string (not std::string_view)

#include <weir/actors/state/keyed_state.hpp>

#include <string>
#include <string_view>

#ifdef WEIR_EXPECT_OK
using text = std::string;
#else
using text = std::string_view;
#endif

struct last_seen {
  weir::timestamp at;
  text name;
};
BOOST_DESCRIBE_STRUCT(last_seen, (), (at, name))

int main() {
  weir::keyed_state<int, last_seen> states{{}, weir::duration{0}};
  states.at(weir::key_hash(1), 1, {}, [] { return last_seen{}; });
}
