// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/keyed_rows.hpp>
#include <weir/actors/state/key_table.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
namespace {

using taken_rows = std::vector<std::pair<std::string, std::string>>; // key and row

/// Takes all rows by `key_of`; `refused`: the row that taking fails at.
template <class KeyOf>
taken_rows take(std::size_t rows, KeyOf key_of, std::string_view refused = "none") {
  batch<std::string> in;
  for (std::size_t i = 0; i < rows; ++i) in.push_back("row " + std::to_string(i));
  taken_rows taken;
  key_table<std::string, int> table;
  const auto done =
      detail::take_keyed_rows(batch_view<std::string>{in, 0, false}, key_of, table,
                              [&](std::uint64_t hash, const auto& key, const std::string& row) {
                                EXPECT_EQ(hash, key_hash(key));
                                if (row == refused) throw std::runtime_error{"refused"};
                                ++table.at(hash, key, [] { return 0; });
                                taken.emplace_back(key, row);
                              });
  EXPECT_EQ(done, rows);
  return taken;
}

std::string_view ending(const std::string& row) { return std::string_view{row}.substr(4); }

TEST(KeyedRowsTest, TakesEachRowOnceInOrderWhateverItsKeyIs) {
  for (const std::size_t rows : {0U, 1U, 63U, 64U, 65U, 1000U}) {
    const auto by_view = take(rows, ending);
    const auto by_value = take(rows, [](const std::string& row) { return row.substr(4); });
    const auto by_row = take(rows, std::identity{});
    ASSERT_EQ(by_view.size(), rows);
    EXPECT_EQ(by_view, by_value);
    for (std::size_t i = 0; i < rows; ++i) {
      EXPECT_EQ(by_view[i].first, std::to_string(i));
      EXPECT_EQ(by_view[i].second, "row " + std::to_string(i));
      EXPECT_EQ(by_row[i].first, by_row[i].second);
    }
  }
}

TEST(KeyedRowsTest, StopsWhereThereIsNoRoom) {
  batch<std::string> in;
  for (std::size_t i = 0; i < 200; ++i) in.push_back("row " + std::to_string(i));
  key_table<std::string, int> table;
  std::size_t begun = 0;
  std::vector<std::string> taken;
  auto key_of = ending;
  while (begun < in.size()) { // as from a slow receiver: 70 rows a call
    const auto end = taken.size() + 70;
    begun += detail::take_keyed_rows_while(
        batch_view<std::string>{in, begun, false}, key_of, table,
        [&](std::size_t i, std::uint64_t, std::string_view key, const std::string& row) {
          EXPECT_EQ(row, "row " + std::to_string(begun + i));
          if (taken.size() == end) return false;
          taken.emplace_back(key);
          return true;
        });
  }
  ASSERT_EQ(taken.size(), 200U);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(taken[i], std::to_string(i));
}

template <class Run>
std::size_t failed_row(Run run) {
  try {
    run();
  } catch (const row_failure& failure) {
    return failure.index;
  }
  return 9'999;
}

TEST(KeyedRowsTest, NamesTheFirstRowThatFailsWhetherItIsToldOrTaken) {
  const auto no_key_of = [](std::string row) {
    return [row = std::move(row)](const std::string& at) {
      if (at == row) throw std::runtime_error{"it has no key"};
      return ending(at);
    };
  };
  EXPECT_EQ(failed_row([&] { take(200, no_key_of("row 0")); }), 0U);
  EXPECT_EQ(failed_row([&] { take(200, no_key_of("row 70")); }), 70U);
  EXPECT_EQ(failed_row([&] { take(200, no_key_of("row 70"), "row 66"); }), 66U);
  EXPECT_EQ(failed_row([&] { take(200, no_key_of("row 70"), "row 71"); }), 70U);
  EXPECT_EQ(failed_row([&] { take(200, ending, "row 199"); }), 199U);
}

} // namespace
} // namespace weir
