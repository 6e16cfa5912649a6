// SPDX-License-Identifier: Apache-2.0
// expect: weir: a state's key must own its text

#include <weir/actors/state/keyed_state.hpp>

#include <string>
#include <string_view>

#ifdef WEIR_EXPECT_OK
using text = std::string;
#else
using text = std::string_view;
#endif

int main() {
  weir::keyed_state<text, int> states{{}, weir::duration{0}};
  states.at(weir::key_hash(std::string_view{"a"}), std::string_view{"a"}, {}, [] { return 0; });
}
