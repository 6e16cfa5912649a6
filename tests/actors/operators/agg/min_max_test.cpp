// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/min_max.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace weir::test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class A, class T>
auto found_by(const A& aggregation, const std::vector<T>& rows) {
  return aggregation_driver<T, A>{aggregation}.of(rows);
}

TEST(MinMaxTest, KeepsTheContractOnFloatingPointWithNaN) {
  expect_aggregation_contract<double>(
      agg::min(),
      [](chance& by) { return by() % 3 == 0 ? not_a_number : static_cast<double>(by() % 1'000); },
      [](const std::vector<double>& rows) {
        double least = not_a_number;
        for (const double row : rows)
          if (!std::isnan(row)) least = std::isnan(least) ? row : std::min(least, row);
        return least;
      });
}

TEST(MinMaxTest, KeepsTheContractOnIntegers) {
  expect_aggregation_contract<std::int64_t>(
      agg::max(), [](chance& by) { return static_cast<std::int64_t>(by()); },
      [](const std::vector<std::int64_t>& rows) {
        return rows.empty() ? 0 : *std::max_element(rows.begin(), rows.end());
      });
}

TEST(MinMaxTest, KeepsTheContractOnText) {
  expect_aggregation_contract<std::string>(
      agg::max(),
      [](chance& by) { return std::string(by() % 40, static_cast<char>('a' + by() % 3)); },
      [](const std::vector<std::string>& rows) {
        return rows.empty() ? "" : *std::max_element(rows.begin(), rows.end());
      });
}

TEST(MinMaxTest, DependsOnNoOrder) {
  expect_no_order_or_cut_to_matter<double>(agg::max(), [](chance& by) {
    return by() % 3 == 0 ? not_a_number : static_cast<double>(by() % 1'000);
  });
}

RC_GTEST_PROP(MinMaxTest, FindsThoseOfValuesThatMayBeMissing,
              (const std::vector<std::int32_t>& values)) {
  std::vector<std::optional<std::int32_t>> rows{values.begin(), values.end()};
  rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2), std::nullopt);
  if (values.empty()) {
    RC_ASSERT(found_by(agg::min(), rows) == std::nullopt);
    RC_ASSERT(found_by(agg::max(), rows) == std::nullopt);
  } else {
    RC_ASSERT(found_by(agg::min(), rows) == *std::min_element(values.begin(), values.end()));
    RC_ASSERT(found_by(agg::max(), rows) == *std::max_element(values.begin(), values.end()));
  }
}

TEST(MinMaxTest, TellsInfinityFromNothing) {
  EXPECT_EQ(found_by(agg::min(), std::vector<double>{infinity, not_a_number}), infinity);
  EXPECT_EQ(found_by(agg::max(), std::vector<float>{-HUGE_VALF}), -HUGE_VALF);
  EXPECT_TRUE(std::isnan(found_by(agg::max(), std::vector<double>{not_a_number})));
}

TEST(MinMaxTest, OfEqualValuesGivesTheFirst) {
  EXPECT_TRUE(std::signbit(found_by(agg::min(), std::vector<double>{-0.0, 0.0})));
  EXPECT_FALSE(std::signbit(found_by(agg::max(), std::vector<double>{0.0, -0.0})));
}

TEST(MinMaxTest, ComparesTimes) {
  const std::vector<timestamp> times{timestamp{duration{7}}, timestamp{duration{-3}}};
  EXPECT_EQ(found_by(agg::min(), times), timestamp{duration{-3}});
  EXPECT_EQ(found_by(agg::max(), times), timestamp{duration{7}});
}

TEST(MinMaxTest, HasASmallPlainState) {
  using of_double = agg::aggregation_state<agg::bound_aggregation<decltype(agg::min()), double>>;
  using of_time = agg::aggregation_state<agg::bound_aggregation<decltype(agg::min()), timestamp>>;
  EXPECT_EQ(sizeof(of_double), 8U);
  EXPECT_EQ(sizeof(of_time), 16U);
  EXPECT_TRUE(std::is_trivially_copyable_v<of_time>);
}

} // namespace
} // namespace weir::test
