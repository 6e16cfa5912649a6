// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_parsed.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace weir {
namespace {

using ::testing::HasSubstr;

struct pair {
  std::string_view name;
  int letters = 0;
};
BOOST_DESCRIBE_STRUCT(pair, (), (name, letters))

result<pair> parse_pair(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return error{errc::failed, "it has no '='"};
  return pair{text.substr(0, equals), static_cast<int>(text.size() - equals) - 1};
}
result<std::string> parse_owned(std::string_view text) { return std::string{text}; }

kafka_message message_of(std::string_view payload) {
  kafka_message made;
  made.value = payload;
  return made;
}

TEST(KafkaParsedTest, KeepsTheTextThatRowsBorrow) {
  detail::parsing_decoder<pair, decltype(&parse_pair)> decoder{parse_pair};
  std::string payload = "ab=123";
  std::array<char, 16> room{};
  char* text = room.data();
  pair row;
  const auto message = message_of(payload);
  ASSERT_EQ(decoder.text_bound(message), payload.size());
  ASSERT_TRUE(decoder.decode(message, &row, text)) << decoder.reason();
  EXPECT_EQ(text, room.data() + payload.size());
  payload.assign(payload.size(), '!'); // what was fetched is gone
  EXPECT_EQ(row.name, "ab");
  EXPECT_EQ(row.letters, 3);
}

TEST(KafkaParsedTest, CopiesNothingForRowsThatOwnTheirText) {
  detail::parsing_decoder<std::string, decltype(&parse_owned)> decoder{parse_owned};
  char* text = nullptr;
  std::string row;
  const auto message = message_of("a line");
  EXPECT_EQ(decoder.text_bound(message), 0U);
  ASSERT_TRUE(decoder.decode(message, &row, text));
  EXPECT_EQ(row, "a line");
}

TEST(KafkaParsedTest, RejectsWhatTheParserRefusesTombstonesAndWhatIsTooLong) {
  detail::parsing_decoder<pair, decltype(&parse_pair)> decoder{parse_pair};
  std::array<char, 16> room{};
  char* text = room.data();
  pair row;
  EXPECT_FALSE(decoder.decode(message_of("nothing"), &row, text));
  EXPECT_EQ(decoder.reason(), "it has no '='");
  EXPECT_FALSE(decoder.decode(kafka_message{}, &row, text));
  EXPECT_EQ(decoder.reason(), "tombstone");
  const std::string much(max_row_bytes + 1, '=');
  EXPECT_FALSE(decoder.decode(message_of(much), &row, text));
  EXPECT_THAT(std::string{decoder.reason()}, HasSubstr("longer than a row may be"));
}

} // namespace
} // namespace weir
