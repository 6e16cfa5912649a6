// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/select.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace weir::test {
namespace {

template <class T>
void check_all_sets(const std::vector<T>& rows, std::uint32_t start, std::uint64_t salt) {
  auto takes = [=](T x) {
    return ((static_cast<std::uint64_t>(x) ^ salt) * 0x9e3779b97f4a7c15U) >> 63U != 0;
  };
  std::vector<std::uint32_t> expected;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (takes(rows[i])) expected.push_back(start + static_cast<std::uint32_t>(i));
  for (auto set : {instruction_set::baseline, instruction_set::avx2, instruction_set::avx512}) {
    if (set > best_instruction_set()) continue; // a machine without it can't run it
    // Exactly as much room as is promised: beyond it the sanitizer watches.
    std::vector<std::uint32_t> numbers(rows.size());
    std::vector<T> kept(rows.size());
    const auto count = detail::select_for(set, rows.data(), rows.size(), takes, start,
                                          numbers.data(), kept.data());
    numbers.resize(count);
    require(numbers == expected, "the rows that the predicate takes");
    if constexpr (detail::moves_by_register<T>) {
      for (std::size_t i = 0; i < count; ++i)
        require(kept[i] == rows[numbers[i] - start], "the chosen rows");
      std::vector<T> in_place = rows;
      detail::select_for(set, in_place.data(), rows.size(), takes, start, numbers.data(),
                         in_place.data());
      in_place.resize(count);
      kept.resize(count);
      require(in_place == kept, "the same in place");
    }
  }
}

template <class T>
void check_with_chance(chance& by) {
  std::vector<T> rows(by() % 100);
  for (auto& row : rows) row = static_cast<T>(by());
  check_all_sets(rows, static_cast<std::uint32_t>(by()), by());
}

TEST(SelectTest, TakesTheSameRowsWithEachInstructionSet) {
  expect_for_many_seeds(check_with_chance<std::int64_t>);
}

TEST(SelectTest, TakesTheSameSmallRowsWithEachInstructionSet) {
  expect_for_many_seeds(check_with_chance<std::int16_t>);
}

TEST(SelectTest, KnowsTheEmptyAndTheFullSelection) {
  std::vector<double> rows(67, 1.5);
  std::vector<std::uint32_t> numbers(67);
  auto none = [](double x) { return x < 1; };
  auto all = [](double x) { return x > 1; };
  EXPECT_EQ(select_rows(rows.data(), rows.size(), none, 0, numbers.data()), 0U);
  EXPECT_EQ(select_rows(rows.data(), rows.size(), all, 5, numbers.data()), 67U);
  EXPECT_EQ(numbers.back(), 71U);
}

} // namespace
} // namespace weir::test
