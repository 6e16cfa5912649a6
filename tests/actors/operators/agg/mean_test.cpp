// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/mean.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace weir::test {
namespace {

template <class T>
auto mean_of(const std::vector<T>& values) {
  return aggregation_driver<T, decltype(agg::mean())>{agg::mean()}.of(values);
}

TEST(MeanTest, KeepsTheContractOnFloatingPoint) {
  expect_aggregation_contract<double>(
      agg::mean(),
      [](chance& by) {
        return std::uniform_real_distribution<>{-1e3, 1e7}(by);
      },
      [](const std::vector<double>& rows) {
        long double sum = 0;
        for (const double row : rows) sum += static_cast<long double>(row);
        return static_cast<double>(sum / static_cast<long double>(rows.size()));
      },
      is_near{std::ldexp(1.0, -51)});
}

TEST(MeanTest, KeepsTheContractOnIntegersBitForBit) {
  expect_aggregation_contract<std::int64_t>(
      agg::mean(), [](chance& by) { return static_cast<std::int64_t>(by()); },
      [](const std::vector<std::int64_t>& rows) {
        __extension__ using wide = __int128;
        wide sum = 0;
        for (const auto row : rows) sum += row;
        return static_cast<double>(sum) / static_cast<double>(rows.size());
      });
}

TEST(MeanTest, DependsOnNoOrderOfIntegers) {
  expect_no_order_or_cut_to_matter<std::int64_t>(
      agg::mean(), [](chance& by) { return static_cast<std::int64_t>(by()); });
}

TEST(MeanTest, KeepsTheContractOnValuesThatMayBeMissing) {
  expect_aggregation_contract<std::optional<std::int32_t>>(
      agg::mean(),
      [](chance& by) {
        return by() % 2 == 0 ? std::nullopt
                             : std::optional{static_cast<std::int32_t>(by() % 1'000)};
      },
      [](const std::vector<std::optional<std::int32_t>>& rows) -> std::optional<double> {
        double sum = 0;
        double count = 0;
        for (const auto& row : rows)
          if (row) sum += *row, ++count;
        return count > 0 ? std::optional{sum / count} : std::nullopt;
      });
}

RC_GTEST_PROP(MeanTest, LiesBetweenTheLeastAndTheGreatestValue, (const std::vector<int>& values)) {
  RC_PRE(!values.empty());
  RC_ASSERT(mean_of(values) >= *std::min_element(values.begin(), values.end()));
  RC_ASSERT(mean_of(values) <= *std::max_element(values.begin(), values.end()));
}

TEST(MeanTest, IsOfSpansTheNearestSpan) {
  EXPECT_EQ(mean_of<duration>({duration{1}, duration{2}, duration{2}}), duration{2});
  EXPECT_EQ(mean_of<duration>({duration{-1}, duration{-1}, duration{-2}}), duration{-1});
}

TEST(MeanTest, NeverOverflowsOnIntegers) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(mean_of<duration>({duration{most}, duration{most}}), duration{most});
  EXPECT_EQ(mean_of<duration>({duration{-most}, duration{-most}}), duration{-most - 1});
  EXPECT_EQ(mean_of<std::int64_t>({most, most, most}), static_cast<double>(most));
}

TEST(MeanTest, DetectsThatFiniteValuesOverflow) {
  constexpr double largest = std::numeric_limits<double>::max();
  EXPECT_THROW(static_cast<void>(mean_of<double>({largest, largest})), std::overflow_error);
}

TEST(MeanTest, LetsInfinitiesAndNaNThrough) {
  EXPECT_EQ(mean_of<double>({1, HUGE_VAL}), HUGE_VAL);
  EXPECT_TRUE(std::isnan(mean_of<double>({1, std::nan(""), 2})));
}

TEST(MeanTest, IsNotANumberForNothing) {
  EXPECT_TRUE(std::isnan(mean_of<double>({})));
  EXPECT_TRUE(std::isnan(mean_of<int>({})));
  EXPECT_EQ(mean_of<std::optional<int>>({std::nullopt}), std::nullopt);
}

TEST(MeanTest, HasAPlainStateOf24Bytes) {
  using of_double = agg::aggregation_state<agg::bound_aggregation<decltype(agg::mean()), double>>;
  using of_int = agg::aggregation_state<agg::bound_aggregation<decltype(agg::mean()), int>>;
  EXPECT_EQ(sizeof(of_double), 24U);
  EXPECT_EQ(sizeof(of_int), 24U);
  EXPECT_TRUE(std::is_trivially_copyable_v<of_double> && std::is_trivially_copyable_v<of_int>);
}

} // namespace
} // namespace weir::test
