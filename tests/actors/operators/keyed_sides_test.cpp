// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/keyed_sides.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::detail {
namespace {

using ::testing::ElementsAre;

using held = held_row<std::string>;
using held_of_keys = keyed_sides<std::int64_t, held, held>;

timestamp at(std::int64_t us) { return timestamp{duration{us}}; }
std::string text_of(std::int64_t key) { return "the row of key " + std::to_string(key) + " alone"; }

/// A row of the left, to be looked at at its time.
void hold(held_of_keys& all, std::int64_t key, std::int64_t time) {
  auto& both = all.at(key_hash(key), key);
  all.add<0>(both, {{}, at(time), text_of(key)});
  all.look_at(both, at(time));
}
/// What is dropped up to a time.
std::vector<std::string> dropped(held_of_keys& all, std::int64_t until) {
  std::vector<std::string> rows;
  all.look_at_due(at(until), [&](auto& both) {
    auto& own = both.template of<0>();
    while (!own.empty() && own.front().time <= at(until)) {
      rows.push_back(own.front().row);
      all.drop_front<0>(both);
    }
    if (!own.empty()) all.look_at(both, own.front().time);
    return true;
  });
  return rows;
}

TEST(KeyedSidesTest, LooksAtAKeyAtTheEarliestTimeItWasToldAndOnce) {
  held_of_keys all;
  hold(all, 1, 30);
  hold(all, 1, 10);
  hold(all, 1, 20);
  EXPECT_THAT(dropped(all, 9), ElementsAre());
  EXPECT_THAT(dropped(all, 20), ElementsAre(text_of(1), text_of(1)));
  EXPECT_THAT(dropped(all, 40), ElementsAre(text_of(1)));
  hold(all, 1, 25); // is past
  EXPECT_THAT(dropped(all, 40), ElementsAre(text_of(1)));
}

TEST(KeyedSidesTest, GoesOnWithTheKeyThatWasNotDoneWith) {
  held_of_keys all;
  for (std::int64_t key = 0; key < 200; ++key) hold(all, key, key);
  std::int64_t room = 0, seen = 0;
  const auto drop = [&](auto& both) {
    if (room == 0) return false;
    --room;
    EXPECT_EQ(both.template of<0>().front().row, text_of(seen++));
    all.drop_front<0>(both);
    return true;
  };
  for (; !all.look_at_due(at(10'000), drop); room = 3)
    if (seen == 150) hold(all, 1'000, 20'000);
  EXPECT_EQ(seen, 200);
  EXPECT_THAT(dropped(all, 20'000), ElementsAre(text_of(1'000)));
}

TEST(KeyedSidesTest, ForgetsKeysThatHaveNoRowsAndStillFindsTheOthers) {
  held_of_keys all;
  std::size_t most_bytes = 0;
  for (std::int64_t key = 0; key < 50'000; ++key) {
    hold(all, key, key < 100 ? 1'000'000 + key : key + 500);
    const auto rows = dropped(all, key);
    if (key >= 600) {
      ASSERT_THAT(rows, ElementsAre(text_of(key - 500)));
    }
    most_bytes = std::max(most_bytes, all.bytes());
  }
  EXPECT_LT(most_bytes, 1U << 20U); // 600 keys have rows
  EXPECT_EQ(dropped(all, 500'000).size(), 500U);
  for (std::int64_t key = 0; key < 100; ++key) hold(all, key, 2'000'000);
  EXPECT_EQ(dropped(all, 1'500'000).size(), 100U);
  EXPECT_EQ(dropped(all, 2'000'000).size(), 100U);
}

} // namespace
} // namespace weir::detail
