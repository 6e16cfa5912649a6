// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/timers.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace weir {
namespace {

using ::testing::ElementsAre;

timestamp at(std::int64_t us) { return timestamp{duration{us}}; }

void set(timers<int>& to, int key, timestamp time) { to.set(key_hash(key), key, time); }
void cancel(timers<int>& to, int key, timestamp time) { to.cancel(key_hash(key), key, time); }

std::vector<int> fired(timers<int>& from, timestamp until) {
  std::vector<int> keys;
  while (const auto due = from.take_due(until)) keys.push_back(due->key);
  return keys;
}

TEST(TimersTest, ForgetsThoseThatWereCancelledBeforeTheirTimeHasCome) {
  timers<int> timers;
  constexpr int keys = 100;
  constexpr std::int64_t day = 86'400'000'000;
  for (int row = 0; row < 100'000; ++row) {
    if (row >= keys) cancel(timers, row % keys, at(row - keys + day));
    set(timers, row % keys, at(row + day));
    ASSERT_LE(timers.size(), 2U * keys + timers.few) << row;
  }
  EXPECT_LT(timers.bytes(), 1U << 16U);
  EXPECT_EQ(fired(timers, at(2 * day)).size(), static_cast<std::size_t>(keys));
  EXPECT_TRUE(timers.empty());
  EXPECT_EQ(timers.size(), 0U);
}

TEST(TimersTest, ForgetsThoseThatWereCancelledBehindALoad) {
  timers<int> saved;
  for (int key = 0; key < 1'000; ++key) set(saved, key, at(1'000 - key));
  snapshot_writer to;
  saved.save(to);
  timers<int> loaded;
  snapshot_reader from{to.bytes()};
  ASSERT_TRUE(loaded.load(from));
  for (int key = 0; key < 998; ++key) cancel(loaded, key, at(1'000 - key));
  EXPECT_LE(loaded.size(), 2U * 2 + loaded.few);
  EXPECT_THAT(fired(loaded, at(1'000)), ElementsAre(999, 998));
}

enum class act : std::uint8_t { set, cancel, replace, advance };

/// Whatever is set, moved, cancelled and waited for fires as from a sorted map, and what was
/// cancelled takes no more room than what is set.
RC_GTEST_PROP(TimersTest, AreASortedMap, (std::vector<std::tuple<std::uint8_t, int, int>> steps)) {
  timers<int> timers;
  std::map<std::pair<timestamp, std::uint64_t>, int> sorted; // keys by time and number
  std::map<std::pair<int, timestamp>, std::uint64_t> numbers;
  std::uint64_t number = 0;
  const auto set_both = [&](int key, timestamp time) {
    set(timers, key, time);
    if (numbers.try_emplace({key, time}, number).second) sorted[{time, number++}] = key;
  };
  const auto cancel_both = [&](int key, timestamp time) {
    cancel(timers, key, time);
    if (const auto found = numbers.find({key, time}); found != numbers.end()) {
      sorted.erase({time, found->second});
      numbers.erase(found);
    }
  };
  const auto advance_both = [&](timestamp until) {
    while (const auto due = timers.take_due(until)) {
      RC_ASSERT(!sorted.empty());
      const auto [first, key] = *sorted.begin();
      RC_ASSERT(due->time == first.first);
      RC_ASSERT(due->key == key);
      numbers.erase({key, first.first});
      sorted.erase(sorted.begin());
    }
    RC_ASSERT(sorted.empty() || sorted.begin()->first.first > until);
  };
  for (const auto& [what, key, time] : steps) {
    const int own = key % 8;
    const auto first = at(time);
    switch (static_cast<act>(what % 4)) {
      case act::set: set_both(own, first); break;
      case act::cancel:
        if (!sorted.empty()) {
          const auto& [of, whose] = *sorted.rbegin();
          cancel_both(whose, of.first);
        }
        cancel_both(own, first);
        break;
      case act::replace: // often, as rows do
        for (int i = 0; i < 50; ++i) {
          set_both(own, at(time + i));
          cancel_both(own, at(time + i - 1));
        }
        break;
      case act::advance: advance_both(first); break;
    }
    RC_ASSERT(timers.size() >= sorted.size());
    RC_ASSERT(timers.size() <= 2 * sorted.size() + timers.few);
    RC_ASSERT(timers.empty() == sorted.empty());
  }
  advance_both(timestamp::max());
}

} // namespace
} // namespace weir
