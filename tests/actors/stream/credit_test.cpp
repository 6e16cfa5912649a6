// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/credit.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <vector>

namespace weir::test {
namespace {

RC_GTEST_PROP(CreditTest, IsGrantedAvailableAndOutstandingTogether,
              (const std::vector<std::pair<std::uint8_t, std::uint32_t>>& sizes)) {
  credit_account account{initial_credit()};
  std::deque<credit> sent;
  for (const auto& [rows, bytes] : sizes) {
    const credit size{rows, bytes};
    // A sender with rows in hand gets through in the end, whatever their size: nothing starves.
    while (!account.covers(size)) {
      RC_ASSERT(!sent.empty());
      account.give_back(sent.front());
      sent.pop_front();
    }
    account.spend(size);
    sent.push_back(size);
    RC_ASSERT(account.available() + account.outstanding() == account.granted());
    RC_ASSERT(account.available().rows >= 0 || account.outstanding() == size);
  }
  for (const auto& size : sent) account.give_back(size);
  RC_ASSERT(account.available() == account.granted());
  RC_ASSERT(account.is_idle());
}

TEST(CreditTest, CoversNoMoreThanWhatIsLeft) {
  credit_account account{{10, 100}};
  EXPECT_TRUE(account.covers({10, 100}));
  account.spend({4, 80});
  EXPECT_TRUE(account.covers({6, 20}));
  EXPECT_FALSE(account.covers({7, 1}));
  EXPECT_FALSE(account.covers({1, 21}));
  EXPECT_EQ(account.usable(), (credit{6, 20}));
}

TEST(CreditTest, RestsWhenNearlySpentUntilHalfIsBack) {
  credit_account account{{16, 1600}};
  for (int i = 0; i < 15; ++i) account.spend({1, 100});
  EXPECT_FALSE(account.covers({1, 1}));
  EXPECT_EQ(account.usable(), credit{});
  for (int i = 0; i < 6; ++i) account.give_back({1, 100});
  EXPECT_FALSE(account.covers({1, 1})) << "7 of 16 are there";
  account.give_back({1, 100});
  EXPECT_TRUE(account.covers({8, 800}));
  EXPECT_EQ(account.usable(), (credit{8, 800}));
}

TEST(CreditTest, DoesNotRestWhenNothingIsOutstanding) {
  credit_account account{{16, 1600}};
  account.spend({1, 5000});
  account.give_back({1, 5000});
  EXPECT_EQ(account.usable(), account.granted());
  EXPECT_TRUE(account.covers({16, 1600}));
}

TEST(CreditTest, LetsOneRowOfAnySizePassWhenNothingIsOutstanding) {
  credit_account account{{10, 100}};
  EXPECT_TRUE(account.covers({1, max_row_bytes}));
  account.spend({1, max_row_bytes});
  EXPECT_FALSE(account.has_room());
  EXPECT_FALSE(account.covers({1, 1}));
  account.give_back({1, max_row_bytes});
  EXPECT_TRUE(account.has_room());
}

TEST(CreditDeathTest, RefusesMoreBackThanWasSpent) {
  credit_account account{{10, 100}};
  account.spend({1, 1});
  EXPECT_DEATH(account.give_back({2, 1}), "no more credit back than was spent");
}

} // namespace
} // namespace weir::test
