// SPDX-License-Identifier: Apache-2.0

#include <weir/io/line_splitter.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace weir;
using ::testing::ElementsAre;
using found = line_splitter::found;

/// What a splitter gives, in order: lines, and the beginnings of those that are too long.
struct cut_text {
  std::vector<std::string> lines;
  std::vector<std::string> too_long;
  friend bool operator==(const cut_text&, const cut_text&) = default;
};

/// The rule, as simple as it can be said.
cut_text naive(const std::string& text, std::size_t most) {
  cut_text all;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() <= most)
      all.lines.push_back(line);
    else
      all.too_long.push_back(line.substr(0, most));
    at = end + 1;
  }
  return all;
}

struct cuts {
  std::size_t most = max_row_bytes;
  std::size_t block = 8;
  std::vector<std::size_t> pieces = {1}; ///< Bytes that arrive at a time, in turn.
  std::size_t keep_every = 1;            ///< Lines a batch gets.
};

/// The same through a splitter; lines are read when all is over, as the last batch would.
cut_text split(const std::string& text, const cuts& how) {
  line_splitter splitter{how.most, how.block};
  std::vector<std::unique_ptr<batch<std::string_view>>> batches;
  cut_text all;
  const auto take = [&] {
    for (auto what = splitter.look(); what != found::none; what = splitter.look()) {
      EXPECT_EQ(splitter.look(), what) << "looking twice";
      if (what == found::too_long) {
        all.too_long.emplace_back(splitter.text());
      } else {
        if (batches.empty() || batches.back()->size() >= how.keep_every)
          batches.push_back(std::make_unique<batch<std::string_view>>(std::size_t{64}));
        batches.back()->push_back(splitter.text());
      }
      splitter.pass();
      if (!batches.empty()) splitter.keep_in(*batches.back());
    }
  };
  std::size_t at = 0;
  for (std::size_t turn = 0; at < text.size(); ++turn) {
    take();
    const auto room = splitter.room();
    const auto bytes =
        std::min({room.size(), how.pieces[turn % how.pieces.size()], text.size() - at});
    std::memcpy(room.data(), text.data() + at, bytes);
    splitter.filled(bytes);
    at += bytes;
  }
  take();
  splitter.finish();
  take();
  for (const auto& each : batches)
    for (const auto& line : each->rows()) all.lines.emplace_back(line);
  return all;
}

TEST(LineSplitterTest, EndsLinesWithEitherEndOrNone) {
  EXPECT_THAT(split("a\nbc\r\n\n\r\nd", {}).lines, ElementsAre("a", "bc", "", "", "d"));
  EXPECT_THAT(split("a\rb\r\r\n", {}).lines, ElementsAre("a\rb\r"));
  EXPECT_THAT(split("", {}).lines, ElementsAre());
}

TEST(LineSplitterTest, SkipsWhatIsLongerThanAllowedAndGoesOn) {
  const auto all = split("1234\n12345\n1234\r\n12345\r\nlong, and longer\nx\nlong to the end",
                         {.most = 4, .block = 8, .pieces = {3}});
  EXPECT_THAT(all.lines, ElementsAre("1234", "1234", "x"));
  EXPECT_THAT(all.too_long, ElementsAre("1234", "1234", "long", "long"));
}

TEST(LineSplitterTest, HoldsNoMoreThanTwiceTheLongestLine) {
  line_splitter splitter{1000, 64};
  std::size_t most = 0;
  for (int i = 0; i < 100'000; i += 10) {
    EXPECT_NE(splitter.look(), found::line);
    if (splitter.look() == found::too_long) splitter.pass(), splitter.forget();
    if (splitter.look() != found::none) continue;
    const auto room = splitter.room();
    most = std::max(most, room.size());
    std::memset(room.data(), 'x', std::min<std::size_t>(room.size(), 10));
    splitter.filled(std::min<std::size_t>(room.size(), 10));
  }
  EXPECT_LE(most, 2048U);
}

TEST(LineSplitterTest, WritesBlocksAgainThatNobodyKeeps) {
  line_splitter splitter{1000, 64};
  std::set<const void*> blocks;
  std::vector<std::weak_ptr<const void>> owners;
  for (int i = 0; i < 1000; ++i) {
    batch<std::string_view> rows{4};
    const auto room = splitter.room();
    std::memset(room.data(), '\n', room.size());
    splitter.filled(room.size());
    while (splitter.look() == found::line) splitter.pass();
    splitter.keep_in(rows);
    owners.emplace_back(rows.texts().front().owner);
    blocks.insert(rows.texts().front().owner.get());
  }
  EXPECT_LE(blocks.size(), 2U);
  for (const auto& each : owners) EXPECT_FALSE(each.expired()) << "none is given back";
}

TEST(LineSplitterTest, CountsTheBytesABatchKeeps) {
  line_splitter splitter{1000, 64};
  std::memcpy(splitter.room().data(), "abc\r\ndef\nrest", 13);
  splitter.filled(13);
  batch<std::string_view> rows{4};
  for (; splitter.look() == found::line; splitter.pass()) rows.push_back(splitter.text());
  splitter.keep_in(rows);
  EXPECT_EQ(rows.text_bytes(), 9U);
  EXPECT_EQ(splitter.rest_bytes(), 4U);
}

rc::Gen<std::string> any_text() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                          "a", "word ", "\n", "\r\n", "\r", "\n\n", std::string(1, '\0'),
                          "\xff\xfe", "짜장면", std::string(40, 'l'), std::string(9, 'm'))),
                      [](const std::vector<std::string>& parts) {
                        std::string text;
                        for (const auto& part : parts) text += part;
                        return text;
                      });
}

RC_GTEST_PROP(LineSplitterTest, SplitsAsTheRuleSaysHoweverBytesArrive, ()) {
  const auto text = *any_text();
  cuts how;
  how.most = *rc::gen::inRange<std::size_t>(1, 60);
  how.block = *rc::gen::inRange<std::size_t>(1, 64);
  how.keep_every = *rc::gen::inRange<std::size_t>(1, 20);
  how.pieces =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange(1, 50)));
  const auto expected = naive(text, how.most);
  const auto got = split(text, how);
  RC_ASSERT(got.lines == expected.lines);
  RC_ASSERT(got.too_long == expected.too_long);
}

} // namespace
