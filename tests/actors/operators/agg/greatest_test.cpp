// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/greatest.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace weir::test {
namespace {

struct order {
  std::string customer;
  int amount = 0;
  std::optional<int> tip = {};
  friend bool operator==(const order&, const order&) = default;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer, amount, tip))

order any_order(chance& by) {
  order made{std::string(by() % 30, 'c'), static_cast<int>(by() % 20)};
  if (by() % 2 == 0) made.tip = static_cast<int>(by() % 5);
  return made;
}

TEST(GreatestTest, KeepsTheContract) {
  expect_aggregation_contract<order>(
      agg::greatest(7, &order::amount), any_order, [](std::vector<order> rows) {
        std::stable_sort(rows.begin(), rows.end(),
                         [](const order& a, const order& b) { return a.amount > b.amount; });
        if (rows.size() > 7) rows.resize(7);
        return rows;
      });
}

TEST(GreatestTest, LeastKeepsTheContractOnValuesThatMayBeMissing) {
  expect_aggregation_contract<order>(
      agg::least(3, &order::tip), any_order, [](std::vector<order> rows) {
        std::erase_if(rows, [](const order& row) { return !row.tip; });
        std::stable_sort(rows.begin(), rows.end(),
                         [](const order& a, const order& b) { return *a.tip < *b.tip; });
        if (rows.size() > 3) rows.resize(3);
        return rows;
      });
}

TEST(GreatestTest, LeavesNaNOut) {
  const auto two = agg::greatest(2);
  EXPECT_EQ((aggregation_driver<double, decltype(two)>{two}.of({std::nan(""), 1, std::nan("")})),
            std::vector{1.0});
}

TEST(GreatestTest, RefusesNoRowsAtAll) {
  EXPECT_FALSE(agg::check(agg::bind<int>(agg::greatest(0))));
  EXPECT_FALSE(agg::check(agg::bind<int>(agg::least(0))));
  EXPECT_TRUE(agg::check(agg::bind<int>(agg::least(1))));
}

} // namespace
} // namespace weir::test
