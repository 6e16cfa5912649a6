// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/day_window.hpp>
#include <weir/tests/support/window_contract.hpp>
#include <weir/tests/support/window_run.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

int at(const char* time) {
  return static_cast<int>(
      std::chrono::floor<std::chrono::seconds>(*parse_timestamp(time)).time_since_epoch().count());
}
std::string window_text(const char* start, const char* end) {
  return " [" + std::to_string(at(start)) + "," + std::to_string(at(end)) + ") ";
}
// Clocks change on the second.
const std::string saturday = window_text("2024-03-29 23:00", "2024-03-30 23:00");
const std::string sunday = window_text("2024-03-30 23:00", "2024-03-31 22:00");
const std::string monday = window_text("2024-03-31 22:00", "2024-04-01 22:00");

TEST(DayWindowTest, GroupsByTheDaysOfAZoneAlsoWhenClocksChange) {
  window_run run{tumbling_days(1, "Europe/Berlin")};
  run.rows({{at("2024-03-30 22:59:59"), {"a", 1}},
            {at("2024-03-30 23:00"), {"a", 2}},
            {at("2024-03-31 21:59:59"), {"a", 4}},
            {at("2024-03-31 22:00"), {"a", 8}},
            {at("2024-03-30 23:00"), {"b", 16}}});
  run.watermark(at("2024-03-31 21:59:59"));
  EXPECT_EQ(run.results(), texts{"a" + saturday + "1"});
  run.watermark(at("2024-03-31 22:00"));
  EXPECT_EQ(run.results(), (texts{"a" + sunday + "6", "b" + sunday + "16"}));
  run.end();
  EXPECT_EQ(run.results(), texts{"a" + monday + "8"});
}

TEST(DayWindowTest, PutsLateRowsAsideAndCountsThem) {
  window_run run{tumbling_days(1, "Europe/Berlin")};
  run.rows({{at("2024-03-31 12:00"), {"a", 1}}});
  run.watermark(at("2024-03-31 13:00"));
  run.rows({{at("2024-03-30 12:00"), {"a", 2}}, {at("2024-03-30 23:30"), {"a", 4}}});
  EXPECT_EQ(run.late(), texts{"a 2"}) << "a day back";
  EXPECT_EQ(run.usage().late_rows, 1U);
  EXPECT_EQ(run.usage().entries, 1U);
  run.end();
  EXPECT_EQ(run.results(), texts{"a" + sunday + "5"});
}

TEST(DayWindowTest, FiresAgainForLateRowsItStillTakes) {
  window_run run{tumbling_days(1, "Europe/Berlin"), {.allow_late = 2h}};
  run.rows({{at("2024-03-31 12:00"), {"a", 1}}});
  run.watermark(at("2024-03-31 23:30"));
  EXPECT_EQ(run.results(), texts{"a" + sunday + "1"});
  run.restart();
  run.rows({{at("2024-03-31 21:00"), {"a", 2}}, {at("2024-03-31 21:30"), {"b", 4}}});
  EXPECT_EQ(run.results(), (texts{"a" + sunday + "3!", "b" + sunday + "4"}));
  run.watermark(at("2024-04-01 00:00"));
  run.rows({{at("2024-03-31 21:00"), {"a", 8}}, {at("2024-04-01 21:00"), {"a", 16}}});
  EXPECT_EQ(run.late(), texts{"a 8"});
  run.end();
  EXPECT_EQ(run.results(), texts{"a" + monday + "16"});
}

TEST(DayWindowTest, ADayThatIsOverFiresAtOnceAlsoIfNobodyHadARowInIt) {
  window_run run{tumbling_days(1, "Europe/Berlin"), {.allow_late = 2h}};
  run.rows({{at("2024-04-01 12:00"), {"a", 1}}});
  run.watermark(at("2024-03-31 23:00"));
  run.rows({{at("2024-03-31 12:00"), {"b", 2}}});
  EXPECT_EQ(run.results(), texts{"b" + sunday + "2"});
  run.end();
  EXPECT_EQ(run.results(), texts{"a" + monday + "1"});
}

TEST(DayWindowTest, KnowsTheEndsOfTime) {
  auto op =
      *window(tumbling_days(1, "Asia/Seoul"), total{}).bind_keyed<order>(&order::name).make({});
  batch<order> in, aside;
  batch<result_row> out;
  for (const auto time : {timestamp::max(), timestamp::min(), timestamp{}, timestamp::max()}) {
    in.times_for_writing()[in.size()] = time;
    in.push_back({"a", 1});
  }
  std::vector<batch_base*> open{&out, &aside};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 4U);
  EXPECT_TRUE(op->on_mark(any_operator::mark::end, 0, outlets{open}));
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[2].value, 2);
  EXPECT_TRUE(aside.empty());
}

TEST(DayWindowTest, RefusesWindowsThatMakeNoSense) {
  const auto message = [](day_windows windows, window_options options = {}) {
    auto made = window(windows, total{}, options).bind_keyed<order>(&order::name).make({});
    return made ? "made" : made.error().message;
  };
  for (const std::int64_t days : {0, -1, 2'000'000})
    EXPECT_NE(message(tumbling_days(days, "UTC")).find("at least one, and a million at most"),
              std::string::npos);
  EXPECT_EQ(message(tumbling_days(1, "Berlin")),
            "there is no time zone 'Berlin'; did you mean 'Europe/Berlin'?");
  EXPECT_NE(message(tumbling_days(1, "UTC"), {.allow_late = -1s}).find("negative"),
            std::string::npos);
  window_run run{tumbling_days(1, "UTC")};
  EXPECT_THROW(run.rows_without_time({{"a", 1}}), std::runtime_error);
}

/// The slow way. In New York clocks changed on 2024-03-10 at 7:00 and 2024-11-03 at 6:00, UTC.
texts by_hand(const std::vector<timed>& rows) {
  const auto begin_of = [](int day) { // days since 1970 in New York
    const int midnight = day * 86'400;
    const bool is_summer = midnight >= at("2024-03-11") && midnight <= at("2024-11-03");
    return midnight + (is_summer ? 4 : 5) * 3'600;
  };
  std::map<std::pair<int, std::string>, std::int64_t> sums;
  for (const auto& [second, row] : rows) {
    int day = second / 86'400;
    while (begin_of(day) > second) --day;
    sums[{day, row.name}] += row.amount;
  }
  texts all;
  for (const auto& [of, sum] : sums)
    all.push_back(of.second + " [" + std::to_string(begin_of(of.first)) + ","
                  + std::to_string(begin_of(of.first + 1)) + ") " + std::to_string(sum));
  std::ranges::sort(all);
  return all;
}

RC_GTEST_PROP(DayWindowTest, GivesWhatAddingByHandGives, ()) {
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 30 * 86'400));
  const auto disorder = *rc::gen::inRange(1, 3 * 86'400);
  window_run run{tumbling_days(1, "America/New_York")};
  std::vector<timed> rows;
  int now = at("2024-01-01");
  for (const int step : steps) {
    now += step / 5;
    if (now > at("2024-12-28")) break;
    const std::string key(1, static_cast<char>('a' + step % 3));
    rows.push_back({now + step % disorder, {key, static_cast<std::int64_t>(rows.size())}});
    run.rows({rows.back()});
    if (step % 4 == 0) run.restart();
    run.watermark(now);
  }
  run.end();
  RC_ASSERT(run.late().empty());
  auto got = run.results();
  std::ranges::sort(got);
  RC_ASSERT(got == by_hand(rows));
}

TEST(DayWindowTest, HoldsTheContractOfOperators) {
  expect_window_contract(tumbling_days(1, "Europe/Berlin"), true);
  expect_window_contract(tumbling_days(1, "Europe/Berlin"), true, {.allow_late = 1h});
}

} // namespace
} // namespace weir::test
