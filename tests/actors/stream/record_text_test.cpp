// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/record_text.hpp>

#include <gmock/gmock.h>

namespace weir {
namespace {

enum class shade { dark, light };
BOOST_DESCRIBE_ENUM(shade, dark, light)

struct all_kinds {
  bool flag = false;
  std::int16_t small = 0;
  std::uint64_t large = 0;
  double number = 0;
  std::string text;
  timestamp time;
  duration span{};
  shade kind = shade::dark;
  std::optional<int> maybe;
};
BOOST_DESCRIBE_STRUCT(all_kinds, (), (flag, small, large, number, text, time, span, kind, maybe))

std::string written(all_kinds& row, const std::string& name, const std::string& text) {
  const auto* field = record_of<all_kinds>().find(name);
  const auto done = write_field(*field, &row, text);
  return done ? read_field(*field, &row) : "error: " + done.error().message;
}

TEST(RecordTextTest, WritesAndReadsEveryKind) {
  all_kinds row;
  EXPECT_EQ(written(row, "flag", "yes"), "true");
  EXPECT_EQ(written(row, "small", "-7"), "-7");
  EXPECT_EQ(written(row, "large", "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(written(row, "number", "2.5"), "2.5");
  EXPECT_EQ(written(row, "text", "a b"), "a b");
  EXPECT_EQ(written(row, "time", "2021-01-31T12:00:00Z"), "2021-01-31T12:00:00Z");
  EXPECT_EQ(written(row, "span", "90s"), "90s");
  EXPECT_EQ(written(row, "kind", "light"), "light");
  EXPECT_EQ(written(row, "maybe", "3"), "3");
  EXPECT_EQ(written(row, "maybe", ""), "-");
}

TEST(RecordTextTest, SaysWhatIsExpected) {
  all_kinds row;
  EXPECT_EQ(written(row, "small", "40000"), "error: '40000' is not a whole number (int16)");
  EXPECT_EQ(written(row, "large", "-1"), "error: '-1' is not a whole number from 0 (uint64)");
  EXPECT_EQ(written(row, "number", "2.5x"), "error: '2.5x' is not a number");
  EXPECT_EQ(written(row, "flag", "maybe"), "error: 'maybe' is not a bool (true or false)");
  EXPECT_EQ(written(row, "span", "soon"), "error: 'soon' is not a duration such as 30s or 250ms");
  EXPECT_EQ(written(row, "kind", "grey"), "error: 'grey' is not a value of dark|light");
  EXPECT_EQ(row.small, 0);
}

} // namespace
} // namespace weir
