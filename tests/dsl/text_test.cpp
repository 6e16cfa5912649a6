// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/text.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(TextTest, GroupsDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(TextTest, ShortensNumbers) {
  EXPECT_EQ(short_number(12), "12");
  EXPECT_EQ(short_number(2.14e6), "2.1M");
}

TEST(TextTest, SuggestsWhatIsNear) {
  const std::vector<std::string> known{"history", "live", "answers"};
  EXPECT_EQ(nearest("hsitory", known), "history");
  EXPECT_EQ(nearest("answer", known), "answers");
  EXPECT_EQ(nearest("tpa", {"tpazz", "tap"}), "tap"); // letters swapped are one mistake
  EXPECT_EQ(nearest("broker", known), std::nullopt);
  EXPECT_EQ(suggestion("histroy", known), "; did you mean 'history'?");
}

TEST(TextTest, EscapesJson) {
  EXPECT_EQ(json_text("a\"b\\c\n"), R"("a\"b\\c\u000a")");
  EXPECT_EQ(json_text("é\xff"), "\"é\\ufffd\"");
  EXPECT_EQ(json_text(std::string_view{"\xed\xa0\x80", 3}), R"("\ufffd\ufffd\ufffd")");
}

} // namespace
} // namespace weir
