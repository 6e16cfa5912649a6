// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/drift_gate.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

timestamp at(int second) { return timestamp{std::chrono::seconds{second}}; }
const partition* part(const char* source, int number) {
  return intern_partition(source, std::to_string(number));
}

/// A gate over two sources, of two partitions each, and how often each was woken.
struct guarded {
  explicit guarded(duration max_drift) {
    gate.reset(max_drift);
    for (int source = 0; source < 2; ++source) {
      const auto* const name = source == 0 ? "a" : "b";
      all.push_back(part(name, 0));
      all.push_back(part(name, 1));
      gate.begin({all.end() - 2, all.end()}, [this, source] { ++woken[source]; });
    }
  }
  void report(std::vector<partition_progress> progress) { gate.report(progress); }

  drift_gate gate;
  std::vector<const partition*> all;
  int woken[2] = {0, 0};
};

TEST(DriftGateTest, HoldsAPartitionAheadOfTheSlowestByMoreThanItMay) {
  guarded g{10s};
  EXPECT_TRUE(g.gate.may_read(*g.all[0])) << "nothing is known";
  g.report({{g.all[0], at(111)}, {g.all[2], at(100)}, {g.all[3], at(110)}});
  EXPECT_FALSE(g.gate.may_read(*g.all[0]));
  EXPECT_TRUE(g.gate.may_read(*g.all[2]));
  EXPECT_TRUE(g.gate.may_read(*g.all[3])) << "ahead by just as much as it may";
}

TEST(DriftGateTest, WakesOnceThoseAloneThatMayGoOn) {
  guarded g{10s};
  g.report({{g.all[0], at(150)}, {g.all[1], at(100)}, {g.all[2], at(130)}});
  ASSERT_FALSE(g.gate.may_read(*g.all[0]));
  ASSERT_FALSE(g.gate.may_read(*g.all[2]));
  ASSERT_FALSE(g.gate.may_read(*g.all[2]));
  g.report({{g.all[0], at(150)}, {g.all[1], at(125)}, {g.all[2], at(130)}});
  EXPECT_EQ(g.woken[0], 0);
  EXPECT_EQ(g.woken[1], 1);
  g.report({{g.all[0], at(150)}, {g.all[1], at(145)}, {g.all[2], at(145)}});
  EXPECT_EQ(g.woken[0], 1);
  EXPECT_EQ(g.woken[1], 1);
}

TEST(DriftGateTest, HoldsAllThatGaveRowsUntilOneThatCountsGaveItsFirst) {
  guarded g{24h};
  g.report({{g.all[0], at(100)}, {.of = g.all[1]}});
  EXPECT_FALSE(g.gate.may_read(*g.all[0]));
  EXPECT_TRUE(g.gate.may_read(*g.all[1]));
  g.report({{g.all[0], at(100)}, {.of = g.all[1], .counts = false}});
  EXPECT_TRUE(g.gate.may_read(*g.all[0]));
}

TEST(DriftGateTest, DoesNotWaitForASourceThatHasLeft) {
  guarded g{10s};
  g.report({{g.all[0], at(1'000)}, {g.all[2], at(100)}, {.of = g.all[3]}});
  ASSERT_FALSE(g.gate.may_read(*g.all[0]));
  g.gate.leave("b");
  EXPECT_EQ(g.woken[0], 1);
  EXPECT_TRUE(g.gate.may_read(*g.all[0]));
  g.report({{g.all[0], at(1'000)}, {g.all[2], at(101)}});
  EXPECT_TRUE(g.gate.may_read(*g.all[0])) << "rows of it that were on their way";
  g.gate.forget();
  g.report({{g.all[0], at(1'000)}, {g.all[2], at(102)}});
  EXPECT_TRUE(g.gate.may_read(*g.all[0])) << "they may come behind the phase, too";
}

TEST(DriftGateTest, OpensForAllWhenAHistoryHasEnded) {
  guarded g{10s};
  g.report({{g.all[0], at(1'000)}, {g.all[2], at(100)}});
  ASSERT_FALSE(g.gate.may_read(*g.all[0]));
  g.gate.leave("b", true);
  g.gate.forget();
  EXPECT_EQ(g.woken[0], 1);
  g.report({{g.all[0], at(1'000)}, {g.all[2], at(100)}});
  EXPECT_FALSE(g.gate.may_read(*g.all[0])) << "what follows the history counts again";
}

TEST(DriftGateTest, HoldsNobodyWhereTheDriftReachesBehindTheEndOfTime) {
  guarded g{duration::max()};
  g.report({{g.all[0], timestamp::max()}, {g.all[1], at(1)}, {g.all[2], at(0)}});
  for (const auto* one : g.all) EXPECT_TRUE(g.gate.may_read(*one));
}

/// Partitions move on as they may; a plain rule says for each who is held.
RC_GTEST_PROP(DriftGateTest, HoldsWhoIsAheadNeverTheSlowestAndForgetsToWakeNobody, ()) {
  const int max_drift = *rc::gen::inRange(0, 20);
  guarded g{std::chrono::seconds{max_drift}};
  std::map<const partition*, std::optional<int>> newest;
  std::map<const partition*, bool> counts;
  for (const auto* one : g.all) counts[one] = true;
  std::set<std::string> left;
  std::set<const partition*> waiting;
  const auto is_held = [&](const partition* which) {
    if (!newest[which]) return false;
    return std::ranges::any_of(g.all, [&](const partition* other) {
      return counts[other] && !left.contains(other->source)
             && (!newest[other] || *newest[which] - *newest[other] > max_drift);
    });
  };
  for (int step = *rc::gen::inRange(1, 60); step > 0; --step) {
    const auto* const which = g.all[*rc::gen::inRange<std::size_t>(0, g.all.size())];
    const int what = *rc::gen::inRange(0, 20);
    if (what == 0) left.insert(which->source);
    if (what == 1) counts[which] = !counts[which];
    if (what > 1 && !is_held(which))
      newest[which] = newest[which].value_or(0) + *rc::gen::inRange(0, 30);
    const int before[2] = {g.woken[0], g.woken[1]};
    if (what == 0) g.gate.leave(which->source);
    std::vector<partition_progress> all;
    for (const auto* one : g.all)
      all.push_back({one, newest[one] ? at(*newest[one]) : timestamp::min(), counts[one]});
    g.gate.report(all);
    std::set<std::string> expected;
    for (const auto* one : waiting)
      if (!is_held(one)) expected.insert(one->source);
    std::erase_if(waiting, [&](const partition* one) { return !is_held(one); });
    RC_ASSERT(g.woken[0] - before[0] == (expected.contains("a") ? 1 : 0));
    RC_ASSERT(g.woken[1] - before[1] == (expected.contains("b") ? 1 : 0));
    bool all_held = true;
    for (std::size_t i = 0; i < g.all.size(); ++i) {
      RC_ASSERT(all[i].is_held == is_held(g.all[i]));
      all_held = all_held && all[i].is_held;
    }
    RC_ASSERT(!all_held);
    const auto* const asks = g.all[*rc::gen::inRange<std::size_t>(0, g.all.size())];
    const bool may = g.gate.may_read(*asks);
    RC_ASSERT(may == !is_held(asks));
    if (!may) waiting.insert(asks);
  }
}

} // namespace
} // namespace weir::test
