// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/first_last.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace weir::test {
namespace {

using maybe = std::optional<std::string>;

maybe any_text(chance& by) {
  return by() % 3 == 0 ? std::nullopt : maybe{std::string(by() % 30, 'x') + "."};
}

TEST(FirstLastTest, FirstKeepsTheContract) {
  expect_aggregation_contract<maybe>(agg::first(), any_text, [](const std::vector<maybe>& rows) {
    for (const auto& row : rows)
      if (row) return row;
    return maybe{};
  });
}

TEST(FirstLastTest, LastKeepsTheContract) {
  expect_aggregation_contract<maybe>(agg::last(), any_text, [](const std::vector<maybe>& rows) {
    for (auto row = rows.rbegin(); row != rows.rend(); ++row)
      if (*row) return *row;
    return maybe{};
  });
}

TEST(FirstLastTest, TakesNaNForAValue) {
  using last = decltype(agg::last());
  EXPECT_TRUE(std::isnan(aggregation_driver<double, last>{agg::last()}.of({1, std::nan("")})));
}

TEST(FirstLastTest, HasAPlainStateForPlainValues) {
  using state = agg::aggregation_state<agg::bound_aggregation<decltype(agg::first()), double>>;
  EXPECT_EQ(sizeof(state), 16U);
  EXPECT_TRUE(std::is_trivially_copyable_v<state>);
}

} // namespace
} // namespace weir::test
