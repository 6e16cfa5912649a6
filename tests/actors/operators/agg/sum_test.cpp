// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/sum.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <bit>
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

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double largest = std::numeric_limits<double>::max();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

struct order {
  double amount = 0;
  std::int32_t count = 0;
  std::optional<double> tip = {};
  duration took{};
};

template <class T>
auto sum_of(const std::vector<T>& values) {
  const auto sum = agg::bind<T>(agg::sum());
  auto state = sum.create();
  for (const T& value : values) sum.add(state, value);
  return sum.result(state);
}

/// Any finite double, all exponents alike, but none so large that a few of them overflow.
double any_double(chance& by) {
  const double value = std::bit_cast<double>(by());
  return std::isfinite(value) && std::fabs(value) < 1e290 ? value : 1.5;
}

/// Multiples of 2^-1074 in so many bits that nothing is ever lost.
class wide_sum {
public:
  void add(double value) {
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent); // value = fraction 2^exponent
    auto digits = static_cast<std::int64_t>(std::ldexp(fraction, 53));
    int place = exponent - 53 + 1074;
    for (; place < 0; ++place) digits /= 2; // exact: a subnormal has no such digits
    __extension__ using wide = __int128;
    const wide shifted = static_cast<wide>(digits) * (wide{1} << (place % 32));
    auto at = static_cast<std::size_t>(place / 32);
    words_[at] += static_cast<std::int64_t>(shifted & 0xffffffff);
    words_[at + 1] += static_cast<std::int64_t>((shifted >> 32) & 0xffffffff);
    words_[at + 2] += static_cast<std::int64_t>(shifted >> 64);
  }
  /// Within a few units of the last place of a long double.
  [[nodiscard]] long double get() const {
    auto words = words_;
    std::int64_t carry = 0;
    for (auto& word : words) {
      word += carry;
      carry = word >> 32;
      word -= carry * (std::int64_t{1} << 32);
    }
    const bool is_negative = carry < 0;
    if (is_negative) { // as its magnitude: the leading digits must not cancel
      carry = 1;
      for (auto& word : words) {
        word = 0xffffffff - word + carry;
        carry = word >> 32;
        word &= 0xffffffff;
      }
    }
    long double sum = 0;
    for (std::size_t i = words.size(); i-- > 0;)
      sum += std::ldexp(static_cast<long double>(words[i]), static_cast<int>(32 * i) - 1074);
    return is_negative ? -sum : sum;
  }

private:
  std::array<std::int64_t, 70> words_{};
};

/// The bound that sum.hpp states.
void expect_within_bound(const std::vector<double>& values, double found) {
  wide_sum exact;
  wide_sum magnitudes;
  for (const double value : values) {
    exact.add(value);
    magnitudes.add(std::fabs(value));
  }
  const long double unit = std::ldexp(1.0L, -53);
  const auto n = static_cast<long double>(values.size());
  const long double sum = exact.get();
  const long double bound = 1.01L * unit * std::fabs(sum)
                            + 2 * n * n * unit * unit * magnitudes.get()
                            + static_cast<long double>(std::numeric_limits<double>::denorm_min());
  require(std::fabs(found - sum) <= bound, "a sum is within its bound");
}

TEST(SumTest, KeepsTheContractOnIntegers) {
  expect_aggregation_contract<std::int64_t>(
      agg::sum(), [](chance& by) { return static_cast<std::int64_t>(by()) / 1'000; },
      [](const std::vector<std::int64_t>& rows) {
        return std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
      });
}

TEST(SumTest, DependsOnNoOrderOfIntegersNorOfDecimals) {
  expect_no_order_or_cut_to_matter<std::int64_t>(
      agg::sum(), [](chance& by) { return static_cast<std::int64_t>(by()) / 4'000; });
  expect_no_order_or_cut_to_matter<double>(
      agg::sum(), [](chance& by) { return static_cast<double>(by() % 2'000'000) / 100 - 9'000; });
}

TEST(SumTest, KeepsTheContractOnFloatingPoint) {
  expect_aggregation_contract<order>(
      agg::sum(&order::amount),
      [](chance& by) {
        return order{.amount = std::uniform_real_distribution<>{-1e6, 1e9}(by)};
      },
      [](const std::vector<order>& rows) {
        long double sum = 0;
        for (const auto& row : rows) sum += static_cast<long double>(row.amount);
        return static_cast<double>(sum);
      },
      is_near{std::ldexp(1.0, -52)});
}

TEST(SumTest, KeepsTheContractOnDecimalsBitForBit) {
  expect_aggregation_contract<double>(
      agg::sum(), [](chance& by) { return static_cast<double>(by() % 2'000'000) / 100 - 9'000; },
      [](const std::vector<double>& rows) { return sum_of(rows); });
}

TEST(SumTest, StaysWithinItsBoundForAnyDoubles) {
  const aggregation_driver<double, decltype(agg::sum())> driver{agg::sum()};
  expect_for_many_seeds([&](chance& by) {
    std::vector<double> rows;
    for (auto count = by() % 1'000; count > 0; --count)
      rows.push_back(by() % 2 == 0 || rows.empty() ? any_double(by) : -rows[by() % rows.size()]);
    expect_within_bound(rows, driver.of(rows));
    const auto merged = driver.cut_and_merge(rows, 0, rows.size(), by);
    expect_within_bound(rows, driver.aggregation().result(merged));
  });
}

TEST(SumTest, CarriesAlongWhatRoundingLoses) {
  EXPECT_EQ(sum_of<double>({1, 1e100, 1, -1e100}), 2);
  EXPECT_EQ(sum_of(std::vector<double>(10, 0.1)), 1);
  EXPECT_EQ(sum_of(std::vector<float>(1'000'000, 1.0F / 8)), 125'000);
}

RC_GTEST_PROP(SumTest, IsExactForIntegersOfAnySize, (const std::vector<std::int64_t>& values)) {
  __extension__ using wide = __int128;
  wide exact = 0;
  for (const auto value : values) exact += value;
  if (exact >= -wide{most} - 1 && exact <= wide{most}) {
    RC_ASSERT(sum_of(values) == static_cast<std::int64_t>(exact));
  } else {
    RC_ASSERT_THROWS_AS(sum_of(values), std::overflow_error);
  }
}

TEST(SumTest, IsWrongOnlyWhereTheResultDoesNotFit) {
  EXPECT_EQ(sum_of<std::int64_t>({most, most, -most, -2}), most - 2);
  EXPECT_EQ(sum_of<std::int64_t>({-most, -1}), std::numeric_limits<std::int64_t>::min());
  EXPECT_THROW(static_cast<void>(sum_of<std::int64_t>({most, 1})), std::overflow_error);
  EXPECT_THROW(static_cast<void>(sum_of<std::int64_t>({-most, -2})), std::overflow_error);
  EXPECT_EQ(sum_of<std::uint64_t>({~std::uint64_t{0}}), ~std::uint64_t{0});
  EXPECT_THROW(static_cast<void>(sum_of<std::uint64_t>({~std::uint64_t{0}, 1})),
               std::overflow_error);
  EXPECT_THROW(static_cast<void>(sum_of<duration>({duration{most}, duration{1}})),
               std::overflow_error);
}

TEST(SumTest, DetectsThatFiniteValuesOverflow) {
  EXPECT_THROW(static_cast<void>(sum_of<double>({largest, largest})), std::overflow_error);
  EXPECT_THROW(static_cast<void>(sum_of<double>({-largest, -largest})), std::overflow_error);
  const auto sum = agg::bind<double>(agg::sum());
  auto whole = sum.create();
  sum.add(whole, largest);
  const auto part = whole;
  EXPECT_THROW(sum.merge(whole, part), std::overflow_error);
}

TEST(SumTest, LetsInfinitiesAndNaNThrough) {
  EXPECT_EQ(sum_of<double>({1, infinity, 2}), infinity);
  EXPECT_EQ(sum_of<double>({-infinity, largest, largest}), -infinity);
  EXPECT_TRUE(std::isnan(sum_of<double>({infinity, 1, -infinity, 1})));
  EXPECT_TRUE(std::isnan(sum_of<double>({1, not_a_number, 1})));
  const auto sum = agg::bind<double>(agg::sum());
  auto whole = sum.create();
  sum.add(whole, largest);
  auto part = sum.create();
  sum.add(part, infinity);
  sum.merge(whole, part);
  sum.add(whole, largest);
  EXPECT_EQ(sum.result(whole), infinity);
}

TEST(SumTest, LeavesMissingValuesOut) {
  const std::vector<order> rows{{.tip = 1.5}, {}, {.tip = 2}};
  EXPECT_EQ(
      (aggregation_driver<order, decltype(agg::sum(&order::tip))>{agg::sum(&order::tip)}.of(rows)),
      3.5);
  EXPECT_EQ(sum_of<std::optional<int>>({}), 0);
}

TEST(SumTest, TakesMembersCallablesAndSpans) {
  const auto cost = agg::sum([](const order& o) { return o.amount * o.count; });
  const aggregation_driver<order, decltype(cost)> costs{cost};
  EXPECT_EQ(costs.of({{.amount = 2.5, .count = 2}, {.amount = 1, .count = 3}}), 8);
  const auto took = agg::sum(&order::took);
  const aggregation_driver<order, decltype(took)> times{took};
  EXPECT_EQ(times.of({{.took = duration{4}}, {.took = duration{5}}}), duration{9});
  EXPECT_EQ(sum_of<std::uint8_t>({200, 100}), std::uint64_t{300});
  EXPECT_EQ(sum_of<std::int8_t>({-100, -100}), std::int64_t{-200});
}

TEST(SumTest, HasASmallPlainState) {
  EXPECT_EQ(sizeof(agg::exact_sum), 16U);
  EXPECT_EQ(sizeof(agg::compensated_sum), 16U);
  EXPECT_TRUE(std::is_trivially_copyable_v<agg::exact_sum>);
  EXPECT_TRUE(std::is_trivially_copyable_v<agg::compensated_sum>);
}

} // namespace
} // namespace weir::test
