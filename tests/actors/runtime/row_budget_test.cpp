// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/row_budget.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace weir {
namespace {

TEST(RowBudgetTest, GrantsNoMoreThanIsLeft) {
  row_budget rows{10};
  EXPECT_EQ(rows.reserve(4), 4);
  EXPECT_EQ(rows.reserve(100), 6);
  EXPECT_EQ(rows.reserve(1), 0);
}

TEST(RowBudgetTest, IsNotUsedUpWhileSomebodyMayGiveBackWhatHeReserved) {
  row_budget rows{10};
  EXPECT_EQ(rows.reserve(10), 10);
  EXPECT_EQ(rows.reserve(5), 0);
  EXPECT_FALSE(rows.is_used_up());
  rows.settle(10, 3);
  EXPECT_FALSE(rows.is_used_up());
  EXPECT_EQ(rows.reserve(100), 7);
  rows.settle(7, 7);
  EXPECT_TRUE(rows.is_used_up());
  EXPECT_EQ(rows.reserve(1), 0);
}

TEST(RowBudgetTest, IsUsedUpAfterExactlySoManyRowsOfSeveralThreads) {
  row_budget rows{100'000};
  std::atomic<std::int64_t> came{0};
  std::vector<std::thread> sources;
  for (int i = 0; i < 4; ++i)
    sources.emplace_back([&, i] {
      for (std::int64_t poll = 0; !rows.is_used_up(); ++poll) {
        const auto granted = rows.reserve(64);
        const auto given = poll % (i + 2) == 0 ? granted : granted / 2;
        came += given;
        rows.settle(granted, given);
      }
    });
  for (auto& each : sources) each.join();
  EXPECT_EQ(came, 100'000);
}

} // namespace
} // namespace weir
