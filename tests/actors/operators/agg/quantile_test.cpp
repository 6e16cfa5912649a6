// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/quantile.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace weir::test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The value of nearest rank, NaN left out.
double exact_quantile(std::vector<double> values, double q) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  std::size_t rank = 1;
  while (static_cast<double>(rank) < q * n * (1 - 1e-15)) ++rank;
  return values[rank - 1];
}

template <class T>
auto quantile_of(const std::vector<T>& values, double q) {
  const auto quantile = agg::quantile(std::identity{}, q);
  return aggregation_driver<T, decltype(quantile)>{quantile}.of(values);
}

TEST(QuantileTest, KeepsTheContract) {
  for (const double q : {0.0, 0.07, 0.5, 0.99, 1.0})
    expect_aggregation_contract<double>(
        agg::quantile(std::identity{}, q),
        [](chance& by) {
          return by() % 20 == 0 ? std::nan("") : std::normal_distribution<>{2, 5}(by);
        },
        [&](const std::vector<double>& rows) { return exact_quantile(rows, q); }, is_near{0.01},
        600);
}

TEST(QuantileTest, DependsOnTheSetOfValuesAlone) {
  expect_no_order_or_cut_to_matter<double>(agg::quantile(std::identity{}, 0.9), [](chance& by) {
    return std::ldexp(std::normal_distribution<>{}(by), static_cast<int>(by() % 200) - 100);
  });
}

RC_GTEST_PROP(QuantileTest, IsExactForFewValues, (const std::vector<std::int32_t>& values)) {
  RC_PRE(!values.empty() && values.size() <= agg::quantile_sketch::most_exact);
  const auto percent = *rc::gen::inRange(0, 101);
  const std::vector<double> as_doubles{values.begin(), values.end()};
  RC_ASSERT(quantile_of(values, percent / 100.0) == exact_quantile(as_doubles, percent / 100.0));
}

/// A distribution by its name.
struct shape {
  const char* name;
  std::function<double(chance&)> draw;
};

const std::vector<shape> shapes{
    {"uniform",
     [](chance& by) {
       return std::uniform_real_distribution<>{0, 100}(by);
     }},
    {"normal",
     [](chance& by) {
       return std::normal_distribution<>{-3, 10}(by);
     }},
    {"lognormal",
     [](chance& by) {
       return std::lognormal_distribution<>{3, 4}(by);
     }},
    {"pareto", [](chance& by) { return std::pow(std::generate_canonical<double, 53>(by), -2.0); }},
    {"two peaks", [](chance& by) { return by() % 3 == 0 ? 1e-9 : 1e9; }},
    {"whole", [](chance& by) { return static_cast<double>(by() % 1'000) - 300; }},
    {"zero", [](chance&) { return -0.0; }},
    {"any", [](chance& by) { return std::ldexp(1.7, static_cast<int>(by() % 2'000) - 1'000); }},
};

TEST(QuantileTest, StaysWithinItsErrorForAnyDistributionAndSize) {
  chance by{20'240};
  for (const auto& [name, draw] : shapes)
    for (const std::size_t size : {129U, 1'000U, 30'000U, 1'000'000U})
      for (const double error : {0.05, 0.01, 0.001}) {
        agg::quantile_sketch sketch{agg::quantile_sketch::digits_for(error)};
        std::vector<double> values;
        for (std::size_t i = 0; i < size; ++i) {
          values.push_back(draw(by));
          sketch.add(values.back());
        }
        std::sort(values.begin(), values.end());
        for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
          const auto rank = std::ceil(q * static_cast<double>(size) * (1 - 1e-15));
          const double exact = values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
          EXPECT_LE(std::fabs(*sketch.at(q) - exact), error * (1 + 1e-12) * std::fabs(exact))
              << name << ", " << size << " values, q = " << q << ", error " << error;
        }
      }
}

TEST(QuantileTest, HasAsFewDigitsAsItsErrorNeeds) {
  EXPECT_EQ(agg::quantile_sketch::digits_for(0.2), 1);
  EXPECT_EQ(agg::quantile_sketch::digits_for(0.01), 6);
  EXPECT_EQ(agg::quantile_sketch::digits_for(0.0001), 13);
}

TEST(QuantileTest, PutsInfinitiesAtTheEnds) {
  std::vector<double> values(500, 3);
  values.push_back(infinity);
  values.push_back(-infinity);
  EXPECT_EQ(quantile_of(values, 0), -infinity);
  EXPECT_EQ(quantile_of(values, 1), infinity);
  EXPECT_NEAR(quantile_of(values, 0.5), 3, 0.03);
  values.assign(200, std::numeric_limits<double>::max());
  EXPECT_NEAR(quantile_of(values, 1) / values[0], 1, 0.01);
  values.assign(200, std::numeric_limits<double>::denorm_min());
  EXPECT_NEAR(quantile_of(values, 1), 0, 1e-307);
}

TEST(QuantileTest, IsOfSpansASpan) {
  EXPECT_EQ(quantile_of<duration>({duration{1}, duration{9}, duration{5}}, 0.5), duration{5});
}

TEST(QuantileTest, LeavesMissingValuesOut) {
  using optionals = std::vector<std::optional<int>>;
  EXPECT_EQ(quantile_of(optionals{std::nullopt}, 0.5), std::nullopt);
  EXPECT_EQ(quantile_of(optionals{4, std::nullopt, 5, std::nullopt, 6}, 0.5), 5);
  EXPECT_TRUE(std::isnan(quantile_of(std::vector<double>{std::nan("")}, 0.5)));
}

TEST(QuantileTest, IsSmallWhereValuesAre) {
  agg::quantile_sketch sketch;
  for (int i = 0; i < 1'000'000; ++i) sketch.add(1 + i % 1'000);
  EXPECT_FALSE(sketch.is_exact());
  EXPECT_LE(sketch.heap_bytes(), 8'224U); // 10 octaves of 64 counters, in a vector that doubles
}

TEST(QuantileTest, RefusesASketchOfOtherDigitsAndOneThatIsDamaged) {
  agg::quantile_sketch sketch{6};
  for (int i = 0; i < 1'000; ++i) sketch.add(i);
  snapshot_writer writer;
  sketch.save(writer);
  agg::quantile_sketch other{7};
  snapshot_reader reader{writer.bytes()};
  EXPECT_FALSE(other.load(reader));
  for (std::size_t at = 0; at < writer.bytes().size(); ++at) {
    std::string damaged = writer.bytes();
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    snapshot_reader from{damaged};
    agg::quantile_sketch loaded{6};
    if (loaded.load(from)) static_cast<void>(loaded.at(0.5)); // no crash, whatever it holds
  }
}

TEST(QuantileTest, RefusesOptionsOutOfRange) {
  const auto is_refused = [](double q, double error) {
    return !agg::check(agg::bind<int>(agg::quantile(std::identity{}, q, {.error = error})));
  };
  EXPECT_TRUE(is_refused(1.5, 0.01));
  EXPECT_TRUE(is_refused(std::nan(""), 0.01));
  EXPECT_TRUE(is_refused(0.5, 0));
  EXPECT_TRUE(is_refused(0.5, 0.3));
  EXPECT_FALSE(is_refused(0, 0.2));
  EXPECT_FALSE(is_refused(1, 0.0001));
}

} // namespace
} // namespace weir::test
