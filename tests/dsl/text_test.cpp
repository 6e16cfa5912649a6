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

TEST(TextTest, ReadsAndShowsSizes) {
  EXPECT_EQ(parse_bytes("4096"), 4096U);
  EXPECT_EQ(parse_bytes("256MiB"), 256U << 20U);
  EXPECT_EQ(parse_bytes("1.5 GiB"), 3U << 29U);
  EXPECT_EQ(parse_bytes("64 kB"), 64'000U);
  for (const auto* wrong : {"", "MiB", "12 parsecs", "-1", "1e300", "nan", "256MiBs"})
    EXPECT_EQ(parse_bytes(wrong), std::nullopt) << wrong;
  EXPECT_EQ(short_bytes(3U << 29U), "1.5 GiB");
  EXPECT_EQ(short_bytes(1000), "1000 bytes");
}

TEST(TextTest, WritesTypesAsPeopleDo) {
  EXPECT_EQ(type_word("weir::windowed<bool, std::vector<a::trip, std::allocator<a::trip> > >"),
            "windowed<bool, std::vector<a::trip>>");
  EXPECT_EQ(type_word("std::vector<std::vector<int, std::allocator<int> >, "
                      "std::allocator<std::vector<int, std::allocator<int> > > >"),
            "std::vector<std::vector<int>>");
}

TEST(TextTest, NamesTheVariableOfASetting) {
  EXPECT_EQ(variable_of("csv.delimiter"), "WEIR_CSV_DELIMITER");
  EXPECT_EQ(variable_of("out-of-order"), "WEIR_OUT_OF_ORDER");
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
