// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/top.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace weir::test {
namespace {

template <class V>
std::vector<agg::counted<V>> exact_top(const std::vector<V>& values, std::size_t n) {
  std::map<V, std::uint64_t> counts;
  for (const auto& value : values) ++counts[value];
  std::vector<agg::counted<V>> all;
  for (const auto& [value, count] : counts) all.push_back({value, count, 0});
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  all.resize(std::min(n, all.size()));
  return all;
}

/// Few values often, many now and then.
std::int64_t any_frequent(chance& by) {
  const double chosen = std::pow(std::generate_canonical<double, 53>(by), -1.0);
  return static_cast<std::int64_t>(std::min(chosen, 1e9));
}

TEST(TopTest, KeepsTheContract) {
  expect_aggregation_contract<std::string>(
      agg::top(5), [](chance& by) { return std::string(by() % 30, 'w'); },
      [](const std::vector<std::string>& rows) { return exact_top(rows, 5); });
}

TEST(TopTest, DependsOnNoOrderWhileAllValuesAreCounted) {
  expect_no_order_or_cut_to_matter<std::int64_t>(agg::top(10), any_frequent);
}

TEST(TopTest, StaysWithinItsErrorWithMoreValuesThanCounters) {
  const std::size_t counters = 40;
  const auto top = agg::top(counters / 2, std::identity{}, {.counters = counters});
  const aggregation_driver<std::int64_t, decltype(top)> driver{top};
  expect_for_many_seeds([&](chance& by) {
    std::vector<std::int64_t> rows(by() % 20'000);
    for (auto& row : rows) row = any_frequent(by);
    std::map<std::int64_t, std::uint64_t> exact;
    for (const auto row : rows) ++exact[row];
    for (const bool merges : {false, true}) {
      const auto state =
          merges ? driver.cut_and_merge(rows, 0, rows.size(), by) : driver.add_all(rows);
      std::uint64_t missing = 0;
      for (const auto& found : driver.aggregation().result(state)) {
        missing = found.missing;
        require(found.count <= exact[found.value], "no count is too large");
        require(found.count + found.missing >= exact[found.value],
                "no count is too small by more than it says");
      }
      require(missing * counters <= 2 * rows.size(), "what is missing is bounded");
      for (const auto& [value, count] : exact) {
        if (count <= 2 * missing + 2 * rows.size() / counters) continue;
        bool is_there = false;
        for (const auto& found : driver.aggregation().result(state))
          is_there = is_there || found.value == value;
        require(is_there, "a frequent value is among the top");
      }
    }
  });
}

TEST(TopTest, SavesWhatItForgotToo) {
  const auto top = agg::top(1, std::identity{}, {.counters = 2});
  const aggregation_driver<int, decltype(top)> driver{top};
  const auto state = driver.add_all({7, 7, 7, 1, 2});
  const auto found = driver.aggregation().result(driver.reload(state));
  EXPECT_EQ(found, (std::vector<agg::counted<int>>{{7, 2, 1}}));
}

TEST(TopTest, LeavesMissingValuesAndNaNOut) {
  using optionals = std::vector<std::optional<double>>;
  const optionals rows{std::nan(""), 1, std::nullopt, std::nan(""), 0.0, -0.0, std::nullopt};
  const aggregation_driver<std::optional<double>, decltype(agg::top(3))> driver{agg::top(3)};
  EXPECT_EQ(driver.of(rows), (std::vector<agg::counted<double>>{{0, 2, 0}, {1, 1, 0}}));
}

TEST(TopTest, RefusesMoreThanHalfOfItsCounters) {
  const auto is_refused = [](std::size_t n) {
    return !agg::check(agg::bind<int>(agg::top(n, std::identity{}, {.counters = 10})));
  };
  EXPECT_TRUE(is_refused(0));
  EXPECT_FALSE(is_refused(1));
  EXPECT_FALSE(is_refused(5));
  EXPECT_TRUE(is_refused(6));
}

} // namespace
} // namespace weir::test
