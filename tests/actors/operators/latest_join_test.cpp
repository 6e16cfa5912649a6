// SPDX-License-Identifier: Apache-2.0

#include "../../support/join_run.hpp"
#include <weir/actors/operators/latest_join.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using namespace test;
using ::testing::ElementsAre;
using ::testing::SizeIs;

template <join_kind Kind>
operator_factory joining(latest_rows which, state_place place = {}) {
  return [=]() -> result<std::unique_ptr<any_operator>> {
    using made = latest_join_operator<side_types<Kind>>;
    return std::unique_ptr<any_operator>{
        std::make_unique<made>(&side_row::key, &side_row::key, which, as_text{}, place)};
  };
}

template <join_kind Kind>
joined_output run(latest_rows which, const side& lefts, const side& rights,
                  std::uint64_t seed = 1) {
  chance by{seed};
  return join_run{joining<Kind>(which)}.run(lefts, rights, by);
}

/// In the order of the left's times.
template <join_kind Kind>
std::vector<std::string> expected(latest_rows which, side lefts, const side& rights) {
  std::ranges::stable_sort(lefts, {}, &side_step::time);
  std::vector<std::string> all;
  for (const auto& l : lefts) {
    const side_step* newest = nullptr;
    for (const auto& r : rights)
      if (same_key(l.row->key, r.row->key) && r.time <= l.time
          && (newest == nullptr || r.time >= newest->time))
        newest = &r;
    if (newest != nullptr && detail::moved(newest->time, which.not_older_than) < l.time)
      newest = nullptr;
    if (newest != nullptr || Kind == join_kind::left)
      all.push_back(
          result_text(l.time, text_of_pair(&*l.row, newest == nullptr ? nullptr : &*newest->row)));
  }
  return all;
}

template <join_kind Kind>
void expect_nested_loops(latest_rows which, const side& lefts, const side& rights,
                         std::uint64_t seed) {
  const auto left = judge(lefts), right = judge(rights);
  const auto got = run<Kind>(which, lefts, rights, seed);
  RC_ASSERT(got.in_order == expected<Kind>(which, left.in_time, right.in_time));
  RC_ASSERT(got.late_left == left.late);
  RC_ASSERT(got.late_right == right.late);
  RC_ASSERT(got.at_end.late_rows == left.late.size() + right.late.size());
  RC_ASSERT(got.at_end.entries == 0U);
}

RC_GTEST_PROP(LatestJoinTest, GivesWhatNestedLoopsGiveHoweverItIsFed,
              (const made_up& lefts, const made_up& rights, std::uint64_t seed,
               std::uint8_t oldest)) {
  for (const auto which : {latest(), latest(std::chrono::seconds{oldest % 10})}) {
    expect_nested_loops<join_kind::inner>(which, side_of(lefts), side_of(rights), seed);
    expect_nested_loops<join_kind::left>(which, side_of(lefts), side_of(rights), seed);
  }
}

const side quotes{row_at(10, 1, 1), row_at(20, 1, 2), row_at(20, 1, 3), row_at(5, 2, 4)};
const side trades{row_at(25, 1, 1), row_at(9, 1, 2),  row_at(10, 1, 3),
                  row_at(19, 1, 4), row_at(20, 1, 5), row_at(30, 2, 6)};

TEST(LatestJoinTest, TakesTheNewestRowThatIsNotBehindByTime) {
  EXPECT_THAT(run<join_kind::inner>(latest(), trades, quotes).in_order,
              ElementsAre("1970-01-01T00:00:10Z 3+1", "1970-01-01T00:00:19Z 4+1",
                          "1970-01-01T00:00:20Z 5+3", "1970-01-01T00:00:25Z 1+3",
                          "1970-01-01T00:00:30Z 6+4"));
}

TEST(LatestJoinTest, GivesRowsWithoutAnAnswerInALeftJoin) {
  EXPECT_THAT(run<join_kind::left>(latest(), trades, quotes).in_order.front(),
              "1970-01-01T00:00:09Z 2+-");
  EXPECT_THAT(run<join_kind::left>(latest(), trades, {}).results, SizeIs(6));
  EXPECT_THAT(run<join_kind::left>(latest(), {}, quotes).results, SizeIs(0));
}

TEST(LatestJoinTest, TakesNoRowThatIsTooOld) {
  EXPECT_THAT(run<join_kind::inner>(latest(5s), trades, quotes).in_order,
              ElementsAre("1970-01-01T00:00:10Z 3+1", "1970-01-01T00:00:20Z 5+3",
                          "1970-01-01T00:00:25Z 1+3"));
}

TEST(LatestJoinTest, JoinsAllNotANumbersAndRowsAtTheEndsOfTime) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto extreme = [&](timestamp time, int number) {
    return side_step{time, side_row{nan, number, ""}};
  };
  const side both{extreme(timestamp::min(), 1), extreme(timestamp::max(), 2)};
  for (const auto which : {latest(), latest(0s)})
    EXPECT_THAT(run<join_kind::inner>(which, both, both).results, SizeIs(2));
}

TEST(LatestJoinTest, HoldsOneRightRowAKeyBehindTheWatermark) {
  // 50 keys, and of both sides what is ahead of the watermark.
  for (const int count : {500, 5'000}) {
    chance by{3};
    const auto rows = steady_side(count);
    join_run one{joining<join_kind::inner>(latest())};
    const auto got = one.most_ahead(20).run(rows, rows, by);
    EXPECT_GT(got.most_rows, 50U);
    EXPECT_LE(got.most_rows, 300U);
  }
}

TEST(LatestJoinTest, LetsKeysGoWhoseRowsAreTooOld) {
  side rights = steady_side(50);
  for (int second = 100; second < 5'000; second += 10) rights.push_back(watermark_at(second));
  chance by{3};
  join_run one{joining<join_kind::inner>(latest(1min))};
  side lefts{row_at(2'000, 1, 1)};
  for (int second = 10; second < 5'000; second += 10)
    if (second != 2'000) lefts.push_back(watermark_at(std::min(second, 1'990)));
  const auto got = one.most_ahead(5).run(lefts, rights, by);
  EXPECT_THAT(got.results, SizeIs(0));
  EXPECT_EQ(got.at_end.entries, 0U);
}

TEST(LatestJoinTest, RefusesRowsToCome) {
  EXPECT_TRUE(check(latest(0s)));
  EXPECT_FALSE(check(latest(-1s)));
}

} // namespace
} // namespace weir
