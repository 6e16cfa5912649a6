// SPDX-License-Identifier: Apache-2.0

#include "../../support/join_run.hpp"
#include <weir/actors/operators/window_join.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using namespace test;
using ::testing::ElementsAre;
using ::testing::SizeIs;

template <join_kind Kind>
operator_factory joining(time_windows windows) {
  return [=]() -> result<std::unique_ptr<any_operator>> {
    using made = window_join_operator<side_types<Kind>>;
    return std::unique_ptr<any_operator>{
        std::make_unique<made>(&side_row::key, &side_row::key, windows, as_text{}, state_place{})};
  };
}

template <join_kind Kind>
joined_output run(time_windows windows, const side& lefts, const side& rights,
                  std::uint64_t seed = 1) {
  chance by{seed};
  return join_run{joining<Kind>(windows)}.run(lefts, rights, by);
}

struct members {
  std::vector<const side_row*> lefts, rights;
};
/// By end of window and key.
using grouped = std::map<std::pair<timestamp, double>, members>;

/// Puts each row into all windows that have not ended by the watermark before it.
std::vector<int> group(time_windows windows, const side& steps,
                       std::vector<const side_row*> members::*which, grouped& into) {
  std::vector<int> late;
  auto watermark = timestamp::min();
  for (const auto& one : steps) {
    if (!one.row) {
      watermark = std::max(watermark, one.time);
      continue;
    }
    bool is_in_any = false;
    for (auto end = windows.first_end(one.time); end - windows.size <= one.time;
         end += windows.slide) {
      if (end <= watermark) continue;
      (into[{end, one.row->key}].*which).push_back(&*one.row);
      is_in_any = true;
    }
    if (!is_in_any) late.push_back(one.row->number);
  }
  return late;
}

template <join_kind Kind>
std::vector<std::string> expected(const grouped& all) {
  std::vector<std::string> results;
  for (const auto& [where, both] : all) {
    const auto give = [&](const side_row* l, const side_row* r) {
      results.push_back(result_text(where.first - duration{1}, text_of_pair(l, r)));
    };
    for (const auto* l : both.lefts) {
      for (const auto* r : both.rights) give(l, r);
      if (Kind != join_kind::inner && both.rights.empty()) give(l, nullptr);
    }
    if (Kind == join_kind::outer && both.lefts.empty())
      for (const auto* r : both.rights) give(nullptr, r);
  }
  std::ranges::sort(results);
  return results;
}

template <join_kind Kind>
void expect_nested_loops(time_windows windows, const side& lefts, const side& rights,
                         std::uint64_t seed) {
  grouped all;
  const auto late_left = group(windows, lefts, &members::lefts, all);
  const auto late_right = group(windows, rights, &members::rights, all);
  const auto got = run<Kind>(windows, lefts, rights, seed);
  RC_ASSERT(got.results == expected<Kind>(all));
  RC_ASSERT(got.late_left == late_left);
  RC_ASSERT(got.late_right == late_right);
  RC_ASSERT(got.at_end.late_rows == late_left.size() + late_right.size());
  RC_ASSERT(got.at_end.entries == 0U);
}

RC_GTEST_PROP(WindowJoinTest, GivesWhatNestedLoopsGiveHoweverItIsFed,
              (const made_up& lefts, const made_up& rights, std::uint64_t seed)) {
  for (const auto windows : {tumbling(5s), tumbling(4s, 1s), sliding(6s, 2s), sliding(5s, 2s)}) {
    expect_nested_loops<join_kind::inner>(windows, side_of(lefts), side_of(rights), seed);
    expect_nested_loops<join_kind::left>(windows, side_of(lefts), side_of(rights), seed);
    expect_nested_loops<join_kind::outer>(windows, side_of(lefts), side_of(rights), seed);
  }
}

TEST(WindowJoinTest, GivesResultsTheLastMomentOfTheirWindow) {
  const side lefts{row_at(1, 1, 1), row_at(9, 1, 2), row_at(10, 1, 3)};
  const side rights{row_at(0, 1, 4), row_at(20, 1, 5)};
  EXPECT_THAT(run<join_kind::outer>(tumbling(10s), lefts, rights).results,
              ElementsAre("1970-01-01T00:00:09.999999Z 1+4", "1970-01-01T00:00:09.999999Z 2+4",
                          "1970-01-01T00:00:19.999999Z 3+-", "1970-01-01T00:00:29.999999Z -+5"));
}

TEST(WindowJoinTest, JoinsAllNotANumbersAndRowsAtTheEndsOfTime) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto extreme = [&](timestamp time, int number) {
    return side_step{time, side_row{nan, number, ""}};
  };
  const side both{extreme(timestamp::min(), 1), extreme(timestamp::max(), 2)};
  EXPECT_THAT(run<join_kind::inner>(tumbling(10s), both, both).results, SizeIs(2));
}

TEST(WindowJoinTest, HoldsNothingOfWindowsThatHaveFired) {
  // Windows of 20 s, what is ahead of the watermark, and one side that is a little ahead.
  for (const int count : {500, 5'000}) {
    chance by{3};
    const auto rows = steady_side(count);
    join_run one{joining<join_kind::inner>(tumbling(20s))};
    const auto got = one.most_ahead(20).run(rows, rows, by);
    EXPECT_GT(got.most_rows, 40U);
    EXPECT_LE(got.most_rows, 300U);
  }
}

TEST(WindowJoinTest, RefusesWindowsOfNoLength) {
  EXPECT_TRUE(check(tumbling(1s)));
  EXPECT_FALSE(check(tumbling(0s)));
}

} // namespace
} // namespace weir
