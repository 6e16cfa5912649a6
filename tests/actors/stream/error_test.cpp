// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/error.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace weir::test {
namespace {

constexpr errc all_codes[] = {
    errc::failed,    errc::usage,       errc::config,           errc::cannot_connect, errc::damaged,
    errc::user_code, errc::interrupted, errc::too_many_rejects, errc::actor_died};

TEST(ErrorTest, GivesEachCodeItsExitCode) {
  EXPECT_EQ(exit_code_of(errc::failed), 1);
  EXPECT_EQ(exit_code_of(errc::user_code), 1);
  EXPECT_EQ(exit_code_of(errc::usage), 2);
  EXPECT_EQ(exit_code_of(errc::config), 3);
  EXPECT_EQ(exit_code_of(errc::cannot_connect), 4);
  EXPECT_EQ(exit_code_of(errc::damaged), 5);
  EXPECT_EQ(exit_code_of(errc::interrupted), 130);
}

TEST(ErrorTest, NamesEachCodeDifferently) {
  std::set<std::string_view> names;
  for (auto code : all_codes) names.insert(name_of(code));
  EXPECT_EQ(names.size(), std::size(all_codes));
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(ErrorTest, NeverRenumbersACode) {
  int value = 1;
  for (auto code : all_codes) EXPECT_EQ(static_cast<int>(code), value++);
}

TEST(ResultTest, HoldsAValueOrTheReasonThereIsNone) {
  result<std::unique_ptr<int>> made = std::make_unique<int>(7);
  ASSERT_TRUE(made);
  EXPECT_EQ(**made, 7);
  const auto taken = *std::move(made);
  EXPECT_EQ(*taken, 7);
  const result<int> failed = error{errc::config, "no such file"};
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "no such file");
}

TEST(ResultTest, OfNothingIsSuccessUnlessToldOtherwise) {
  EXPECT_TRUE(result<void>{});
  EXPECT_FALSE((result<void>{error{errc::failed, "x"}}));
}

TEST(EnsureDeathTest, StopsTheProcessAndSaysWhatWasExpected) {
  ensure(true, "nothing");
  EXPECT_DEATH(ensure(false, "a full moon"), "expected a full moon");
}

} // namespace
} // namespace weir::test
