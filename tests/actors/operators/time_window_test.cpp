// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/sum.hpp>
#include <weir/actors/operators/agg/top.hpp>
#include <weir/actors/operators/time_window.hpp>
#include <weir/tests/support/window_run.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

TEST(TimeWindowTest, GroupsTheOrdersInTumblingWindows) {
  window_run run{tumbling(5s)};
  run.rows(orders);
  run.end();
  EXPECT_EQ(run.results(), (texts{"Alice [0,5) 13010", "Bob [0,5) 8640", "Alice [5,10) 1310",
                                  "bob [5,10) 1610", "Alice [10,15) 2010"}));
  EXPECT_EQ(run.late(), texts{});
}

TEST(TimeWindowTest, GroupsTheOrdersInSlidingWindows) {
  window_run run{sliding(5s, 2s)};
  run.rows(orders);
  run.end();
  EXPECT_EQ(run.results(),
            (texts{"Alice [-2,3) 11010", "Bob [-2,3) 5310", "Alice [0,5) 13010", "Bob [0,5) 8640",
                   "Bob [2,7) 8640", "Alice [2,7) 3310", "Bob [4,9) 3020", "Alice [4,9) 1310",
                   "bob [4,9) 1610", "bob [6,11) 1610", "Alice [6,11) 2010", "Alice [8,13) 2010",
                   "Alice [10,15) 2010"}));
}

TEST(TimeWindowTest, FiresWhenTheWatermarkHasReachedTheEnd) {
  window_run run{tumbling(10s, 3s)};
  run.rows({{4, {"a", 1}}, {13, {"a", 2}}, {12, {"b", 4}}});
  run.watermark(12);
  EXPECT_EQ(run.results(), texts{});
  run.watermark(13);
  EXPECT_EQ(run.results(), (texts{"a [3,13) 1", "b [3,13) 4"}));
  run.watermark(13);
  EXPECT_EQ(run.results(), texts{});
  run.end();
  EXPECT_EQ(run.results(), texts{"a [13,23) 2"});
}

TEST(TimeWindowTest, GivesListsInRowsThatAreNoRecords) {
  using names = windowed<std::string, std::vector<agg::counted<std::string>>>;
  static_assert(!record<names> && record<windowed<std::string, std::optional<double>>>);
  auto op = *window(tumbling(5s), agg::top(1, &order::name))
                 .bind_keyed<order>([](const order&) { return std::string{"all"}; })
                 .make(state_place{});
  batch<order> in;
  for (const auto* const name : {"a", "b", "b"}) {
    in.times_for_writing()[in.size()] = timestamp{};
    in.push_back({name, 1});
  }
  batch<names> out;
  batch<order> late;
  std::vector<batch_base*> both{&out, &late};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{both}), 3U);
  EXPECT_TRUE(op->on_mark(any_operator::mark::end, 0, outlets{both}));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].value, (std::vector<agg::counted<std::string>>{{"b", 2, 0}}));
}

TEST(TimeWindowTest, PutsLateRowsAside) {
  window_run run{tumbling(5s)};
  run.rows({{1, {"a", 1}}});
  run.watermark(5);
  run.rows({{4, {"a", 2}}, {5, {"a", 4}}, {0, {"b", 8}}});
  run.end();
  EXPECT_EQ(run.results(), (texts{"a [0,5) 1", "a [5,10) 4"}));
  EXPECT_EQ(run.late(), (texts{"a 2", "b 8"}));
}

TEST(TimeWindowTest, FiresAgainForLateRowsItStillTakes) {
  window_run run{sliding(4s, 2s), {.allow_late = 3s}};
  run.rows({{1, {"a", 1}}, {3, {"a", 2}}});
  run.watermark(5);
  EXPECT_EQ(run.results(), (texts{"a [-2,2) 1", "a [0,4) 3"}));
  run.rows({{1, {"a", 4}}, {1, {"b", 8}}, {3, {"a", 16}}});
  EXPECT_EQ(run.results(), (texts{"a [0,4) 7!", "b [0,4) 8!", "a [0,4) 23!"}))
      << "[-2,2) takes none any more";
  run.watermark(7);
  EXPECT_EQ(run.results(), texts{"a [2,6) 18"});
  run.rows({{1, {"a", 32}}});
  EXPECT_EQ(run.late(), texts{"a 32"});
  run.end();
  EXPECT_EQ(run.results(), texts{});
}

TEST(TimeWindowTest, LeavesOutWindowsWithoutRowsHoweverLongTheGap) {
  window_run run{sliding(10s, 1s)};
  run.rows({{0, {"a", 1}}, {2'000'000'000, {"a", 2}}});
  run.watermark(1'999'999'999);
  EXPECT_EQ(run.results().size(), 10U);
  run.end();
  EXPECT_EQ(run.results().size(), 10U);
}

TEST(TimeWindowTest, KnowsTheEndsOfTime) {
  for (const auto time : {timestamp::min(), timestamp::max()}) {
    auto op = *window(sliding(5s, 2s), total{}).bind_keyed<order>(&order::name).make(state_place{});
    batch<order> in, aside;
    batch<result_row> out;
    in.times_for_writing()[0] = time;
    in.push_back({"a", 1});
    std::vector<batch_base*> open{&out, &aside};
    EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 1U);
    EXPECT_TRUE(op->on_mark(any_operator::mark::end, 0, outlets{open}));
    EXPECT_GE(out.size(), 1U);
    EXPECT_LE(out.size(), 6U); // none more than there can be beside the end of time
  }
}

TEST(TimeWindowTest, RefusesWindowsThatMakeNoSense) {
  const auto message = [](time_windows windows, window_options options = {}) {
    auto made =
        window(windows, total{}, options).bind_keyed<order>(&order::name).make(state_place{});
    return made ? "made" : made.error().message;
  };
  EXPECT_NE(message(tumbling(0s)).find("the size is 0"), std::string::npos);
  EXPECT_NE(message(tumbling(-1s)).find("above 0"), std::string::npos);
  EXPECT_NE(message(sliding(5s, 0s)).find("the slide is 0"), std::string::npos);
  EXPECT_NE(message(sliding(5s, 6s)).find("would be lost"), std::string::npos);
  EXPECT_NE(message(tumbling(1s), {.allow_late = -1s}).find("negative"), std::string::npos);
}

TEST(TimeWindowTest, NamesKeyAndWindowOfWhatOverflows) {
  auto op = *window(tumbling(5s), agg::sum(&order::amount))
                 .bind_keyed<order>(&order::name)
                 .make(state_place{});
  batch<order> in, aside;
  batch<result_row> out;
  for (int i = 0; i < 2; ++i) {
    in.times_for_writing()[in.size()] = timestamp{7s};
    in.push_back({"Alice", std::numeric_limits<std::int64_t>::max()});
  }
  std::vector<batch_base*> open{&out, &aside};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 2U);
  try {
    op->on_mark(any_operator::mark::end, 0, outlets{open});
    FAIL() << "nothing was thrown";
  } catch (const std::exception& thrown) {
    EXPECT_NE(std::string{thrown.what()}.find(
                  "key 'Alice', window from 1970-01-01T00:00:05Z to 1970-01-01T00:00:10Z: "),
              std::string::npos)
        << thrown.what();
  }
}

TEST(TimeWindowTest, NeedsEventTimes) {
  auto op = *window(tumbling(5s), total{}).bind_keyed<order>(&order::name).make(state_place{});
  batch<order> in, aside;
  batch<result_row> out;
  in.push_back({"a", 1});
  std::vector<batch_base*> open{&out, &aside};
  EXPECT_THROW(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), std::runtime_error);
}

/// The slow way: every window of every row, by hand.
std::map<std::tuple<std::int64_t, std::int64_t, std::string>, std::int64_t>
by_hand(const std::vector<timed>& rows, std::int64_t size, std::int64_t slide,
        std::int64_t offset) {
  std::map<std::tuple<std::int64_t, std::int64_t, std::string>, std::int64_t> sums;
  for (const auto& [second, row] : rows)
    for (std::int64_t start = -200; start <= 200; ++start)
      if ((start - offset) % slide == 0 && start <= second && second < start + size)
        sums[{start + size, start, row.name}] += row.amount;
  return sums;
}

TEST(TimeWindowTest, GivesWhatAddingByHandGives) {
  std::mt19937 random{11};
  for (int round = 0; round < 300; ++round) {
    const int slide = 1 + static_cast<int>(random() % 7);
    const int size = slide + static_cast<int>(random() % 12);
    const int offset = static_cast<int>(random() % 5);
    window_run run{sliding(std::chrono::seconds{size}, std::chrono::seconds{slide},
                           std::chrono::seconds{offset})};
    std::vector<timed> all;
    for (int at = -20; at < 60; at += static_cast<int>(random() % 9)) {
      std::vector<timed> some;
      for (auto count = random() % 6; count > 0; --count)
        some.push_back({at + static_cast<int>(random() % 4),
                        {std::string(1, static_cast<char>('a' + random() % 3)),
                         static_cast<std::int64_t>(random() % 100)}});
      run.rows(some);
      all.insert(all.end(), some.begin(), some.end());
      if (random() % 4 == 0) run.restart();
      run.watermark(at); // none is later than this
    }
    run.end();
    EXPECT_EQ(run.late(), texts{});
    std::set<std::string> expected;
    for (const auto& [window, sum] : by_hand(all, size, slide, offset))
      expected.insert(std::get<2>(window) + " [" + std::to_string(std::get<1>(window)) + ","
                      + std::to_string(std::get<0>(window)) + ") " + std::to_string(sum));
    const auto got = run.results();
    ASSERT_EQ(std::set<std::string>(got.begin(), got.end()), expected)
        << size << " by " << slide << " from " << offset;
    ASSERT_EQ(got.size(), expected.size()) << "each once";
  }
}

} // namespace
} // namespace weir::test
