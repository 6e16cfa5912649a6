// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/global_on_time.hpp>
#include <weir/tests/support/window_contract.hpp>
#include <weir/tests/support/window_run.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

TEST(GlobalOnTimeTest, SaysAtEveryMultipleWhatTheRowsBeforeComeTo) {
  window_run run{global(on_time(10s))};
  run.rows({{1, {"a", 1}}, {12, {"a", 2}}, {9, {"b", 4}}});
  run.watermark(9);
  EXPECT_EQ(run.results(), texts{});
  run.watermark(11);
  EXPECT_EQ(run.results(), (texts{"a [0,10) 1", "b [0,10) 4"})) << "not that of 12";
  run.watermark(40);
  EXPECT_EQ(run.results(), texts{"a [0,20) 3!"}) << "b has no new rows, nor have 30 and 40";
  run.rows({{41, {"b", 8}}});
  run.restart();
  run.end();
  EXPECT_EQ(run.results(), texts{"b [0,50) 12!"});
  EXPECT_EQ(run.times(), (std::vector{9, 9, 19, 49}));
}

TEST(GlobalOnTimeTest, CountsLateRowsInTheNextResult) {
  window_run run{global(on_time(10s))};
  run.rows({{1, {"a", 1}}});
  run.watermark(25);
  EXPECT_EQ(run.results(), texts{"a [0,10) 1"});
  run.rows({{2, {"a", 2}}, {-86'400, {"c", 4}}, {26, {"c", 8}}});
  EXPECT_EQ(run.late(), texts{});
  run.watermark(29);
  EXPECT_EQ(run.results(), texts{});
  run.watermark(30);
  EXPECT_EQ(run.results(), (texts{"a [0,30) 3!", "c [0,30) 12"}));
}

TEST(GlobalOnTimeTest, KnowsTheEndsOfTime) {
  auto op = *window(global(on_time(7s)), total{}).bind_keyed<order>(&order::name).make({});
  batch<order> in, aside;
  batch<result_row> out;
  for (const auto time : {timestamp::max(), timestamp::min(), timestamp{}}) {
    in.times_for_writing()[in.size()] = time;
    in.push_back({"a", 1});
  }
  std::vector<batch_base*> open{&out, &aside};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 3U);
  EXPECT_TRUE(op->on_mark(any_operator::mark::end, 0, outlets{open}));
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[2].value, 3);
  EXPECT_EQ(out[2].end, timestamp::max());
}

TEST(GlobalOnTimeTest, RefusesNoTimeAndNeedsEventTimes) {
  for (const auto every : {0s, -1s})
    EXPECT_FALSE(window(global(on_time(every)), total{}).bind_keyed<order>(&order::name).make({}));
  window_run run{global(on_time(1s))};
  EXPECT_THROW(run.rows_without_time({{"a", 1}}), std::runtime_error);
}

TEST(GlobalOnTimeTest, SaysWhatItKeeps) {
  window_run run{global(on_time(10s))};
  run.rows({{1, {"a", 1}}, {2, {"b", 1}}, {12, {"a", 1}}});
  EXPECT_EQ(run.usage().entries, 3U) << "one of two slices";
  EXPECT_GT(run.usage().bytes, 0U);
}

/// The slow way: every multiple, every row.
std::set<std::string> by_hand(const std::vector<timed>& rows, int every) {
  std::set<std::string> all;
  std::map<std::string, bool> was_given;
  for (int end = -(40 / every) * every; end < 200; end += every)
    for (const std::string key : {"a", "b", "c"}) {
      std::int64_t sum = 0;
      bool is_new = false;
      for (const auto& [second, row] : rows) {
        if (row.name != key || second >= end) continue;
        sum += row.amount;
        is_new = is_new || second >= end - every;
      }
      if (!is_new) continue;
      const auto* const mark = std::exchange(was_given[key], true) ? "!" : "";
      all.insert(key + " [0," + std::to_string(end) + ") " + std::to_string(sum) + mark);
    }
  return all;
}

RC_GTEST_PROP(GlobalOnTimeTest, GivesWhatAddingByHandGives, ()) {
  const auto every = *rc::gen::inRange(1, 20);
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12));
  window_run run{global(on_time(std::chrono::seconds{every}))};
  std::vector<timed> rows;
  int at = -20;
  for (const int step : steps) {
    at += step / 2;
    const std::string key(1, static_cast<char>('a' + step % 3));
    rows.push_back({at + step % 5, {key, static_cast<std::int64_t>(rows.size())}});
    run.rows({rows.back()});
    if (step % 4 == 0) run.restart();
    run.watermark(at);
  }
  run.end();
  const auto got = run.results();
  RC_PRE(at < 150);
  RC_ASSERT(std::set<std::string>(got.begin(), got.end()) == by_hand(rows, every));
  RC_ASSERT(std::set<std::string>(got.begin(), got.end()).size() == got.size());
}

TEST(GlobalOnTimeTest, HoldsTheContractOfOperators) {
  expect_window_contract(global(on_time(7s)), true);
}

} // namespace
} // namespace weir::test
