// SPDX-License-Identifier: Apache-2.0

#include <weir/io/hdf5_source.hpp>
#include <weir/tests/support/hdf5_place.hpp>

#include <gtest/gtest.h>
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

enum class payment { cash, card, voucher = 40 };
BOOST_DESCRIBE_ENUM(payment, cash, card, voucher)

struct place {
  std::int16_t zone = 0;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(place, (), (zone, name))

/// A field of every kind, plain and optional.
struct everything {
  bool a_bool = false;
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
  timestamp time;
  duration span{};
  payment paid = payment::cash;
  std::optional<bool> maybe_bool;
  std::optional<std::int8_t> maybe_i8;
  std::optional<std::int32_t> maybe_i32;
  std::optional<long long> maybe_i64;
  std::optional<std::uint16_t> maybe_u16;
  std::optional<float> maybe_f32;
  std::optional<double> maybe_f64;
  std::optional<std::string> maybe_text;
  std::optional<timestamp> maybe_time;
  std::optional<duration> maybe_span;
  std::optional<payment> maybe_paid;
  place from;
};
BOOST_DESCRIBE_STRUCT(everything, (),
                      (a_bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, text, time, span,
                       paid, maybe_bool, maybe_i8, maybe_i32, maybe_i64, maybe_u16, maybe_f32,
                       maybe_f64, maybe_text, maybe_time, maybe_span, maybe_paid, from))

struct borrowed {
  std::string_view text;
  std::optional<std::string_view> maybe_text;
  std::int64_t i64 = 0;
};
BOOST_DESCRIBE_STRUCT(borrowed, (), (text, maybe_text, i64))

/// Text without NUL, which HDF5 text can't hold; any other bytes.
rc::Gen<std::string> any_text() {
  return rc::gen::map(rc::gen::arbitrary<std::string>(), [](std::string text) {
    std::erase(text, '\0');
    return text;
  });
}

template <class T>
rc::Gen<std::optional<T>> maybe(rc::Gen<T> value) {
  return rc::gen::map(
      rc::gen::pair(rc::gen::arbitrary<bool>(), std::move(value)), [](std::pair<bool, T> drawn) {
        return drawn.first ? std::optional<T>{std::move(drawn.second)} : std::nullopt;
      });
}

everything draw() {
  const auto micros = rc::gen::arbitrary<std::int64_t>();
  const auto floating =
      rc::gen::oneOf(rc::gen::arbitrary<double>(),
                     rc::gen::elementOf(std::vector<double>{
                         0.0, -0.0, 1e308, 5e-324, std::numeric_limits<double>::infinity(),
                         -std::numeric_limits<double>::infinity(), std::nan("")}));
  const auto paid =
      rc::gen::elementOf(std::vector<payment>{payment::cash, payment::card, payment::voucher});
  everything row;
  row.a_bool = *rc::gen::arbitrary<bool>();
  row.i8 = *rc::gen::arbitrary<std::int8_t>();
  row.i16 = *rc::gen::arbitrary<std::int16_t>();
  row.i32 = *rc::gen::arbitrary<std::int32_t>();
  row.i64 = *micros;
  row.u8 = *rc::gen::arbitrary<std::uint8_t>();
  row.u16 = *rc::gen::arbitrary<std::uint16_t>();
  row.u32 = *rc::gen::arbitrary<std::uint32_t>();
  row.u64 = *rc::gen::arbitrary<std::uint64_t>();
  row.f32 = static_cast<float>(*rc::gen::arbitrary<double>());
  row.f64 = *floating;
  row.text = *any_text();
  row.time = timestamp{duration{*micros}};
  row.span = duration{*micros};
  row.paid = *paid;
  row.maybe_bool = *maybe(rc::gen::arbitrary<bool>());
  row.maybe_i8 = *maybe(rc::gen::arbitrary<std::int8_t>());
  row.maybe_i32 = *maybe(rc::gen::arbitrary<std::int32_t>());
  row.maybe_i64 = *maybe(rc::gen::arbitrary<long long>());
  row.maybe_u16 = *maybe(rc::gen::arbitrary<std::uint16_t>());
  row.maybe_f32 = *maybe(rc::gen::arbitrary<float>());
  row.maybe_f64 = *maybe(floating);
  row.maybe_text = *maybe(any_text());
  if (*rc::gen::arbitrary<bool>()) row.maybe_time = timestamp{duration{*micros}};
  if (*rc::gen::arbitrary<bool>()) row.maybe_span = duration{*micros};
  row.maybe_paid = *maybe(paid);
  row.from = {*rc::gen::arbitrary<std::int16_t>(), *maybe(any_text())};
  return row;
}

/// Bit for bit: NaN equals itself, and minus zero is not zero.
bool is_same(const everything& a, const everything& b) {
  for (const auto& field : record_of<everything>().fields) {
    const void *left = field.value_in(&a), *right = field.value_in(&b);
    if ((left == nullptr) != (right == nullptr)) return false;
    if (left == nullptr) continue;
    const auto bits = [&]<class T>(T) { return __builtin_memcmp(left, right, sizeof(T)) == 0; };
    switch (field.kind) {
      case field_kind::text:
        if (*static_cast<const std::string*>(left) != *static_cast<const std::string*>(right))
          return false;
        break;
      case field_kind::float32:
        if (!bits(float{})) return false;
        break;
      case field_kind::float64:
        if (!bits(double{})) return false;
        break;
      default: {
        std::string one, other;
        append_csv_value(one, field, &a);
        append_csv_value(other, field, &b);
        if (one != other) return false;
      }
    }
  }
  return true;
}

/// Reads typed rows, which source_driver turns into text.
template <class T>
std::vector<T> rows_of(const testing::hdf5_place& place, const std::string& name) {
  auto source = *hdf5<T>(place.path(name)).make();
  auto waker = std::make_shared<std::counting_semaphore<>>(0);
  EXPECT_TRUE(source->open({"hdf5", [waker] { waker->release(); }}));
  std::vector<T> all;
  for (auto state = poll_state::rows; state != poll_state::end;) {
    batch<T> rows;
    batch<reject> rejects;
    auto polled = source->poll({batch_rows, batch_bytes}, rows, rejects);
    EXPECT_TRUE(polled) << polled.error().message;
    if (!polled) break;
    state = *polled;
    EXPECT_TRUE(rejects.empty());
    all.insert(all.end(), rows.rows().begin(), rows.rows().end());
    if (state == poll_state::idle) waker->acquire();
  }
  return all;
}

RC_GTEST_PROP(Hdf5RoundTripTest, GivesBackEveryKindBitForBit, ()) {
  const auto rows = *rc::gen::container<std::vector<everything>>(rc::gen::exec(draw));
  hdf5_options options;
  options.chunk_rows = *rc::gen::inRange(1U, 8U);
  options.deflate = *rc::gen::inRange(0U, 3U);
  const testing::hdf5_place place;
  place.write("all.h5", rows, options);
  const auto back = rows_of<everything>(place, "all.h5");
  RC_ASSERT(back.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) RC_ASSERT(is_same(back[i], rows[i]));
}

TEST(Hdf5RoundTripTest, GivesBackManyRowsOverManyChunks) {
  std::vector<place> rows;
  for (int i = 0; i < 30'000; ++i)
    rows.push_back({static_cast<std::int16_t>(i),
                    i % 3 == 0 ? std::nullopt : std::optional{std::string(i % 50, 'x')}});
  testing::hdf5_place place;
  for (std::uint32_t chunk : {100U, 4096U, 5000U, 65'536U}) {
    place.write("many.h5", rows, {.deflate = 0, .chunk_rows = chunk});
    const auto back = place.read<weir::place>("many.h5");
    ASSERT_FALSE(back.failure) << back.failure->message;
    ASSERT_EQ(back.rows.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(back.rows[i].text, testing::text_of(rows[i])) << "row " << i << ", chunk " << chunk;
      ASSERT_EQ(back.rows[i].position, i);
      ASSERT_EQ(back.rows[i].partition, "many");
    }
  }
  EXPECT_TRUE(place.warnings.empty()) << "what weir wrote has a checksum";
}

TEST(Hdf5RoundTripTest, LendsTextThatItsBatchKeeps) {
  std::vector<borrowed> rows;
  const std::string letters(2000, 'y');
  for (std::size_t i = 0; i < 20'000; ++i)
    rows.push_back(
        {std::string_view{letters}.substr(0, i % 2000),
         i % 2 == 0 ? std::nullopt : std::optional{std::string_view{letters}.substr(0, i % 7)},
         static_cast<std::int64_t>(i)});
  testing::hdf5_place place;
  place.write("text.h5", rows);
  const auto back = place.read<borrowed>("text.h5");
  ASSERT_FALSE(back.failure) << back.failure->message;
  ASSERT_EQ(back.rows.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    ASSERT_EQ(back.rows[i].text, testing::text_of(rows[i])) << "row " << i;
}

TEST(Hdf5RoundTripTest, WritesTheSameBytesForTheSameRows) {
  const std::vector<place> rows{{1, "one"}, {2, std::nullopt}};
  const testing::hdf5_place place;
  place.write("a.h5", rows);
  place.write("b.h5", rows);
  EXPECT_EQ(place.bytes_of("a.h5"), place.bytes_of("b.h5"));
}

TEST(Hdf5RoundTripTest, ReadsTheColumnsARecordNamesAndNoOthers) {
  everything row;
  row.i16 = 7;
  testing::hdf5_place place;
  place.write("all.h5", std::vector<everything>{row});
  const auto back = place.read<weir::place>("all.h5");
  ASSERT_TRUE(back.failure) << "the nested fields are called from.zone and from.name here";
  EXPECT_NE(back.failure->message.find("no dataset 'zone'; found 'a_bool', 'f32'"),
            std::string::npos)
      << back.failure->message;
}

} // namespace

} // namespace weir
