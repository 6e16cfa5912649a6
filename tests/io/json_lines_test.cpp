// SPDX-License-Identifier: Apache-2.0

#include <weir/io/json_lines.hpp>
#include <weir/io/lines_source.hpp>
#include <weir/tests/support/scratch_directory.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace weir {
namespace {

using ::testing::HasSubstr;
using testing::read_everything;

struct tweet {
  std::string text;
  int likes = 7;
};
BOOST_DESCRIBE_STRUCT(tweet, (), (text, likes))

TEST(JsonLinesTest, MakesRecordsOfLinesAndRejectsTheOthers) {
  const testing::scratch_directory scratch;
  const auto path = scratch.file("x.jsonl");
  std::ofstream{path}
      << "{\"text\":\"a\\tb\",\"likes\":1}\n\n{\"likes\":2,\"text\":\"\\uc601\"}\n[]\n";
  const auto all = read_everything<tweet>(lines(path, json_lines<tweet>()).make());
  ASSERT_EQ(all.rows.size(), 2U);
  EXPECT_EQ(all.rows[0].text, "a\tb|1|");
  EXPECT_EQ(all.rows[1].text, "영|2|");
  ASSERT_EQ(all.rejects.size(), 2U);
  EXPECT_EQ(all.rejects[0].where, path + ":2");
  EXPECT_EQ(all.rejects[1].where, path + ":4");
  EXPECT_THAT(all.rejects[1].reason, HasSubstr("object"));
}

TEST(JsonLinesTest, KnowsFieldsByTheNamesOfTheTableItIsGiven) {
  auto table = record_of<tweet>();
  table.fields[0].name = "body";
  table.fields.pop_back();
  auto parse = json_lines<tweet>(std::move(table));
  const auto made = parse(R"({"body":"a","text":3,"likes":"many"})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->text, "a");
  EXPECT_EQ(made->likes, 7);
  auto copy = parse;
  const auto refused = copy(R"({"text":"a"})");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("'body'"));
}

} // namespace
} // namespace weir
