// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/agg/count.hpp>
#include <weir/tests/support/aggregation_contract.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::test {
namespace {

struct letter {
  std::string text;
  std::optional<double> weight = {};
};

letter any_letter(chance& by) {
  letter made{"x"};
  if (by() % 3 != 0) made.weight = by() % 2 == 0 ? 1.5 : std::nan("");
  return made;
}

TEST(CountTest, KeepsTheContractOnRows) {
  expect_aggregation_contract<letter>(
      agg::count(), any_letter,
      [](const std::vector<letter>& rows) { return std::uint64_t{rows.size()}; });
}

TEST(CountTest, KeepsTheContractOnValuesThatMayBeMissing) {
  expect_aggregation_contract<letter>(agg::count(&letter::weight), any_letter,
                                      [](const std::vector<letter>& rows) {
                                        std::uint64_t there = 0;
                                        for (const auto& row : rows) there += row.weight ? 1 : 0;
                                        return there;
                                      });
}

TEST(CountTest, CountsWhatACallableReturns) {
  const auto count = agg::count([](const letter& row) { return row.text.size(); });
  EXPECT_EQ((aggregation_driver<letter, decltype(count)>{count}.of({{"a"}, {"b"}})), 2U);
}

TEST(CountTest, HasAStateOfEightBytes) {
  EXPECT_EQ(sizeof(agg::aggregation_state<decltype(agg::count())>), 8U);
}

} // namespace
} // namespace weir::test
