// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/sum.hpp>
#include <weir/actors/operators/agg/top.hpp>
#include <weir/actors/operators/time_window.hpp>
#include <weir/tests/support/window_contract.hpp>
#include <weir/tests/support/window_run.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
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
  EXPECT_EQ(run.results(), (texts{"a [0,4) 7!", "b [0,4) 8", "a [0,4) 23!"}))
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

TEST(TimeWindowTest, GivesEarlyResultsOfKeysThatHadRows) {
  window_run run{tumbling(10s), {.every = 1s}};
  run.rows({{1, {"a", 1}}, {2, {"b", 2}}});
  EXPECT_EQ(run.results(), (texts{"a [0,10) 1?", "b [0,10) 2?"})) << "the first at once";
  run.time(900ms);
  run.rows({{3, {"a", 4}}, {11, {"a", 8}}});
  EXPECT_EQ(run.results(), texts{});
  run.time(1s);
  EXPECT_EQ(run.results(), (texts{"a [0,10) 5!?", "a [10,20) 8?"})) << "b had no row";
  run.time(60s);
  EXPECT_EQ(run.results(), texts{});
  run.watermark(10);
  EXPECT_EQ(run.results(), (texts{"a [0,10) 5!", "b [0,10) 2!"}));
  run.restart();
  run.end();
  EXPECT_EQ(run.results(), texts{"a [10,20) 8!"});
}

TEST(TimeWindowTest, GivesEarlyResultsOfAllWindowsThatAreOpen) {
  window_run run{sliding(4s, 2s), {.every = 1s}};
  run.rows({{1, {"a", 1}}, {3, {"a", 2}}});
  EXPECT_EQ(run.results(), (texts{"a [-2,2) 1?", "a [0,4) 3?", "a [2,6) 2?"}));
  run.watermark(2);
  EXPECT_EQ(run.results(), texts{"a [-2,2) 1!"});
  run.rows({{3, {"a", 4}}});
  run.time(1s);
  EXPECT_EQ(run.results(), (texts{"a [0,4) 7!?", "a [2,6) 6!?"}));
}

TEST(TimeWindowTest, FiresWhenRowsStandStill) {
  window_run run{tumbling(10s), {.timeout = 2s}};
  run.rows({{1, {"a", 1}}});
  run.time(1900ms);
  run.watermark(3); // which says that others have rows
  run.time(3800ms);
  EXPECT_EQ(run.results(), texts{});
  run.rows({{12, {"b", 2}}});
  run.time(5700ms);
  EXPECT_EQ(run.results(), texts{});
  run.time(5800ms);
  EXPECT_EQ(run.results(), (texts{"a [0,10) 1", "b [10,20) 2"}));
  run.rows({{4, {"a", 4}}, {21, {"a", 8}}});
  EXPECT_EQ(run.late(), texts{"a 4"}) << "as if the watermark had been 20";
  run.watermark(15);
  run.watermark(20);
  EXPECT_EQ(run.results(), texts{});
  run.restart();
  run.time(7800ms);
  EXPECT_EQ(run.results(), texts{"a [20,30) 8"}) << "one that was loaded stands still as well";
}

TEST(TimeWindowTest, UpdatesWhatStoodStill) {
  window_run run{tumbling(10s), {.allow_late = 5s, .timeout = 2s}};
  run.rows({{1, {"a", 1}}});
  run.time(2s);
  EXPECT_EQ(run.results(), texts{"a [0,10) 1"});
  run.rows({{2, {"a", 2}}});
  EXPECT_EQ(run.results(), texts{"a [0,10) 3!"});
  run.watermark(5);
  run.time(10s);
  run.end();
  EXPECT_EQ(run.results(), texts{});
}

TEST(TimeWindowTest, KeepsNoMoreThanItMay) {
  window_run run{sliding(4s, 2s), {}, {.name = "totals", .memory_bytes = 1 << 20}};
  std::vector<timed> some;
  std::string failure;
  for (int i = 0; i < 1'000'000 && failure.empty(); ++i) {
    some.push_back({i % 4, {"a name that is long, number " + std::to_string(i), 1}});
    if (some.size() < 1000) continue;
    try {
      run.rows(std::exchange(some, {}));
    } catch (const std::exception& thrown) {
      failure = thrown.what();
    }
  }
  EXPECT_NE(failure.find("the windows of 'totals' do not fit into memory: "), std::string::npos);
  EXPECT_NE(failure.find("--state-memory"), std::string::npos);
  EXPECT_LT(run.usage().bytes, 2U << 20U);
}

TEST(TimeWindowTest, ReportsWhatItKeeps) {
  window_run run{sliding(4s, 2s)};
  EXPECT_EQ(run.usage().entries, 0U);
  std::vector<timed> all;
  for (int i = 0; i < 1000; ++i) all.push_back({i % 2, {"name " + std::to_string(i), 1}});
  run.rows(all);
  EXPECT_EQ(run.usage().entries, 1000U);
  EXPECT_GT(run.usage().bytes, 1000 * sizeof(std::string));
  run.watermark(2);
  run.rows({{1, {"a", 1}}});
  EXPECT_EQ(run.usage().entries, 1001U);
  EXPECT_EQ(run.usage().late_rows, 0U);
  run.watermark(4);
  run.rows({{1, {"a", 1}}});
  EXPECT_EQ(run.usage().entries, 0U);
  EXPECT_EQ(run.usage().late_rows, 1U);
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

TEST(TimeWindowTest, AddsUpMoreKeysThanAreNumberedAndFewAgain) {
  std::mt19937 random{12};
  window_run run{tumbling(10s)};
  std::vector<timed> all;
  int second = 0;
  for (const int keys : {20'000, 100}) {
    for (int batch = 0; batch < 100; ++batch, ++second) {
      std::vector<timed> some;
      for (int row = 0; row < 2'000; ++row)
        some.push_back({second + static_cast<int>(random() % 10),
                        {std::to_string(random() % static_cast<unsigned>(keys)), 1}});
      run.rows(some);
      run.watermark(second);
      all.insert(all.end(), some.begin(), some.end());
    }
  }
  run.end();
  std::map<std::pair<int, std::string>, std::int64_t> sums;
  for (const auto& [at, row] : all) sums[{at / 10 * 10, row.name}] += row.amount;
  std::set<std::string> expected;
  for (const auto& [window, sum] : sums)
    expected.insert(window.second + " [" + std::to_string(window.first) + ","
                    + std::to_string(window.first + 10) + ") " + std::to_string(sum));
  const auto got = run.results();
  EXPECT_EQ(got.size(), expected.size());
  EXPECT_TRUE(std::set<std::string>(got.begin(), got.end()) == expected);
}

/// The slow way for all that can happen: keeps all rows, and adds up every result anew.
class slow_windows {
public:
  slow_windows(int size, int slide, int allow_late)
      : size_{size}, slide_{slide}, allow_late_{allow_late} {}

  void row(const timed& one) {
    if (last_end(one.second) + allow_late_ <= watermark_) {
      late.push_back(one.row.name + " " + std::to_string(one.row.amount));
      return;
    }
    rows_.push_back(one);
    changed_.push_back(one);
    for (auto end = first_end(one.second); end <= std::min(last_end(one.second), fired_to_);
         end += slide_)
      if (end + allow_late_ > watermark_)
        give(one.row.name, end, rows_in(one.row.name, end) > 1 ? "!" : "");
  }
  void watermark(int second) {
    watermark_ = std::max(watermark_, second);
    std::set<std::pair<int, std::string>> due;
    for (const auto& [at, row] : rows_)
      for (auto end = first_end(at); end <= last_end(at); end += slide_)
        if (end > fired_to_ && end <= watermark_) due.emplace(end, row.name);
    for (const auto& [end, key] : due) give(key, end, given_.count({end, key}) > 0 ? "!" : "");
    fired_to_ = watermark_;
  }
  void stand_still() {
    int latest = -1000;
    for (const auto& one : rows_) latest = std::max(latest, last_end(one.second));
    if (latest <= fired_to_) return;
    watermark(latest);
    changed_.clear();
  }
  void early() {
    std::set<std::pair<int, std::string>> due;
    for (const auto& [at, row] : std::exchange(changed_, {}))
      for (auto end = first_end(at); end <= last_end(at); end += slide_)
        if (end > fired_to_) due.emplace(end, row.name);
    for (const auto& [end, key] : due)
      give(key, end, given_.insert({end, key}).second ? "?" : "!?");
  }

  texts results, late;

private:
  [[nodiscard]] int floored(int second) const {
    return second - ((second % slide_) + slide_) % slide_;
  }
  [[nodiscard]] int first_end(int second) const { return floored(second - size_) + size_ + slide_; }
  [[nodiscard]] int last_end(int second) const { return floored(second) + size_; }
  [[nodiscard]] std::ptrdiff_t rows_in(const std::string& key, int end) const {
    return std::ranges::count_if(rows_, [&](const timed& one) {
      return one.row.name == key && one.second >= end - size_ && one.second < end;
    });
  }
  void give(const std::string& key, int end, const char* how) {
    std::int64_t sum = 0;
    for (const auto& [at, row] : rows_)
      if (row.name == key && at >= end - size_ && at < end) sum += row.amount;
    results.push_back(key + " [" + std::to_string(end - size_) + "," + std::to_string(end) + ") "
                      + std::to_string(sum) + how);
  }

  int size_, slide_, allow_late_;
  int watermark_ = -1000, fired_to_ = -1000;
  std::vector<timed> rows_, changed_;
  std::set<std::pair<int, std::string>> given_;
};

RC_GTEST_PROP(TimeWindowTest, GivesWhatTheSlowWayGives, ()) {
  const int slide = *rc::gen::inRange(1, 7);
  const int size = slide + *rc::gen::inRange(0, 12);
  const int allow_late = *rc::gen::element(0, 0, 3, 10);
  const bool gives_early = *rc::gen::arbitrary<bool>();
  slow_windows slow{size, slide, allow_late};
  window_run run{sliding(std::chrono::seconds{size}, std::chrono::seconds{slide}),
                 {.allow_late = std::chrono::seconds{allow_late},
                  .every = gives_early ? 1s : 0s,
                  .timeout = 100s}};
  auto now = 0s;
  const auto agree = [&] {
    if (gives_early) { // now and then results are early before the step that asks for them
      run.time(now += 1s);
      slow.early();
    }
    auto got = run.results();
    std::ranges::sort(got);
    std::ranges::sort(slow.results);
    RC_LOG() << rc::toString(got) << " not " << rc::toString(slow.results) << '\n';
    RC_ASSERT(got == std::exchange(slow.results, {}));
    RC_ASSERT(run.late() == std::exchange(slow.late, {}));
  };
  run.time(0s);
  int at = 0;
  for (auto steps = *rc::gen::inRange(0, 30); steps > 0; --steps) {
    run.time(now += 1s);
    for (auto count = *rc::gen::inRange(0, 5); count > 0; --count) {
      const timed one{at + *rc::gen::inRange(-15, 10),
                      {std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 3))),
                       *rc::gen::inRange(0, 100)}};
      slow.row(one);
      if (gives_early) slow.early();
      run.rows({one});
      run.time(now += 1s);
    }
    agree();
    if (*rc::gen::inRange(0, 4) == 0) run.restart();
    if (*rc::gen::inRange(0, 8) == 0) {
      slow.stand_still();
      run.time(now += 200s);
    } else {
      at += *rc::gen::inRange(0, 6);
      slow.watermark(at);
      run.watermark(at);
    }
    agree();
  }
  slow.watermark(1000);
  run.end();
  agree();
}

TEST(TimeWindowTest, HoldsTheContractOfOperators) {
  expect_window_contract(tumbling(5s), true);
  expect_window_contract(sliding(7s, 2s), true);
  expect_window_contract(sliding(4s, 2s), true, {.allow_late = 6s});
}

TEST(TimeWindowTest, TakesAllNotANumbersForOneKey) {
  const auto not_a_number = [](const order& row) {
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    return row.name == "a" ? nan : -nan;
  };
  auto op = *window(tumbling(5s), total{}).bind_keyed<order>(not_a_number).make(state_place{});
  batch<order> in, aside;
  batch<windowed<double, std::int64_t>> out;
  for (const auto* const name : {"a", "b", "a"}) {
    in.times_for_writing()[in.size()] = timestamp{};
    in.push_back({name, 1});
  }
  std::vector<batch_base*> open{&out, &aside};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 3U);
  EXPECT_TRUE(op->on_mark(any_operator::mark::end, 0, outlets{open}));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].value, 3);
}

} // namespace
} // namespace weir::test
