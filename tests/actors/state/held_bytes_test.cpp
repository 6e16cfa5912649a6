// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/held_bytes.hpp>
#include <weir/tests/support/keyed_states.hpp>

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

using testing::tally;

TEST(HeldBytesTest, TellsWhatValuesHold) {
  EXPECT_EQ(held_bytes(7), 0U);
  EXPECT_EQ(held_bytes(std::string{"short"}), 0U);
  EXPECT_GE(held_bytes(std::string(100, 'x')), 101U);
  EXPECT_EQ(held_bytes(std::optional<std::string>{}), 0U);
  EXPECT_GE(held_bytes(std::vector<std::string>(10, std::string(100, 'x'))), 10 * 132U);
  EXPECT_NEAR(static_cast<double>(held_bytes(std::vector<std::string>(100, std::string(100, 'x')))),
              100.0 * (32 + 112), 20);
  EXPECT_GE(held_bytes(tally{.names = std::string(100, 'x'), .prices = {{1, 2, 3}}}), 140U);
  EXPECT_EQ(held_bytes(std::pair{1, std::tuple{std::array<std::string, 2>{}}}), 0U);
  static_assert(!can_hold_heap<std::pair<int, std::optional<timestamp>>>);
}

} // namespace
} // namespace weir::test
