// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/session_window.hpp>
#include <weir/tests/support/window_contract.hpp>
#include <weir/tests/support/window_run.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

TEST(SessionWindowTest, GroupsTheOrdersInSessions) {
  window_run run{session(4s)};
  run.rows(orders);
  run.end();
  EXPECT_EQ(run.results(), (texts{"Bob [2,8) 8640", "Alice [1,9) 14320", "bob [7,11) 1610",
                                  "Alice [10,14) 2010"}));
  EXPECT_EQ(run.late(), texts{});
}

TEST(SessionWindowTest, FiresAGapBehindTheLastRow) {
  window_run run{session(4s)};
  run.rows({{1, {"a", 1}}, {4, {"a", 2}}});
  run.watermark(7);
  EXPECT_EQ(run.results(), texts{}) << "ends at 8";
  run.rows({{7, {"a", 4}}});
  run.watermark(8);
  EXPECT_EQ(run.results(), texts{}) << "has grown to 11";
  run.watermark(11);
  EXPECT_EQ(run.results(), texts{"a [1,11) 7"});
  run.end();
  EXPECT_EQ(run.results(), texts{});
}

TEST(SessionWindowTest, JoinsSessionsThatARowLiesBetween) {
  window_run run{session(4s)};
  run.rows({{1, {"a", 1}}, {7, {"a", 2}}, {20, {"a", 8}}, {4, {"a", 4}}});
  run.watermark(12);
  EXPECT_EQ(run.results(), texts{"a [1,11) 7"});
  run.end();
  EXPECT_EQ(run.results(), texts{"a [20,24) 8"});
}

TEST(SessionWindowTest, RowsAGapApartAreTwoSessions) {
  window_run run{session(4s)};
  run.rows({{1, {"a", 1}}, {5, {"a", 2}}});
  run.end();
  EXPECT_EQ(run.results(), (texts{"a [1,5) 1", "a [5,9) 2"}));
}

TEST(SessionWindowTest, PutsLateRowsAside) {
  window_run run{session(4s)};
  run.rows({{1, {"a", 1}}, {20, {"b", 1}}});
  run.watermark(20);
  EXPECT_EQ(run.results(), texts{"a [1,5) 1"});
  run.rows({{2, {"a", 2}}, {16, {"b", 4}}, {17, {"b", 8}}});
  EXPECT_EQ(run.late(), (texts{"a 2", "b 4"})) << "that of 17 joins that of 20";
  run.end();
  EXPECT_EQ(run.results(), texts{"b [17,24) 9"});
}

TEST(SessionWindowTest, FiresAgainForLateRowsItStillTakes) {
  window_run run{session(4s), {.allow_late = 10s}};
  run.rows({{1, {"a", 1}}});
  run.watermark(6);
  EXPECT_EQ(run.results(), texts{"a [1,5) 1"});
  run.rows({{2, {"a", 2}}, {0, {"b", 4}}});
  EXPECT_EQ(run.results(), (texts{"a [1,6) 3!", "b [0,4) 4"}));
  run.rows({{4, {"a", 8}}});
  EXPECT_EQ(run.results(), texts{}) << "ends at 8 now, which is not past";
  run.watermark(8);
  EXPECT_EQ(run.results(), texts{"a [1,8) 11!"});
  run.watermark(18);
  run.rows({{8, {"a", 16}}});
  EXPECT_EQ(run.late(), texts{}) << "one of its own, that ends at 12, is taken until 22";
  EXPECT_EQ(run.results(), texts{"a [8,12) 16"});
  run.end();
  EXPECT_EQ(run.results(), texts{});
}

TEST(SessionWindowTest, GivesEarlyResultsOfKeysThatHadRows) {
  window_run run{session(4s), {.every = 1s}};
  run.rows({{1, {"a", 1}}, {2, {"b", 2}}, {8, {"a", 4}}});
  EXPECT_EQ(run.results(), (texts{"a [1,5) 1?", "b [2,6) 2?", "a [8,12) 4?"}))
      << "the first at once";
  run.time(900ms);
  run.rows({{3, {"a", 8}}, {5, {"a", 16}}});
  EXPECT_EQ(run.results(), texts{});
  run.restart();
  EXPECT_EQ(run.results(), texts{"a [1,12) 29!?"}) << "at once when it was loaded; two are one";
  run.time(60s);
  EXPECT_EQ(run.results(), texts{});
  run.end();
  EXPECT_EQ(run.results(), (texts{"b [2,6) 2!", "a [1,12) 29!"}));
}

TEST(SessionWindowTest, FiresWhenRowsStandStill) {
  window_run run{session(4s), {.timeout = 2s}};
  run.rows({{1, {"a", 1}}, {12, {"b", 2}}});
  run.time(1900ms);
  run.watermark(3); // which says that others have rows
  run.time(3800ms);
  EXPECT_EQ(run.results(), texts{});
  run.time(3900ms);
  EXPECT_EQ(run.results(), (texts{"a [1,5) 1", "b [12,16) 2"}));
  run.rows({{9, {"a", 4}}, {13, {"a", 8}}});
  EXPECT_EQ(run.late(), texts{"a 4"}) << "as if the watermark had been 16";
  run.watermark(10);
  EXPECT_EQ(run.results(), texts{});
  run.restart();
  run.time(5900ms);
  EXPECT_EQ(run.results(), texts{"a [13,17) 8"}) << "one that was loaded stands still as well";
}

TEST(SessionWindowTest, UpdatesWhatStoodStill) {
  window_run run{session(4s), {.allow_late = 5s, .timeout = 2s}};
  run.rows({{1, {"a", 1}}, {3, {"b", 2}}});
  run.time(2s);
  EXPECT_EQ(run.results(), (texts{"a [1,5) 1", "b [3,7) 2"}));
  run.rows({{2, {"a", 4}}});
  EXPECT_EQ(run.results(), texts{"a [1,6) 5!"});
  run.rows({{5, {"a", 8}}});
  EXPECT_EQ(run.results(), texts{}) << "ends at 9 now, which is not past";
  run.time(4s);
  EXPECT_EQ(run.results(), texts{"a [1,9) 13!"});
  run.end();
  EXPECT_EQ(run.results(), texts{});
}

TEST(SessionWindowTest, KeepsNoMoreThanItMay) {
  window_run run{session(4s), {}, {.name = "visits", .memory_bytes = 1 << 20}};
  const auto fill = [&] {
    for (int i = 0; i < 100'000; ++i) run.rows({{i % 4, {"visitor " + std::to_string(i), 1}}});
  };
  EXPECT_THROW(fill(), std::runtime_error);
  EXPECT_LT(run.usage().bytes, 2U << 20U);
}

TEST(SessionWindowTest, ReportsWhatItKeeps) {
  window_run run{session(4s), {.allow_late = 1s}};
  run.rows({{1, {"a", 1}}, {7, {"a", 2}}, {1, {"b", 4}}});
  EXPECT_EQ(run.usage().entries, 3U);
  EXPECT_GT(run.usage().bytes, 0U);
  run.rows({{4, {"a", 8}}});
  EXPECT_EQ(run.usage().entries, 2U) << "two became one";
  run.restart();
  EXPECT_EQ(run.usage().entries, 2U);
  run.watermark(6);
  run.rows({{0, {"c", 1}}});
  EXPECT_EQ(run.usage().entries, 1U);
  EXPECT_EQ(run.usage().late_rows, 1U);
  run.end();
  EXPECT_EQ(run.usage().entries, 0U);
}

/// The slow way: rows of a key in order of time, cut where they are a gap apart.
texts by_hand(const std::vector<timed>& rows, int gap) {
  std::map<std::string, std::vector<std::pair<int, std::int64_t>>> by_key;
  for (const auto& [second, row] : rows) by_key[row.name].emplace_back(second, row.amount);
  texts all;
  for (auto& [key, times] : by_key) {
    std::ranges::sort(times);
    for (std::size_t i = 0; i < times.size();) {
      const int start = times[i].first;
      std::int64_t sum = 0;
      int last = start;
      for (; i < times.size() && times[i].first - last < gap; ++i) {
        last = times[i].first;
        sum += times[i].second;
      }
      all.push_back(key + " [" + std::to_string(start) + "," + std::to_string(last + gap) + ") "
                    + std::to_string(sum));
    }
  }
  std::ranges::sort(all);
  return all;
}

TEST(SessionWindowTest, GivesWhatCuttingByHandGives) {
  std::mt19937 random{13};
  for (int round = 0; round < 500; ++round) {
    const int gap = 1 + static_cast<int>(random() % 8);
    window_run run{session(std::chrono::seconds{gap})};
    std::vector<timed> all;
    for (int at = -20; at < 80; at += 1 + static_cast<int>(random() % 9)) {
      std::vector<timed> some;
      for (auto count = random() % 6; count > 0; --count)
        some.push_back({at + static_cast<int>(random() % 10),
                        {std::string(1, static_cast<char>('a' + random() % 3)),
                         static_cast<std::int64_t>(random() % 100)}});
      run.rows(some);
      all.insert(all.end(), some.begin(), some.end());
      if (random() % 4 == 0) run.restart();
      run.watermark(at);
    }
    run.end();
    EXPECT_EQ(run.late(), texts{});
    auto got = run.results();
    std::ranges::sort(got);
    ASSERT_EQ(got, by_hand(all, gap)) << "gap " << gap << ", round " << round;
  }
}

TEST(SessionWindowTest, GivesManyKeysInTheOrderOfTheirEnds) {
  std::mt19937 random{17};
  const int gap = 4, keys = 5'000; // more than are looked at together
  window_run run{session(std::chrono::seconds{gap}), {.allow_late = 1s}};
  std::vector<timed> all;
  texts got;
  for (int at = 0; at < 60; at += 3) {
    std::vector<timed> some;
    for (int i = 0; i < 2'000; ++i)
      some.push_back(
          {at + static_cast<int>(random() % 6),
           {"key " + std::to_string(random() % keys), static_cast<std::int64_t>(random() % 100)}});
    run.rows(some);
    all.insert(all.end(), some.begin(), some.end());
    if (at == 30) run.restart();
    if (at % 9 == 0) run.watermark(at); // of which some are far from the one before
    for (auto& one : run.results()) got.push_back(std::move(one));
  }
  run.end();
  for (auto& one : run.results()) got.push_back(std::move(one));
  EXPECT_EQ(run.late(), texts{});
  EXPECT_EQ(run.usage().entries, 0U);
  const auto end_of = [](const std::string& one) {
    return std::stoi(one.substr(one.find(',') + 1));
  };
  EXPECT_TRUE(std::ranges::is_sorted(got, {}, end_of));
  std::ranges::sort(got);
  EXPECT_EQ(got, by_hand(all, gap));
}

TEST(SessionWindowTest, GivesSessionsThatEndTogetherInTheOrderInWhichTheyWereOpened) {
  window_run run{session(4s)};
  std::vector<timed> some;
  texts expected;
  for (int i = 0; i < 300; ++i) {
    const auto key = std::to_string(i * 7919 % 1'000);
    some.push_back({i % 3, {key, 1}});
    some.push_back({3, {key, 2}});
    expected.push_back(key + " [" + std::to_string(i % 3) + ",7) 3");
  }
  run.rows(some);
  run.watermark(100);
  EXPECT_EQ(run.results(), expected);
}

/// The last result of each window of a key that no later one stands for.
class last_results {
public:
  void see(const texts& results) {
    for (const auto& text : results) {
      const auto open = text.find('['), comma = text.find(','), close = text.find(')');
      const auto key = text.substr(0, open - 1);
      const auto start = std::stoi(text.substr(open + 1)), end = std::stoi(text.substr(comma + 1));
      const bool is_update = text.find('!') != std::string::npos;
      const auto replaced = std::erase_if(all_, [&](const seen& one) {
        return one.key == key && one.start >= start && one.end <= end;
      });
      RC_ASSERT(is_update == (replaced > 0));
      all_.push_back({key, start, end, std::stoll(text.substr(close + 2)), text.back() == '?'});
    }
  }
  texts by_text() const {
    texts found;
    for (const auto& one : all_)
      found.push_back(one.key + " [" + std::to_string(one.start) + "," + std::to_string(one.end)
                      + ") " + std::to_string(one.sum) + (one.is_early ? "?" : ""));
    std::ranges::sort(found);
    return found;
  }

private:
  struct seen {
    std::string key;
    int start, end;
    std::int64_t sum;
    bool is_early;
  };
  std::vector<seen> all_;
};

RC_GTEST_PROP(SessionWindowTest, ComesToWhatCuttingByHandGivesHoweverOftenItTells, ()) {
  const int gap = *rc::gen::inRange(1, 9);
  window_run run{session(std::chrono::seconds{gap}),
                 {.allow_late = 1000s, .every = 1s, .timeout = 100s}};
  last_results last;
  std::vector<timed> all;
  auto now = 0s;
  for (auto steps = *rc::gen::inRange(0, 30); steps > 0; --steps) {
    std::vector<timed> some;
    for (auto count = *rc::gen::inRange(0, 6); count > 0; --count)
      some.push_back({*rc::gen::inRange(0, 80),
                      {std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 3))),
                       *rc::gen::inRange(0, 100)}});
    run.rows(some);
    all.insert(all.end(), some.begin(), some.end());
    if (*rc::gen::inRange(0, 4) == 0) run.restart();
    run.time(now += *rc::gen::element(0s, 1s, 1s, 5s, 200s));
    if (*rc::gen::inRange(0, 4) == 0) run.watermark(*rc::gen::inRange(0, 80));
    last.see(run.results());
  }
  run.end();
  last.see(run.results());
  RC_ASSERT(run.late() == texts{});
  RC_ASSERT(last.by_text() == by_hand(all, gap));
}

TEST(SessionWindowTest, RefusesAGapOfNothing) {
  const auto made =
      window(session(0s), total{}).bind_keyed<order>(&order::name).make(state_place{});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("the gap is 0"), std::string::npos);
}

TEST(SessionWindowTest, HoldsTheContractOfOperators) {
  expect_window_contract(session(4s), true);
  expect_window_contract(session(4s), true, {.allow_late = 6s});
}

} // namespace
} // namespace weir::test
