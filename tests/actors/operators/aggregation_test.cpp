// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/own.hpp>
#include <weir/actors/operators/agg/sum.hpp>
#include <weir/actors/operators/aggregation.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weir::test {
namespace {

struct longest {
  std::size_t create() const { return 0; }
  void add(std::size_t& most, const std::string& row) const { most = std::max(most, row.size()); }
  void merge(std::size_t& most, std::size_t other) const { most = std::max(most, other); }
  std::size_t result(std::size_t most) const { return most; }
};

struct borrowing : longest {
  std::string_view create() const { return {}; }
};

TEST(AggregationTest, IsAnyClassOfTheFourFunctions) {
  EXPECT_TRUE((agg::aggregation<longest, std::string>));
  EXPECT_FALSE((agg::aggregation<longest, int>));
  EXPECT_FALSE((agg::aggregation<int, int>));
  EXPECT_FALSE((agg::aggregation<borrowing, std::string>));
  expect_aggregation_contract<std::string>(
      longest{}, [](chance& by) { return std::string(by() % 100, 'x'); },
      [](const std::vector<std::string>& rows) {
        std::size_t most = 0;
        for (const auto& row : rows) most = std::max(most, row.size());
        return most;
      });
}

TEST(AggregationTest, IsMadeOfFourCallables) {
  expect_aggregation_contract<int>(
      agg::own{.create = [] { return std::vector<int>{}; },
               .add = [](std::vector<int>& all, int row) { all.push_back(row); },
               .merge =
                   [](std::vector<int>& all, const std::vector<int>& later) {
                     all.insert(all.end(), later.begin(), later.end());
                   },
               .result = [](const std::vector<int>& all) { return all; }},
      [](chance& by) { return static_cast<int>(by()); },
      [](const std::vector<int>& rows) { return rows; });
}

TEST(AggregationTest, LearnsTheRowTypeWhenBound) {
  const auto twice = agg::sum([](const auto& row) { return 2 * row; });
  EXPECT_EQ((aggregation_driver<int, decltype(twice)>{twice}.of({1, 2})), 6);
  EXPECT_EQ((aggregation_driver<double, decltype(twice)>{twice}.of({0.25, 2})), 4.5);
  EXPECT_TRUE((std::is_same_v<agg::bound_aggregation<longest, std::string>, longest>));
}

TEST(AggregationTest, LeavesMissingValuesOutHoweverTheyAreTold) {
  struct note {
    std::optional<std::string> text;
  };
  const auto by_value = agg::count([](const note& row) { return row.text; });
  const auto by_reference = agg::count(&note::text);
  const std::vector<note> rows{{"a"}, {std::nullopt}, {"b"}};
  EXPECT_EQ((aggregation_driver<note, decltype(by_value)>{by_value}.of(rows)), 2U);
  EXPECT_EQ((aggregation_driver<note, decltype(by_reference)>{by_reference}.of(rows)), 2U);
}

} // namespace
} // namespace weir::test
