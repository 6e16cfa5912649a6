// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/key_numbers.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace {

template <class Key, class Seen>
std::uint32_t give(key_numbers<Key>& to, const Seen& key) {
  return to.give(key_hash(key), key);
}

template <class Key, class T, class KeyOf>
std::vector<std::uint32_t> numbers(key_numbers<Key>& known, const std::vector<T>& rows,
                                   KeyOf key_of) {
  const auto found = known.of(std::span<const T>{rows}, key_of);
  return {found.begin(), found.end()};
}

constexpr auto itself = [](const auto& row) { return row; };

TEST(KeyNumbersTest, KnowsTheKeysThatWereGivenANumber) {
  key_numbers<std::int64_t> known;
  EXPECT_EQ(give(known, std::int64_t{7}), 1U);
  EXPECT_EQ(give(known, std::int64_t{0}), 2U);
  EXPECT_EQ(give(known, std::int64_t{7}), 1U);
  EXPECT_EQ(numbers(known, std::vector<std::int64_t>{0, 7, 8, 7}, itself),
            (std::vector<std::uint32_t>{2, 1, 0, 1}));
}

TEST(KeyNumbersTest, HasNoNumberForTheKeyThatStandsForNone) {
  key_numbers<std::int64_t> known;
  EXPECT_EQ(numbers(known, std::vector<std::int64_t>{0}, itself), std::vector<std::uint32_t>{0});
}

TEST(KeyNumbersTest, FindsKeysThatAreNotWhereTheyAreLookedForFirst) {
  key_numbers<std::int64_t> known;
  std::vector<std::int64_t> rows;
  std::vector<std::uint32_t> expected;
  for (std::int64_t key = 0; key < static_cast<std::int64_t>(known.most_keys); ++key) {
    const auto number = give(known, key * 7919);
    ASSERT_EQ(number, static_cast<std::uint32_t>(key + 1));
    if (key % 9 != 0) continue;
    rows.push_back(key * 7919);
    expected.push_back(number);
  }
  EXPECT_EQ(give(known, std::int64_t{1}), 0U) << "no more than it may keep";
  rows.resize(known.block_rows, 1);
  expected.resize(known.block_rows, 0);
  ASSERT_EQ(rows.size(), known.block_rows);
  EXPECT_EQ(numbers(known, rows, itself), expected);
}

TEST(KeyNumbersTest, KeepsTextThatRowsBorrow) {
  key_numbers<std::string> known;
  const auto empty = known.bytes();
  {
    const std::string text = "one that is too long to lie inside of a string";
    EXPECT_EQ(give(known, std::string_view{text}), 1U);
  }
  EXPECT_GT(known.bytes(), empty + 40);
  EXPECT_EQ(numbers(known,
                    std::vector<std::string_view>{"one that is too long to lie inside of a string",
                                                  "another"},
                    itself),
            (std::vector<std::uint32_t>{1, 0}));
}

TEST(KeyNumbersTest, StopsBeforeARowWhoseKeyThrows) {
  key_numbers<int> known;
  give(known, 1);
  const auto key_of = [](int row) {
    if (row < 0) throw std::runtime_error{"no key"};
    return row;
  };
  EXPECT_EQ(numbers(known, std::vector{1, 2, -1, 1}, key_of), (std::vector<std::uint32_t>{1, 0}));
}

TEST(KeyNumbersTest, RestsWhereItIsOfNoUseAndBeginsAnewIfItIsFull) {
  key_numbers<int> known;
  const auto count = static_cast<int>(known.most_keys);
  for (int key = 0; key < count; ++key) give(known, key);
  const auto block = known.block_rows;
  std::size_t rows = 0;
  while (!numbers(known, std::vector{1}, itself).empty()) {
    ASSERT_LT(rows, 1'000 * block);
    EXPECT_FALSE(known.has_taken(block, block));
    rows += block;
  }
  EXPECT_EQ(give(known, 1), 0U);
  for (rows = 0; !known.has_taken(block, block); rows += block) ASSERT_LT(rows, 1'000 * block);
  EXPECT_EQ(numbers(known, std::vector{1}, itself), std::vector<std::uint32_t>{0});
  EXPECT_EQ(give(known, count + 1), 1U);
}

TEST(KeyNumbersTest, WorksOnWhileRowsAreHelped) {
  key_numbers<int> known;
  give(known, 1);
  for (int blocks = 0; blocks < 1'000; ++blocks) ASSERT_FALSE(known.has_taken(512, 100));
  EXPECT_EQ(numbers(known, std::vector{1}, itself), std::vector<std::uint32_t>{1});
}

TEST(EntriesByNumberTest, KeepsNoMoreThanATableOfThatSizeIsWorth) {
  entries_by_number entries;
  entries.set(17, 0, 2);
  EXPECT_EQ(entries.of(17), 0U);
  EXPECT_EQ(entries.bytes(), 0U);
  entries.set(16, 0, 2);
  EXPECT_EQ(entries.of(16), 1U);
  EXPECT_EQ(entries.of(15), 0U);
  entries.clear();
  EXPECT_EQ(entries.of(16), 0U);
}

} // namespace
} // namespace weir
