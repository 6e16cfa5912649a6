// SPDX-License-Identifier: Apache-2.0

#include "../../support/join_run.hpp"
#include <weir/actors/operators/interval_join.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using namespace test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;

template <join_kind Kind>
operator_factory joining(join_interval interval, state_place place = {}) {
  return [=]() -> result<std::unique_ptr<any_operator>> {
    using made = interval_join_operator<side_types<Kind>>;
    return std::unique_ptr<any_operator>{
        std::make_unique<made>(&side_row::key, &side_row::key, interval, as_text{}, place)};
  };
}

template <join_kind Kind>
joined_output run(join_interval interval, const side& lefts, const side& rights,
                  std::uint64_t seed = 1) {
  chance by{seed};
  return join_run{joining<Kind>(interval)}.run(lefts, rights, by);
}

/// Nested loops over all rows.
template <join_kind Kind>
std::vector<std::string> expected(join_interval interval, const side& lefts, const side& rights) {
  std::vector<std::string> all;
  std::vector<bool> joined(rights.size());
  for (const auto& l : lefts) {
    bool any = false;
    for (std::size_t i = 0; i < rights.size(); ++i) {
      const auto& r = rights[i];
      if (!same_key(l.row->key, r.row->key) || r.time < l.time + interval.from
          || r.time > l.time + interval.to)
        continue;
      any = joined[i] = true;
      all.push_back(result_text(std::max(l.time, r.time), text_of_pair(&*l.row, &*r.row)));
    }
    if (Kind != join_kind::inner && !any)
      all.push_back(
          result_text(std::max(l.time, l.time + interval.to), text_of_pair(&*l.row, nullptr)));
  }
  for (std::size_t i = 0; i < rights.size(); ++i)
    if (Kind == join_kind::outer && !joined[i])
      all.push_back(result_text(std::max(rights[i].time, rights[i].time - interval.from),
                                text_of_pair(nullptr, &*rights[i].row)));
  std::ranges::sort(all);
  return all;
}

template <join_kind Kind>
void expect_nested_loops(join_interval interval, const side& lefts, const side& rights,
                         std::uint64_t seed) {
  const auto left = judge(lefts), right = judge(rights);
  const auto got = run<Kind>(interval, lefts, rights, seed);
  RC_ASSERT(got.results == expected<Kind>(interval, left.in_time, right.in_time));
  RC_ASSERT(got.late_left == left.late);
  RC_ASSERT(got.late_right == right.late);
  RC_ASSERT(got.at_end.late_rows == left.late.size() + right.late.size());
  RC_ASSERT(got.at_end.entries == 0U);
}

RC_GTEST_PROP(IntervalJoinTest, GivesWhatNestedLoopsGiveHoweverItIsFed,
              (const made_up& lefts, const made_up& rights, std::uint64_t seed, std::int8_t from,
               std::uint8_t length)) {
  const auto begin = std::chrono::seconds{from % 15};
  const auto interval = within(begin, begin + std::chrono::seconds{length % 20});
  expect_nested_loops<join_kind::inner>(interval, side_of(lefts), side_of(rights), seed);
  expect_nested_loops<join_kind::left>(interval, side_of(lefts), side_of(rights), seed);
  expect_nested_loops<join_kind::outer>(interval, side_of(lefts), side_of(rights), seed);
}

const side lefts{row_at(10, 1, 1), row_at(20, 2, 2), watermark_at(100)};
const side rights{row_at(5, 1, 1), row_at(4, 1, 2), row_at(20, 1, 3), row_at(21, 1, 4),
                  watermark_at(100)};

TEST(IntervalJoinTest, CountsBothEndsOfTheInterval) {
  EXPECT_THAT(run<join_kind::inner>(within(-5s, 10s), lefts, rights).results,
              ElementsAre("1970-01-01T00:00:10Z 1+1", "1970-01-01T00:00:20Z 1+3"));
}

TEST(IntervalJoinTest, GivesRowsThatStayAloneAtTheLastMomentOfTheirPartners) {
  EXPECT_THAT(run<join_kind::outer>(within(-5s, 10s), lefts, rights).results,
              ElementsAre("1970-01-01T00:00:09Z -+2", "1970-01-01T00:00:10Z 1+1",
                          "1970-01-01T00:00:20Z 1+3", "1970-01-01T00:00:26Z -+4",
                          "1970-01-01T00:00:30Z 2+-"));
}

TEST(IntervalJoinTest, JoinsAllNotANumbersAndBothZeros) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(run<join_kind::inner>(within(0s, 0s), {row_at(1, nan, 1), row_at(1, 0.0, 2)},
                                    {row_at(1, -nan, 3), row_at(1, -0.0, 4)})
                  .results,
              ElementsAre("1970-01-01T00:00:01Z 1+3", "1970-01-01T00:00:01Z 2+4"));
}

TEST(IntervalJoinTest, JoinsRowsAtTheEndsOfTime) {
  const auto extreme = [](timestamp time, int number) {
    return side_step{time, side_row{1, number, ""}};
  };
  const side both{extreme(timestamp::min(), 1), extreme(timestamp::max(), 2)};
  const auto longest = within(-duration::max(), duration::max());
  EXPECT_THAT(run<join_kind::outer>(longest, both, both).results, SizeIs(2));
  EXPECT_THAT(run<join_kind::outer>(within(-5s, 5s), both, both).results, SizeIs(2));
  EXPECT_THAT(run<join_kind::outer>(within(1s, 2s), both, both).results, SizeIs(3));
}

TEST(IntervalJoinTest, TakesASideThatNeverSends) {
  EXPECT_THAT(run<join_kind::outer>(within(-5s, 10s), lefts, {}).results, SizeIs(2));
  EXPECT_THAT(run<join_kind::outer>(within(-5s, 10s), {}, rights).results, SizeIs(4));
  EXPECT_THAT(run<join_kind::inner>(within(-5s, 10s), {}, {}).results, SizeIs(0));
}

TEST(IntervalJoinTest, HoldsNoMoreThanTheRowsOfItsInterval) {
  // 20 s of rows behind the watermark, which is up to 15 s behind them, of two sides, one of which
  // is a little ahead.
  for (const int count : {500, 5'000}) {
    chance by{3};
    const auto rows = steady_side(count);
    join_run one{joining<join_kind::inner>(within(-20s, 20s))};
    const auto got = one.most_ahead(20).run(rows, rows, by);
    EXPECT_GT(got.most_rows, 40U);
    EXPECT_LE(got.most_rows, 300U);
    EXPECT_EQ(got.at_end.entries, 0U);
  }
}

TEST(IntervalJoinTest, RefusesRowsThatDoNotFitIntoItsMemory) {
  const auto rows = steady_side(1'000);
  chance by{1};
  join_run small{
      joining<join_kind::inner>(within(-1h, 1h), {.name = "pairs", .memory_bytes = 5'000})};
  try {
    small.run(rows, rows, by);
    FAIL() << "all fit";
  } catch (...) {
    EXPECT_THAT(text_of(std::current_exception()),
                HasSubstr("the rows that 'pairs' holds do not fit"));
  }
}

TEST(IntervalJoinTest, RefusesAnIntervalThatEndsBeforeItBegins) {
  EXPECT_TRUE(check(within(-5min, -1min)));
  EXPECT_TRUE(check(within(5s, 5s)));
  ASSERT_FALSE(check(within(10min, -5min)));
  EXPECT_THAT(check(within(10min, -5min)).error().message,
              HasSubstr("within(10min, -5min) ends before it begins"));
  EXPECT_FALSE(check(within(duration::min(), 0s)));
}

} // namespace
} // namespace weir
