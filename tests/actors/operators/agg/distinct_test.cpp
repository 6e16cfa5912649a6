// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/distinct.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

struct visit {
  std::optional<std::string> user;
};

template <class T>
auto distinct_of(const std::vector<T>& values) {
  return aggregation_driver<T, decltype(agg::distinct())>{agg::distinct()}.of(values);
}

TEST(DistinctTest, KeepsTheContractWhereItIsExact) {
  expect_aggregation_contract<visit>(
      agg::distinct(&visit::user),
      [](chance& by) {
        return by() % 5 == 0 ? visit{} : visit{std::string(by() % 40, 'u') + "ser"};
      },
      [](const std::vector<visit>& rows) {
        std::set<std::string> users;
        for (const auto& row : rows)
          if (row.user) users.insert(*row.user);
        return std::uint64_t{users.size()};
      });
}

TEST(DistinctTest, KeepsTheContractWhereItEstimates) {
  expect_aggregation_contract<std::int64_t>(
      agg::distinct(std::identity{}, {.error = 0.05}),
      [](chance& by) { return static_cast<std::int64_t>(by() % 5'000); },
      [](const std::vector<std::int64_t>& rows) {
        return std::uint64_t{std::set<std::int64_t>(rows.begin(), rows.end()).size()};
      },
      [](std::uint64_t found, std::uint64_t expected) {
        return std::fabs(static_cast<double>(found) - static_cast<double>(expected))
               <= 4 * 0.05 * static_cast<double>(expected);
      },
      3'000);
}

TEST(DistinctTest, DependsOnTheSetOfValuesAlone) {
  expect_no_order_or_cut_to_matter<std::uint32_t>(
      agg::distinct(), [](chance& by) { return static_cast<std::uint32_t>(by() % 4'000); });
}

TEST(DistinctTest, IsExactForFewValues) {
  agg::distinct_sketch sketch;
  for (int round = 0; round < 3; ++round)
    for (std::uint64_t i = 0; i < 1'536; ++i) sketch.add(agg::value_hash(i));
  EXPECT_TRUE(sketch.is_exact());
  EXPECT_EQ(sketch.estimate(), 1'536U);
  EXPECT_LE(sketch.heap_bytes(), 16'384U);
  sketch.add(agg::value_hash(1'536));
  EXPECT_FALSE(sketch.is_exact());
  EXPECT_EQ(sketch.heap_bytes(), 16'384U);
}

/// The root of the mean squared relative error of many sketches, each of `count` values.
double measured_error(int digits, std::uint64_t count, int sketches) {
  double squares = 0;
  for (int i = 0; i < sketches; ++i) {
    agg::distinct_sketch sketch{digits};
    for (std::uint64_t value = 0; value < count; ++value)
      sketch.add(agg::value_hash(static_cast<std::uint64_t>(i) << 40 | value));
    const double error = static_cast<double>(sketch.estimate()) / static_cast<double>(count) - 1;
    squares += error * error;
  }
  return std::sqrt(squares / sketches);
}

TEST(DistinctTest, HasTheStandardErrorItStates) {
  for (const int digits : {6, 8, 10, 12}) {
    const double stated = 1.04 / std::sqrt(std::exp2(digits));
    for (const std::uint64_t count : {1'000U, 4'000U, 20'000U, 100'000U})
      EXPECT_LE(measured_error(digits, count, 200), 1.15 * stated) // its own error is 5 %
          << digits << " digits, " << count << " values";
  }
}

TEST(DistinctTest, StaysWithinThreeStandardErrorsUpToAMillion) {
  for (const std::uint64_t count : {2'000U, 10'000U, 50'000U, 300'000U, 1'000'000U})
    for (const std::uint64_t step : {1U, 1'000U, 65'536U}) {
      agg::distinct_sketch sketch;
      for (std::uint64_t i = 0; i < count; ++i) sketch.add(agg::value_hash(i * step));
      EXPECT_NEAR(static_cast<double>(sketch.estimate()) / static_cast<double>(count), 1,
                  3 * 1.04 / 128)
          << count << " values, " << step << " apart";
    }
}

TEST(DistinctTest, TakesEqualValuesForOne) {
  EXPECT_EQ(distinct_of<double>({0.0, -0.0, std::nan("1"), -std::nan("2"), 1}), 3U);
  EXPECT_EQ(distinct_of<std::string_view>({"a", "b", "a", ""}), 3U);
  EXPECT_EQ(distinct_of<timestamp>({timestamp{duration{3}}, timestamp{duration{3}}}), 1U);
  EXPECT_EQ(distinct_of<bool>({true, false, true}), 2U);
  EXPECT_EQ((distinct_of<std::pair<int, std::string>>({{1, "a"}, {1, "b"}, {1, "a"}})), 2U);
  EXPECT_EQ(agg::value_hash(std::string{"Alice"}), agg::value_hash(std::string_view{"Alice"}));
  EXPECT_EQ(agg::value_hash(std::int8_t{-3}), agg::value_hash(std::int64_t{-3}));
}

TEST(DistinctTest, CountsAHashOfZero) {
  agg::distinct_sketch sketch;
  sketch.add(7);
  sketch.add(0);
  sketch.add(0);
  EXPECT_EQ(sketch.estimate(), 2U);
}

TEST(DistinctTest, RefusesASketchOfOtherDigitsAndOneThatIsDamaged) {
  agg::distinct_sketch sketch{8};
  for (std::uint64_t i = 0; i < 1'000; ++i) sketch.add(agg::value_hash(i));
  snapshot_writer writer;
  sketch.save(writer);
  agg::distinct_sketch other{9};
  snapshot_reader reader{writer.bytes()};
  EXPECT_FALSE(other.load(reader));
  std::string damaged = writer.bytes();
  damaged.back() = 60; // no run of zeros is that long
  snapshot_reader from{damaged};
  EXPECT_FALSE(sketch.load(from));
}

TEST(DistinctTest, RefusesAnErrorOutOfRange) {
  const auto is_refused = [](double error) {
    return !agg::check(agg::bind<int>(agg::distinct(std::identity{}, {.error = error})));
  };
  EXPECT_TRUE(is_refused(0));
  EXPECT_FALSE(is_refused(0.0025));
  EXPECT_FALSE(is_refused(0.13));
  EXPECT_TRUE(is_refused(0.14));
  EXPECT_EQ(agg::distinct_sketch::digits_for(0.01), 14);
  EXPECT_EQ(agg::distinct_sketch::digits_for(0.0025), 18);
  EXPECT_EQ(agg::distinct_sketch::digits_for(0.13), 6);
}

} // namespace
} // namespace weir::test
