// SPDX-License-Identifier: Apache-2.0

#include "../../support/operator_contract.hpp"
#include <weir/actors/operators/lookup_table.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

struct entry {
  int key = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(entry, (), (key, text))

struct itself {
  int operator()(int row) const { return row % 10; }
};
using table = lookup_table<entry, int>;

/// Keys 0, 2, 4, 6.
batch_ptr even_keys() {
  auto made = std::make_shared<table>();
  for (int key = 0; key < 8; key += 2)
    made->rows.at(key_hash(key), key, [&] {
      return table_entry<entry>{{key, std::string(static_cast<std::size_t>(key), 'x')}, {}};
    });
  auto rows = std::make_shared<batch<table_ptr<entry, int>>>();
  rows->push_back(std::move(made));
  return rows;
}

/// One that has its table already, as the shell sees to.
template <join_kind Kind, class Combine>
test::operator_factory with_table(Combine combine) {
  return [=]() -> result<std::unique_ptr<any_operator>> {
    using made = lookup_operator<Kind, int, itself, entry, int, Combine>;
    std::unique_ptr<any_operator> op = std::make_unique<made>(itself{}, combine);
    EXPECT_TRUE(op->waits_for_side());
    const auto rows = even_keys();
    EXPECT_EQ(op->on_batch(*op->side_inlet(), any_view{rows.get(), 0, false}, outlets{{}}), 1U);
    EXPECT_FALSE(op->waits_for_side());
    EXPECT_EQ(op->usage().entries, 0U) << "counted where it was made";
    return op;
  };
}
int any_number(test::chance& by) { return static_cast<int>(by() % 1000); }

TEST(LookupTableTest, KeepsTheContractWithPlainRows) {
  const auto sum = [](int row, const entry& e) { return row + static_cast<int>(e.text.size()); };
  test::expect_operator_contract<int, int>(with_table<join_kind::inner>(sum), any_number);
}

TEST(LookupTableTest, KeepsTheContractWithRowsThatOwnTextAndLeftRows) {
  const auto text = [](int row, const entry* e) {
    return std::to_string(row) + (e == nullptr ? "?" : e->text);
  };
  test::expect_operator_contract<int, std::string>(with_table<join_kind::left>(text), any_number);
}

struct view {
  std::string_view text;
  friend bool operator==(const view&, const view&) = default;
};
BOOST_DESCRIBE_STRUCT(view, (), (text))

TEST(LookupTableTest, KeepsTheContractWithRowsThatBorrowFromTheTable) {
  const auto look = [](int, const entry& e) { return view{e.text}; };
  test::expect_operator_contract<int, view>(with_table<join_kind::inner>(look), any_number);
}

} // namespace
} // namespace weir
