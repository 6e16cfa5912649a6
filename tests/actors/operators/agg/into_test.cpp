// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/distinct.hpp>
#include <weir/actors/operators/agg/first_last.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/mean.hpp>
#include <weir/actors/operators/agg/min_max.hpp>
#include <weir/actors/operators/agg/own.hpp>
#include <weir/actors/operators/agg/quantile.hpp>
#include <weir/actors/operators/agg/sum.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace weir::test {
namespace {

struct order {
  std::string customer;
  std::int32_t amount = 0;
  std::optional<std::int32_t> tip = {};
};

struct day {
  std::uint64_t orders = 0;
  std::int64_t amount = 0;
  std::optional<double> mean_tip;
  std::string last_customer;
  std::optional<std::int32_t> largest;
  friend bool operator==(const day&, const day&) = default;
};
BOOST_DESCRIBE_STRUCT(day, (), (orders, amount, mean_tip, last_customer, largest))

struct plain_day {
  std::uint64_t orders = 0;
  double mean = 0;
};
BOOST_DESCRIBE_STRUCT(plain_day, (), (orders, mean))

auto a_day() {
  return agg::into<day>(agg::count(), agg::sum(&order::amount), agg::mean(&order::tip),
                        agg::last(&order::customer), agg::max(&order::amount));
}

TEST(IntoTest, KeepsTheContract) {
  expect_aggregation_contract<order>(
      a_day(),
      [](chance& by) {
        order made{std::string(by() % 30, 'c'), static_cast<std::int32_t>(by())};
        if (by() % 2 == 0) made.tip = 4;
        return made;
      },
      [](const std::vector<order>& rows) {
        day made;
        made.largest = 0;
        for (const auto& row : rows) {
          made.largest = made.orders == 0 ? row.amount : std::max(*made.largest, row.amount);
          ++made.orders;
          made.amount += row.amount;
          if (row.tip) made.mean_tip = 4;
          made.last_customer = row.customer;
        }
        return made;
      });
}

TEST(IntoTest, TakesAggregationsOfTheUsersOwn) {
  const auto product = agg::own{.create = [] { return 1.0; },
                                .add = [](double& all, const order& o) { all *= o.amount; },
                                .merge = [](double& all, double other) { all *= other; },
                                .result = [](double all) { return all; }};
  const auto both = agg::into<plain_day>(agg::count(), product);
  const auto found =
      aggregation_driver<order, decltype(both)>{both}.of({{"a", 3}, {"b", 5}, {"c", 7}});
  EXPECT_EQ(found.orders, 3U);
  EXPECT_EQ(found.mean, 105);
}

struct spread_of_orders {
  std::uint64_t customers = 0;
  double median = 0;
};
BOOST_DESCRIBE_STRUCT(spread_of_orders, (), (customers, median))

TEST(IntoTest, TakesSketches) {
  const auto spread = agg::bind<order>(agg::into<spread_of_orders>(
      agg::distinct(&order::customer), agg::quantile(&order::amount, 0.5)));
  auto state = spread.create();
  for (int i = 0; i < 30; ++i) spread.add(state, {std::string(1 + i % 3, 'x'), i, {}});
  EXPECT_EQ(spread.result(state).customers, 3U);
  EXPECT_NEAR(spread.result(state).median, 14.5, 0.6);
}

TEST(IntoTest, HasAPlainStateWhereItsPartsHave) {
  const auto both = agg::into<plain_day>(agg::count(), agg::mean(&order::amount));
  using state = agg::aggregation_state<agg::bound_aggregation<decltype(both), order>>;
  EXPECT_EQ(sizeof(state), 32U);
  EXPECT_TRUE(std::is_trivially_copyable_v<state>);
}

} // namespace
} // namespace weir::test
