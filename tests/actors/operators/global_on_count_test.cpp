// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/global_on_count.hpp>
#include <weir/tests/support/window_contract.hpp>
#include <weir/tests/support/window_run.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

TEST(GlobalOnCountTest, FiresForAKeyAfterEverySoManyOfItsRows) {
  window_run run{global(on_count(2))};
  run.rows_without_time({{"a", 1}, {"b", 2}, {"a", 4}, {"a", 8}, {"b", 16}});
  EXPECT_EQ(run.results(), (texts{"a [0,0) 5", "b [0,0) 18"}));
  run.restart();
  run.rows_without_time({{"a", 32}});
  EXPECT_EQ(run.results(), texts{"a [0,0) 45!"});
  EXPECT_EQ(run.times(), std::vector<int>{});
}

TEST(GlobalOnCountTest, FiresForWhatIsNewWhenHistoryAndTheStreamEnd) {
  window_run run{global(on_count(3))};
  run.rows_without_time({{"a", 1}, {"b", 2}, {"b", 4}, {"b", 8}});
  EXPECT_EQ(run.results(), texts{"b [0,0) 14"});
  run.phase(1);
  EXPECT_EQ(run.results(), texts{"a [0,0) 1"});
  run.rows_without_time({{"a", 16}, {"a", 32}, {"b", 64}});
  run.phase(2);
  EXPECT_EQ(run.results(), texts{}) << "an epoch of a model is no end";
  run.end();
  EXPECT_EQ(run.results(), (texts{"a [0,0) 49!", "b [0,0) 78!"}));
}

TEST(GlobalOnCountTest, GivesResultsTheTimeOfTheRowThatCompletesThem) {
  window_run run{global(on_count(2))};
  run.rows({{9, {"a", 1}}, {7, {"a", 2}}});
  EXPECT_EQ(run.times(), std::vector{7});
  run.watermark(8);
  run.rows({{8, {"a", 4}}, {-86'400, {"a", 8}}, {8, {"a", 16}}});
  EXPECT_EQ(run.times(), std::vector{8}) << "no result is late";
  run.watermark(20);
  run.end();
  EXPECT_EQ(run.times(), std::vector{20});
  EXPECT_EQ(run.late(), texts{});
}

TEST(GlobalOnCountTest, RefusesToFireAfterNoRows) {
  for (const int rows : {0, -1}) {
    const auto made =
        window(global(on_count(rows)), total{}).bind_keyed<order>(&order::name).make({});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message, "on_count says after every " + std::to_string(rows)
                                        + " rows; it must be at least one");
  }
}

RC_GTEST_PROP(GlobalOnCountTest, GivesWhatCountingByHandGives, ()) {
  const auto every = *rc::gen::inRange(1, 6);
  const auto names = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3));
  const auto history = *rc::gen::inRange<std::size_t>(0, names.size() + 1);
  window_run run{global(on_count(every))};
  texts expected;
  struct sum {
    std::int64_t all = 0;
    int fresh = 0;
    bool was_given = false;
  };
  std::vector<std::pair<std::string, sum>> sums; // in the order in which keys came
  const auto give = [&](const std::string& key, sum& of) {
    expected.push_back(key + " [0,0) " + std::to_string(of.all)
                       + (std::exchange(of.was_given, true) ? "!" : ""));
    of.fresh = 0;
  };
  const auto give_fresh = [&] {
    for (auto& [key, of] : sums)
      if (of.fresh > 0) give(key, of);
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == history) run.phase(1), give_fresh();
    const auto key = std::to_string(names[i]);
    run.rows_without_time({{key, static_cast<std::int64_t>(i)}});
    run.restart();
    auto at = std::ranges::find(sums, key, &std::pair<std::string, sum>::first);
    if (at == sums.end()) at = sums.insert(at, {key, {}});
    at->second.all += static_cast<std::int64_t>(i);
    if (++at->second.fresh == every) give(key, at->second);
  }
  run.end();
  give_fresh();
  RC_ASSERT(run.results() == expected);
}

TEST(GlobalOnCountTest, HoldsTheContractOfOperators) {
  expect_window_contract(global(on_count(3)), false);
}

} // namespace
} // namespace weir::test
