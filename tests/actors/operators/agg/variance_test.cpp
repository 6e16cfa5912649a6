// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/variance.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace weir::test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// In two passes and long double.
double exact_variance(const std::vector<double>& rows, std::size_t less) {
  if (rows.size() <= less) return not_a_number;
  long double sum = 0;
  for (const double row : rows) sum += static_cast<long double>(row);
  const long double mean = sum / static_cast<long double>(rows.size());
  long double squares = 0;
  for (const double row : rows) squares += (row - mean) * (row - mean);
  return static_cast<double>(squares / static_cast<long double>(rows.size() - less));
}

template <class T>
auto variance_of(const std::vector<T>& values) {
  return aggregation_driver<T, decltype(agg::variance())>{agg::variance()}.of(values);
}

TEST(VarianceTest, KeepsTheContractOnASample) {
  expect_aggregation_contract<double>(
      agg::variance(),
      [](chance& by) {
        return std::normal_distribution<>{5, 20}(by);
      },
      [](const std::vector<double>& rows) { return exact_variance(rows, 1); }, is_near{1e-13});
}

TEST(VarianceTest, KeepsTheContractOnAPopulation) {
  expect_aggregation_contract<double>(
      agg::population_variance(), [](chance& by) { return std::exponential_distribution<>{3}(by); },
      [](const std::vector<double>& rows) { return exact_variance(rows, 0); }, is_near{1e-13});
}

TEST(VarianceTest, StaysWithinItsBoundFarFromZero) {
  // Sums of squares would lose all digits here.
  const double condition = 1e9;
  expect_aggregation_contract<double>(
      agg::population_variance(),
      [&](chance& by) { return condition + std::normal_distribution<>{}(by); },
      [](const std::vector<double>& rows) { return exact_variance(rows, 0); },
      [&](double found, double expected) {
        if (std::isnan(expected)) return std::isnan(found);
        // The condition of so few rows may be larger than that of the distribution.
        const double worst = std::hypot(1, condition / std::sqrt(std::max(expected, 1e-9)));
        return std::fabs(found - expected) <= 300 * std::ldexp(1.0, -53) * worst * expected + 1e-13;
      });
}

TEST(VarianceTest, NeedsTwoValuesOfASample) {
  EXPECT_TRUE(std::isnan(variance_of<double>({})));
  EXPECT_TRUE(std::isnan(variance_of<double>({4})));
  EXPECT_EQ(variance_of<double>({4, 6}), 2);
  EXPECT_EQ(variance_of<int>({4, 6}), 2);
  using optionals = std::vector<std::optional<double>>;
  EXPECT_EQ(variance_of(optionals{4, std::nullopt}), std::nullopt);
  EXPECT_EQ(variance_of(optionals{4, std::nullopt, 6}), 2);
}

TEST(VarianceTest, IsNotANumberOnceAValueIsNotFinite) {
  for (const double odd : {infinity, -infinity, not_a_number}) {
    EXPECT_TRUE(std::isnan(variance_of<double>({1, 2, odd})));
    EXPECT_TRUE(std::isnan(variance_of<double>({odd, 1, 2, odd, 3})));
    const auto variance = agg::bind<double>(agg::variance());
    auto state = variance.create();
    auto other = variance.create();
    variance.add(state, 1);
    variance.add(other, odd);
    variance.merge(state, other);
    variance.add(state, 2);
    EXPECT_TRUE(std::isnan(variance.result(state)));
  }
}

TEST(VarianceTest, DetectsThatFiniteValuesOverflow) {
  EXPECT_THROW(static_cast<void>(variance_of<double>({1e200, -1e200})), std::overflow_error);
  EXPECT_THROW(static_cast<void>(variance_of<double>({1.7e308, -1.7e308, 1})), std::overflow_error);
  const auto variance = agg::bind<double>(agg::variance());
  auto state = variance.create();
  auto other = variance.create();
  variance.add(state, 1.7e308);
  variance.add(other, -1.7e308);
  EXPECT_THROW(variance.merge(state, other), std::overflow_error);
}

TEST(VarianceTest, HasAPlainStateOf24Bytes) {
  EXPECT_EQ(sizeof(agg::moments), 24U);
  EXPECT_TRUE(std::is_trivially_copyable_v<agg::moments>);
}

} // namespace
} // namespace weir::test
