// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/due_queue.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

using ::testing::ElementsAre;

struct call {
  timestamp time{};
  std::uint64_t number = 0;
  std::string who = {};

  friend bool operator>(const call& a, const call& b) {
    return a.time != b.time ? a.time > b.time : a.number > b.number;
  }
};

timestamp at(std::int64_t us) { return timestamp{duration{us}}; }

std::vector<std::string> taken(due_queue<call>& from, timestamp until) {
  std::vector<std::string> all;
  while (const auto* next = from.due(until)) {
    all.push_back(next->who);
    from.pop();
  }
  return all;
}

TEST(DueQueueTest, GivesWhatIsDueByTimeAndNumber) {
  due_queue<call> queue;
  for (auto& one : std::vector<call>{
           {at(7), 1, "c"}, {at(-5), 2, "a"}, {at(9), 3, "d"}, {at(7), 0, "b"}, {at(10), 4, "e"}})
    queue.push(std::move(one));
  EXPECT_EQ(queue.earliest(), at(-5));
  EXPECT_THAT(taken(queue, at(9)), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.earliest(), at(10));
}

TEST(DueQueueTest, GivesFirstWhatIsSetForATimeThatIsPast) {
  due_queue<call> queue;
  queue.push({at(100), 0, "b"});
  queue.push({at(100), 2, "d"});
  ASSERT_NE(queue.due(at(100)), nullptr);
  queue.push({at(1), 1, "a"});
  queue.push({at(100), 1, "c"});
  EXPECT_EQ(queue.due(at(0)), nullptr);
  EXPECT_THAT(taken(queue, at(100)), ElementsAre("a", "b", "c", "d"));
}

TEST(DueQueueTest, TakesTheEndsOfTime) {
  due_queue<call> queue;
  queue.push({timestamp::max(), 0, "last"});
  queue.push({timestamp::min(), 1, "first"});
  EXPECT_THAT(taken(queue, timestamp::min()), ElementsAre("first"));
  EXPECT_THAT(taken(queue, timestamp::max()), ElementsAre("last"));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.earliest(), std::nullopt);
}

TEST(DueQueueTest, GivesManyInOrderWhileOthersAreSet) {
  std::mt19937 random{1};
  due_queue<call> queue;
  std::uint64_t number = 0;
  std::pair<timestamp, std::uint64_t> before{timestamp::min(), 0};
  for (std::int64_t now = 0; now < 3'000; now += 100) {
    for (int i = 0; now < 2'000 && i < 1'000; ++i)
      queue.push({at(now + static_cast<std::int64_t>(random() % 1'000)), number++});
    while (const auto* next = queue.due(at(now + 99))) {
      const std::pair one{next->time, next->number};
      ASSERT_LT(before, one);
      before = one;
      queue.pop();
    }
    ASSERT_GT(queue.earliest().value_or(timestamp::max()), at(now + 99));
  }
  EXPECT_EQ(number, 20'000U);
  EXPECT_TRUE(queue.empty());
}

/// Whatever is set and taken in whatever order, it is as with a sorted set.
RC_GTEST_PROP(DueQueueTest, IsASortedSet, (std::vector<std::pair<int, bool>> steps)) {
  due_queue<call> queue;
  std::set<std::pair<std::int64_t, std::uint64_t>> sorted;
  std::uint64_t number = 0;
  for (const auto& [time, is_set] : steps) {
    if (is_set) {
      // Numbers do not ascend, as after a snapshot.
      const auto own = ++number ^ 1U;
      queue.push({at(time), own});
      sorted.insert({time, own});
    } else {
      while (const auto* next = queue.due(at(time))) {
        RC_ASSERT(!sorted.empty());
        RC_ASSERT(sorted.begin()->first == next->time.time_since_epoch().count());
        RC_ASSERT(sorted.begin()->second == next->number);
        sorted.erase(sorted.begin());
        queue.pop();
      }
      RC_ASSERT(sorted.empty() || sorted.begin()->first > time);
    }
    RC_ASSERT(queue.size() == sorted.size());
    RC_ASSERT(queue.earliest().has_value() == !sorted.empty());
    if (!sorted.empty()) RC_ASSERT(*queue.earliest() == at(sorted.begin()->first));
  }
}

} // namespace
} // namespace weir
