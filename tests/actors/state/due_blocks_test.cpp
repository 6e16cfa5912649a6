// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/due_blocks.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace weir {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct call {
  timestamp time{};
  int who = 0;
};

timestamp at(std::int64_t us) { return timestamp{duration{us}}; }

std::vector<int> block(due_blocks<call>& from, timestamp until, std::size_t most) {
  std::vector<int> all;
  for (const auto& one : from.take(until, most)) all.push_back(one.who);
  return all;
}

TEST(DueBlocksTest, GivesWhatIsDueAtOnceIfABlockHolds) {
  due_blocks<call> blocks;
  for (const int time : {7, -5, 9, 7, 10}) blocks.push({at(time), time});
  EXPECT_EQ(blocks.earliest(), at(-5));
  EXPECT_THAT(block(blocks, at(-6), 10), IsEmpty());
  std::vector<int> all;
  for (auto some = block(blocks, at(9), 10); !some.empty(); some = block(blocks, at(9), 10))
    all.insert(all.end(), some.begin(), some.end());
  EXPECT_THAT(all, UnorderedElementsAre(-5, 7, 7, 9));
  EXPECT_EQ(blocks.reached(), at(9));
  EXPECT_EQ(blocks.size(), 1U);
  EXPECT_EQ(blocks.earliest(), at(10));
}

TEST(DueBlocksTest, GivesManyOfOneTimeTogether) {
  due_blocks<call> blocks;
  for (int i = 0; i < 1'000; ++i) blocks.push({at(5), i});
  blocks.push({at(6), 1'000});
  EXPECT_EQ(block(blocks, at(100), 10).size(), 1'000U);
  EXPECT_THAT(block(blocks, at(100), 10), UnorderedElementsAre(1'000));
}

TEST(DueBlocksTest, TakesTheEndsOfTime) {
  due_blocks<call> blocks;
  blocks.push({timestamp::max(), 2});
  blocks.push({timestamp::min() + duration{1}, 1});
  EXPECT_THAT(block(blocks, at(0), 10), UnorderedElementsAre(1));
  EXPECT_THAT(block(blocks, timestamp::max(), 10), UnorderedElementsAre(2));
  EXPECT_EQ(blocks.earliest(), std::nullopt);
}

/// Of blocks of any size: nothing early, nothing left, and no block before an earlier one.
RC_GTEST_PROP(DueBlocksTest, GivesAllThatIsDueBlockAfterBlock, ()) {
  due_blocks<call> blocks;
  std::multimap<timestamp, int> there;
  std::int64_t now = -1'000;
  int who = 0;
  for (auto steps = *rc::gen::inRange(0, 40); steps > 0; --steps) {
    for (auto count = *rc::gen::inRange(0, 60); count > 0; --count, ++who) {
      const auto time = at(now + 1 + *rc::gen::inRange(0, 2'000));
      blocks.push({time, who});
      there.emplace(time, who);
    }
    now += *rc::gen::inRange(0, 500);
    const auto most = static_cast<std::size_t>(*rc::gen::inRange(1, 50));
    while (true) {
      const auto before = blocks.reached();
      const auto some = blocks.take(at(now), most);
      if (some.empty()) break;
      RC_ASSERT(blocks.reached() <= at(now));
      for (const auto& one : some) {
        RC_ASSERT(before < one.time && one.time <= blocks.reached());
        const auto [from, to] = there.equal_range(one.time);
        const auto found =
            std::find_if(from, to, [&](const auto& each) { return each.second == one.who; });
        RC_ASSERT(found != to);
        there.erase(found);
      }
      RC_ASSERT(there.empty() || there.begin()->first > blocks.reached());
      RC_ASSERT(blocks.size() == there.size());
    }
    RC_ASSERT(there.empty() || there.begin()->first > at(now));
    RC_ASSERT(blocks.earliest().has_value() == !there.empty());
    if (!there.empty()) RC_ASSERT(*blocks.earliest() == there.begin()->first);
  }
}

} // namespace
} // namespace weir
