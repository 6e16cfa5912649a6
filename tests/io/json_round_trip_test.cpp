// SPDX-License-Identifier: Apache-2.0
//
// What json_writer writes, json_reader reads back: every kind of field, any value JSON can hold.

#include <weir/io/json_reader.hpp>
#include <weir/io/json_writer.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace {

using testing::text_of;

enum class payment { card, cash, voucher = 40 };
BOOST_DESCRIBE_ENUM(payment, card, cash, voucher)

struct place {
  std::int16_t zone = 0;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(place, (), (zone, name))

/// A field of every kind; optional ones, and a nested record.
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
  payment paid = payment::card;
  std::optional<bool> maybe_flag;
  std::optional<std::int64_t> maybe_i64;
  std::optional<float> maybe_f32;
  std::optional<double> maybe_f64;
  std::optional<std::string> maybe_text;
  std::optional<timestamp> maybe_time;
  std::optional<duration> maybe_span;
  std::optional<payment> maybe_paid;
  place from;
};
BOOST_DESCRIBE_STRUCT(everything, (),
                      (flag, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, text, view, time, span,
                       paid, maybe_flag, maybe_i64, maybe_f32, maybe_f64, maybe_text, maybe_time,
                       maybe_span, maybe_paid, from))

std::string any_text() {
  const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "a", " ", "\"", "\\", "/", "\n", "\r", "\t", std::string(1, '\0'), "\x01", "\x7f", "é", "짜",
      "\xf0\x9f\x9a\x95", "null", "{", "]", "\\u00e9"));
  std::string text;
  for (const auto& part : parts) text += part;
  return text;
}

double any_double() {
  const double drawn = *rc::gen::element(*rc::gen::arbitrary<double>(), 0.1, -0.0, 1e-320, 1e22,
                                         std::numeric_limits<double>::max(),
                                         std::numeric_limits<double>::denorm_min());
  return std::isfinite(drawn) ? drawn : 0.5; // JSON has no others
}

timestamp any_time() { // half of them in the years 0000 to 9999: those with four digits
  return timestamp{duration{*rc::gen::element(
      *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'799'999'999),
      *rc::gen::arbitrary<std::int64_t>())}};
}

template <class T>
std::optional<T> maybe(T value) {
  return *rc::gen::arbitrary<bool>() ? std::optional<T>{std::move(value)} : std::nullopt;
}

/// `lent` holds the text that the row borrows.
everything any_row(std::string& lent) {
  const auto any_payment = [] {
    return *rc::gen::element(payment::card, payment::cash, payment::voucher);
  };
  everything row;
  row.flag = *rc::gen::arbitrary<bool>();
  row.i8 = *rc::gen::arbitrary<std::int8_t>();
  row.i16 = *rc::gen::arbitrary<std::int16_t>();
  row.i32 = *rc::gen::arbitrary<std::int32_t>();
  row.i64 = *rc::gen::element(*rc::gen::arbitrary<std::int64_t>(),
                              std::numeric_limits<std::int64_t>::min(),
                              std::numeric_limits<std::int64_t>::max());
  row.u8 = *rc::gen::arbitrary<std::uint8_t>();
  row.u16 = *rc::gen::arbitrary<std::uint16_t>();
  row.u32 = *rc::gen::arbitrary<std::uint32_t>();
  row.u64 = *rc::gen::element(*rc::gen::arbitrary<std::uint64_t>(),
                              std::numeric_limits<std::uint64_t>::max());
  row.f32 = *rc::gen::element(*rc::gen::arbitrary<float>(), 0.1F, -0.0F, 1e-45F, 3.4e38F);
  row.f64 = any_double();
  row.text = any_text();
  lent = any_text();
  row.view = lent;
  row.time = any_time();
  row.span = duration{*rc::gen::arbitrary<std::int64_t>()};
  row.paid = any_payment();
  row.maybe_flag = maybe(*rc::gen::arbitrary<bool>());
  row.maybe_i64 = maybe(*rc::gen::arbitrary<std::int64_t>());
  row.maybe_f32 = maybe(*rc::gen::arbitrary<float>());
  row.maybe_f64 = maybe(any_double());
  row.maybe_text = maybe(any_text());
  row.maybe_time = maybe(any_time());
  row.maybe_span = maybe(duration{*rc::gen::arbitrary<std::int64_t>()});
  row.maybe_paid = maybe(any_payment());
  row.from = {*rc::gen::arbitrary<std::int16_t>(), maybe(any_text())};
  return row;
}

RC_GTEST_PROP(JsonRoundTripTest, GivesBackEveryKindThroughOneReader, ()) {
  const json_writer writer{record_of<everything>()};
  json_reader reader{record_of<everything>()};
  everything back; // the same row over and over, as a batch's storage is
  for (int rows = *rc::gen::inRange(1, 5); rows > 0; --rows) {
    std::string lent, json;
    const auto row = any_row(lent);
    writer.append(json, &row);
    std::string room(json.size() + json_reader::text_slack, '\0');
    char* to = room.data();
    if (!reader.read(json, &back, to)) RC_FAIL(reader.reason() + " in " + json);
    // Floating numbers are compared as shortest text, so bit for bit: none of them is NaN.
    RC_ASSERT(text_of(back) == text_of(row));
    std::string again;
    writer.append(again, &back);
    RC_ASSERT(again == json);
  }
}

} // namespace
} // namespace weir
