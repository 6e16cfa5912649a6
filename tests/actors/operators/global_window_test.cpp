// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/global_window.hpp>
#include <weir/tests/support/window_contract.hpp>
#include <weir/tests/support/window_run.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

TEST(GlobalWindowTest, GivesOneResultForAllRowsOfAKeyAtTheEnd) {
  window_run run{global()};
  run.rows_without_time({{"Bob", 1}, {"Alice", 2}, {"Bob", 4}});
  run.rows_without_time({{"Bob", 8}});
  EXPECT_EQ(run.results(), texts{});
  run.end();
  EXPECT_EQ(run.results(), (texts{"Bob [0,0) 13", "Alice [0,0) 2"}));
  EXPECT_EQ(run.times(), std::vector<int>{}) << "its rows have none";
}

TEST(GlobalWindowTest, FiresWhenHistoryHasEndedAndThenForWhatIsNew) {
  window_run run{global()};
  run.rows_without_time({{"a", 1}, {"b", 2}});
  run.phase(1);
  EXPECT_EQ(run.results(), (texts{"a [0,0) 1", "b [0,0) 2"}));
  run.rows_without_time({{"c", 4}, {"a", 8}, {"d", 16}, {"c", 32}});
  run.phase(2);
  EXPECT_EQ(run.results(), texts{}) << "an epoch of a model is no end";
  run.restart();
  run.end();
  EXPECT_EQ(run.results(), (texts{"c [0,0) 36", "a [0,0) 9!", "d [0,0) 16"})) << "not b";
}

TEST(GlobalWindowTest, GivesNothingTwiceForAStreamThatIsHistoryAlone) {
  window_run run{global()};
  run.rows_without_time({{"a", 1}});
  run.phase(1);
  run.end();
  EXPECT_EQ(run.results(), texts{"a [0,0) 1"});
}

TEST(GlobalWindowTest, TakesRowsOfAnyTimeAndGivesResultsAtTheWatermark) {
  window_run run{global()};
  run.rows({{10, {"a", 1}}});
  run.watermark(10);
  run.rows({{-86'400, {"a", 2}}, {12, {"a", 4}}});
  run.watermark(11);
  run.end();
  EXPECT_EQ(run.results(), texts{"a [0,0) 7"});
  EXPECT_EQ(run.late(), texts{});
  EXPECT_EQ(run.times(), std::vector{11});
}

TEST(GlobalWindowTest, SaysWhatItKeeps) {
  window_run run{global()};
  const auto before = run.usage();
  EXPECT_EQ(before.entries, 0U);
  std::vector<order> many;
  for (int i = 0; i < 1'000; ++i) many.push_back({std::to_string(i) + std::string(200, ' '), i});
  run.rows_without_time(many);
  EXPECT_EQ(run.usage().entries, 1'000U);
  EXPECT_GE(run.usage().bytes, before.bytes + 1'000 * (sizeof(order) + 200)) << "with the names";
}

TEST(GlobalWindowTest, RefusesToWaitForLateRows) {
  const auto made = window(global(), total{}, {.allow_late = 1s})
                        .bind_keyed<order>(&order::name)
                        .make(state_place{});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message,
            "allow_late is 1s, but global() takes every row, and fires by its rows and "
            "watermarks; leave it out");
}

TEST(GlobalWindowTest, NamesTheKeyOfWhatOverflows) {
  struct failing : total {
    std::int64_t result(std::int64_t) const { throw std::overflow_error{"too much"}; }
  };
  auto op = *window(global(), failing{}).bind_keyed<order>(&order::name).make(state_place{});
  batch<order> in, aside;
  batch<result_row> out;
  in.push_back({"Alice", 1});
  std::vector<batch_base*> open{&out, &aside};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 1U);
  try {
    op->on_mark(any_operator::mark::end, 0, outlets{open});
    FAIL() << "nothing was thrown";
  } catch (const std::exception& thrown) {
    EXPECT_STREQ(thrown.what(), "key 'Alice': too much");
  }
}

RC_GTEST_PROP(GlobalWindowTest, GivesWhatAddingByHandGives, ()) {
  const auto names = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5));
  const auto history = *rc::gen::inRange<std::size_t>(0, names.size() + 1);
  window_run run{global()};
  std::map<std::string, std::int64_t> sums;
  texts expected;
  const auto add = [&](std::size_t from, std::size_t behind) {
    std::vector<std::string> fresh; // keys, in the order in which they come
    const auto before = sums;
    for (auto i = from; i < behind; ++i) {
      const auto key = std::to_string(names[i]);
      run.rows_without_time({{key, static_cast<std::int64_t>(i)}});
      if (i % 3 == 0) run.restart();
      sums[key] += static_cast<std::int64_t>(i);
      if (std::ranges::find(fresh, key) == fresh.end()) fresh.push_back(key);
    }
    for (const auto& key : fresh)
      expected.push_back(key + " [0,0) " + std::to_string(sums[key])
                         + (before.contains(key) ? "!" : ""));
  };
  add(0, history);
  run.phase(1);
  add(history, names.size());
  run.end();
  RC_ASSERT(run.results() == expected);
}

TEST(GlobalWindowTest, HoldsTheContractOfOperators) { expect_window_contract(global(), false); }

} // namespace
} // namespace weir::test
