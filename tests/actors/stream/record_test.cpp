// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/record.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::test {

enum class payment { cash = 1, card = 2, barter = -3 };
BOOST_DESCRIBE_ENUM(payment, cash, card, barter)

struct place {
  std::int16_t zone = 0;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(place, (), (zone, name))

struct everything {
  bool flag = false;
  std::int8_t i8 = 0;
  std::int16_t i16 = 0;
  std::int32_t i32 = 0;
  std::int64_t i64 = 0;
  std::uint8_t u8 = 0;
  std::uint16_t u16 = 0;
  std::uint32_t u32 = 0;
  std::uint64_t u64 = 0;
  float f32 = 0;
  double f64 = 0;
  std::string text;
  std::string_view view;
  timestamp time;
  duration span{};
  payment how = payment::cash;
  std::optional<double> maybe;
  std::optional<payment> maybe_how;
  place from;
};
BOOST_DESCRIBE_STRUCT(everything, (),
                      (flag, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, text, view, time, span,
                       how, maybe, maybe_how, from))

struct ride {
  timestamp pickup;
  place from;
  double total = 0;
};
BOOST_DESCRIBE_STRUCT(ride, (), (pickup, from, total))

inline auto aliases(of<ride>) {
  return alias_list<ride>{{&ride::pickup, {"tpep_pickup_datetime", "pickup_datetime"}},
                          {&ride::total, {"total_amount"}}};
}
inline auto aliases(of<place>) { return alias_list<place>{{&place::zone, {"location_id"}}}; }

struct base_row {
  int id = 0;
};
BOOST_DESCRIBE_STRUCT(base_row, (), (id))
struct derived_row : base_row {
  int more = 0;
};
BOOST_DESCRIBE_STRUCT(derived_row, (base_row), (more))

namespace {

TEST(RecordTest, KnowsTheKindOfEveryField) {
  const std::vector<std::pair<std::string, field_kind>> expected{
      {"flag", field_kind::boolean},    {"i8", field_kind::int8},
      {"i16", field_kind::int16},       {"i32", field_kind::int32},
      {"i64", field_kind::int64},       {"u8", field_kind::uint8},
      {"u16", field_kind::uint16},      {"u32", field_kind::uint32},
      {"u64", field_kind::uint64},      {"f32", field_kind::float32},
      {"f64", field_kind::float64},     {"text", field_kind::text},
      {"view", field_kind::text_view},  {"time", field_kind::time},
      {"span", field_kind::span},       {"how", field_kind::enumeration},
      {"maybe", field_kind::float64},   {"maybe_how", field_kind::enumeration},
      {"from.zone", field_kind::int16}, {"from.name", field_kind::text}};
  const auto& table = record_of<everything>();
  ASSERT_EQ(table.fields.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(table.fields[i].name, expected[i].first);
    EXPECT_EQ(table.fields[i].kind, expected[i].second) << expected[i].first;
    EXPECT_EQ(table.fields[i].is_optional,
              expected[i].first.starts_with("maybe") || expected[i].first == "from.name");
  }
  EXPECT_EQ(table.row_bytes, sizeof(everything));
  EXPECT_TRUE(table.borrows);
  EXPECT_TRUE(table.owns_heap);
}

TEST(RecordTest, ReadsAndWritesFieldsWhereTheyLie) {
  const auto& table = record_of<everything>();
  everything row;
  *static_cast<double*>(table.find("f64")->value_for_writing(&row)) = 2.5;
  *static_cast<std::int16_t*>(table.find("from.zone")->value_for_writing(&row)) = 263;
  EXPECT_EQ(row.f64, 2.5);
  EXPECT_EQ(row.from.zone, 263);
  EXPECT_EQ(table.find("f64")->value_in(&row), &row.f64);
  table.find("from.zone")->clear_in(&row);
  EXPECT_EQ(row.from.zone, 0);
}

TEST(RecordTest, FillsAndEmptiesOptionalFields) {
  const auto& field = *record_of<everything>().find("from.name");
  everything row;
  EXPECT_EQ(field.value_in(&row), nullptr);
  *static_cast<std::string*>(field.value_for_writing(&row)) = "Soho";
  EXPECT_EQ(row.from.name, "Soho");
  field.clear_in(&row);
  EXPECT_EQ(row.from.name, std::nullopt);
}

TEST(RecordTest, ReadsEnumsByName) {
  const auto& field = *record_of<everything>().find("maybe_how");
  ASSERT_NE(field.enumeration, nullptr);
  EXPECT_EQ(field.enumeration->find("barter"), -3);
  EXPECT_EQ(field.enumeration->find("Cash"), std::nullopt);
  EXPECT_EQ(field.enumeration->name(2), "card");
  EXPECT_EQ(field.enumeration->name(99), "");
  everything row;
  field.enumeration->set(field.value_for_writing(&row), -3);
  EXPECT_EQ(row.maybe_how, payment::barter);
  EXPECT_EQ(field.enumeration->get(field.value_in(&row)), -3);
}

TEST(RecordTest, FindsFieldsByNameFirstAndThenByAlias) {
  const auto& table = record_of<ride>();
  EXPECT_EQ(table.find("pickup"), table.find("tpep_pickup_datetime"));
  EXPECT_EQ(table.find("pickup"), table.find("pickup_datetime"));
  EXPECT_EQ(table.find("total_amount"), table.find("total"));
  EXPECT_EQ(table.find("from.location_id"), table.find("from.zone"));
  EXPECT_EQ(table.find("dropoff"), nullptr);
}

TEST(RecordTest, TakesAScalarForARecordOfOneColumn) {
  const auto& table = record_of<std::int64_t>();
  ASSERT_EQ(table.fields.size(), 1U);
  EXPECT_EQ(table.fields[0].name, "value");
  EXPECT_EQ(table.fields[0].kind, field_kind::int64);
  EXPECT_EQ(&table, &record_of<std::int64_t>());
}

TEST(RecordTest, HoldsTheFieldsOfItsBaseToo) {
  const auto& table = record_of<derived_row>();
  ASSERT_NE(table.find("id"), nullptr);
  derived_row row;
  *static_cast<int*>(table.find("id")->value_for_writing(&row)) = 7;
  EXPECT_EQ(row.id, 7);
}

TEST(RecordTest, KnowsWhetherRowsBorrow) {
  static_assert(borrows<everything>);
  static_assert(borrows<std::string_view>);
  static_assert(borrows<std::vector<int>>); // can't be looked into
  static_assert(!borrows<ride>);
  static_assert(!borrows<std::string>);
  static_assert(!borrows<std::optional<double>>);
}

TEST(RecordTest, NamesEveryKind) {
  EXPECT_EQ(name_of(field_kind::int32), "int32");
  EXPECT_EQ(name_of(field_kind::text_view), "text");
  EXPECT_EQ(name_of(field_kind::enumeration), "enum");
}

} // namespace
} // namespace weir::test
