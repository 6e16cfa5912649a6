// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/block_pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace weir {
namespace {

using value = std::uint64_t;

TEST(BlockPoolTest, GivesTheBlockThatCameBackLast) {
  block_pool<value> pool;
  auto* const one = pool.take(1);
  auto* const other = pool.take(1);
  pool.give_back(one, 1);
  auto* const larger = pool.take(2);
  EXPECT_NE(larger, one);
  EXPECT_EQ(pool.take(1), one);
  for (const auto& [block, kind] : {std::pair{one, 1U}, {other, 1U}, {larger, 2U}})
    pool.give_back(block, kind);
}

TEST(BlockPoolTest, NoTwoBlocksThatAreOutShareAValue) {
  block_pool<value> pool;
  std::vector<std::pair<value*, unsigned>> out;
  for (int round = 0; round < 3; ++round) {
    for (unsigned i = 0; i < 3'000; ++i) {
      const unsigned kind = i % 13; // the last are larger than a page
      auto* const block = pool.take(kind);
      std::fill_n(block, std::size_t{1} << kind, out.size());
      out.emplace_back(block, kind);
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto& [block, kind] = out[i];
      ASSERT_TRUE(std::all_of(block, block + (std::size_t{1} << kind),
                              [&](value one) { return one == i; }));
    }
    for (const auto& [block, kind] : out) pool.give_back(block, kind);
    out.clear();
  }
}

} // namespace
} // namespace weir
