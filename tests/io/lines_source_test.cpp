// SPDX-License-Identifier: Apache-2.0

#include <weir/io/lines_source.hpp>
#include <weir/tests/support/scratch_directory.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace weir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using weir::testing::check_source_contract;
using weir::testing::given_row;
using weir::testing::poll_limits;
using weir::testing::read_everything;

class LinesSourceTest : public ::testing::Test {
protected:
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream{place_.file(name), std::ios::binary} << content;
    return place_.file(name);
  }
  weir::testing::scratch_directory place_;
};

/// The source of one file, without a pump.
template <line_row T>
std::unique_ptr<any_source> file_of(std::string path, const lines_options& options = {}) {
  return detail::make_lines_file(detail::plain_line_rows<T>(), std::move(path), "x", options);
}

std::vector<std::string> texts_of(const std::vector<given_row>& rows) {
  std::vector<std::string> texts;
  for (const auto& row : rows) texts.push_back(row.text);
  return texts;
}

TEST_F(LinesSourceTest, KeepsTheSourceContract) {
  write("b.log", "third\r\n\nfifth, without an end");
  write("a.log", "first\nsecond\n");
  write("c.log", "");
  write("d.log", "a line that is too long for us\nlast\n");
  const std::vector<std::string> texts{"first", "second", "third", "", "fifth, without an end",
                                       "last"};
  const lines_options options{.max_row_bytes = 24, .threads = 2};
  check_source_contract<std::string>(
      {.make = [&] { return lines<std::string>(place_.file("*.log"), options).make(); },
       .rows = texts,
       .rejects = 1,
       .seeks = false}); // a pump saves where it is between batches
  const auto path = write("all.txt", "first\n\r\nthird is too long to be taken\n\nfifth");
  check_source_contract<line>({.make = [&] { return result{file_of<line>(path, options)}; },
                               .rows = {{"first"}, {""}, {""}, {"fifth"}},
                               .rejects = 1});
  check_source_contract<std::string>(
      {.make = [&] { return result{file_of<std::string>(path, options)}; },
       .rows = {"first", "", "", "fifth"},
       .rejects = 1});
}

TEST_F(LinesSourceTest, KeepsTheSourceContractWhereBatchesAndBlocksEnd) {
  std::string content;
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i) {
    texts.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i % 700), 'x'));
    content += texts.back() + (i % 3 == 0 ? "\r\n" : "\n");
  }
  const auto path = write("long.log", content);
  std::vector<line> views;
  for (const auto& text : texts) views.push_back({text});
  check_source_contract<line>({.make = [&] { return result{file_of<line>(path)}; }, .rows = views});
}

TEST_F(LinesSourceTest, CallsPartitionsByTheirFilesAndNumbersTheirLines) {
  write("x.log", "a\n\nb");
  write("y.log", "c\n");
  const auto all = read_everything<line>(lines(place_.file("*.log")).make());
  EXPECT_THAT(all.rows, ElementsAre(given_row{"a|", "x", 0}, given_row{"|", "x", 1},
                                    given_row{"b|", "x", 2}, given_row{"c|", "y", 0}));
}

TEST_F(LinesSourceTest, RejectsLongLinesWithPlaceAndBeginningAndNoPosition) {
  const auto path = write("x.log", "a\n12345678\nb\n" + std::string(600'000, 'z'));
  const auto all = read_everything<line>(lines(path, {.max_row_bytes = 7}).make());
  EXPECT_THAT(all.rows, ElementsAre(given_row{"a|", "x", 0}, given_row{"b|", "x", 1}));
  ASSERT_EQ(all.rejects.size(), 2U);
  EXPECT_EQ(all.rejects[0].where, path + ":2");
  EXPECT_EQ(all.rejects[0].raw, "1234567");
  EXPECT_THAT(all.rejects[0].reason, HasSubstr("longer than 7 bytes: raise max_row_bytes"));
  EXPECT_EQ(all.rejects[1].where, path + ":4");
}

struct pair {
  std::string_view name;
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(pair, (), (name, number))

result<pair> parse_pair(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return error{errc::failed, "it has no '='"};
  return pair{text.substr(0, equals), static_cast<int>(text.size() - equals) - 1};
}

TEST_F(LinesSourceTest, MakesRecordsByAParserAndRejectsWhatItRefuses) {
  const auto path = write("x.log", "a=1\nnothing\n\nbcd=55\n");
  check_source_contract<pair>({.make =
                                   [&] {
                                     return result{detail::make_lines_file(
                                         detail::parsed_line_rows(parse_pair), path, "x", {})};
                                   },
                               .rows = {{"a", 1}, {"bcd", 2}},
                               .rejects = 2});
  const auto all = read_everything<pair>(lines(path, parse_pair).make());
  EXPECT_THAT(all.rows, ElementsAre(given_row{"a|1|", "x", 0}, given_row{"bcd|2|", "x", 1}));
  ASSERT_EQ(all.rejects.size(), 2U);
  EXPECT_EQ(all.rejects[0].where, path + ":2");
  EXPECT_EQ(all.rejects[0].reason, "it has no '='");
  EXPECT_EQ(all.rejects[0].raw, "nothing");
  EXPECT_EQ(all.rejects[1].where, path + ":3");
}

result<std::optional<pair>> parse_pair_or_comment(std::string_view text) {
  if (text.starts_with('#')) return std::optional<pair>{};
  auto made = parse_pair(text);
  return made ? result{std::optional{*made}} : std::move(made).error();
}

TEST_F(LinesSourceTest, PassesOverLinesOfWhichAParserMakesNothing) {
  const auto path = write("x.log", "# a comment\na=1\n#\nnothing\nbcd=55\n# end");
  check_source_contract<pair>(
      {.make =
           [&] {
             return result{detail::make_lines_file(detail::parsed_line_rows(parse_pair_or_comment),
                                                   path, "x", {})};
           },
       .rows = {{"a", 1}, {"bcd", 2}},
       .rejects = 1});
  const auto all = read_everything<pair>(lines(path, parse_pair_or_comment).make());
  EXPECT_THAT(all.rows, ElementsAre(given_row{"a|1|", "x", 0}, given_row{"bcd|2|", "x", 1}));
  ASSERT_EQ(all.rejects.size(), 1U);
  EXPECT_EQ(all.rejects[0].where, path + ":4");
}

TEST_F(LinesSourceTest, PassesBytesOnAsTheyAre) {
  const std::string nul("a\0b", 3);
  const auto path = write("x.log", nul + "\n\xff\xfe\x80\xc3\n\xef\xbb\xbf\n");
  const auto all = read_everything<line>(lines(path).make());
  EXPECT_THAT(texts_of(all.rows), ElementsAre(nul + "|", "\xff\xfe\x80\xc3|", "\xef\xbb\xbf|"));
}

TEST_F(LinesSourceTest, TakesALineAsLongAsAllowed) {
  const std::string longest(max_row_bytes, 'x');
  const auto path = write("x.log", longest + "\r\n" + longest + "\n" + longest + "y\n" + longest);
  const auto all = read_everything<line>(lines(path).make());
  EXPECT_EQ(texts_of(all.rows), std::vector<std::string>(3, longest + "|"));
  EXPECT_EQ(all.rejects.size(), 1U);
}

TEST_F(LinesSourceTest, BoundsWhatABatchKeeps) {
  std::string content;
  for (int i = 0; i < 20'000; ++i) content += std::string(100, 'x') + "\n";
  auto source = file_of<line>(write("x.log", content));
  ASSERT_TRUE(source->open({.name = "x", .wake = [] {}}));
  batch<line> rows;
  batch<reject> rejects;
  std::size_t all = 0;
  for (auto state = poll_state::rows; state != poll_state::end; rows.clear()) {
    auto polled = source->poll(initial_credit(), rows, rejects);
    ASSERT_TRUE(polled);
    state = *polled;
    all += rows.size();
    ASSERT_LE(rows.text_bytes(), batch_bytes);
    ASSERT_GE(rows.text_bytes(), rows.size() * 101) << "bytes kept count";
  }
  EXPECT_EQ(all, 20'000U);
}

TEST_F(LinesSourceTest, SaysWhatCanNotBeRead) {
  const auto missing = lines(place_.file("no*.log")).make();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, errc::config);
  const auto nothing = lines(write("x.log", "a\n"), {.max_row_bytes = 0}).make();
  ASSERT_FALSE(nothing);
  EXPECT_THAT(nothing.error().message, HasSubstr("max_row_bytes is 0"));
}

RC_GTEST_FIXTURE_PROP(LinesSourceTest, ReadsAnyFileLikeANaiveSplitter, ()) {
  const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "a", "\n", "\r\n", "\r", std::string(1, '\0'), "\xc3", "짜", std::string(300, 'l')));
  std::string content;
  for (const auto& part : parts) content += part;
  std::vector<std::string> expected;
  for (std::size_t at = 0; at < content.size();) {
    const auto end = std::min(content.find('\n', at), content.size());
    auto text = content.substr(at, end - at);
    if (text.ends_with('\r')) text.pop_back();
    expected.push_back(text + "|");
    at = end + 1;
  }
  const auto path = write("x.log", content);
  const poll_limits limits{*rc::gen::inRange<std::int64_t>(1, 9),
                           *rc::gen::inRange<std::size_t>(1, 9), *rc::gen::arbitrary<bool>()};
  RC_ASSERT(texts_of(read_everything<line>(lines(path).make(), limits).rows) == expected);
  RC_ASSERT(texts_of(read_everything<std::string>(lines<std::string>(path).make(), limits).rows)
            == expected);
}

} // namespace
