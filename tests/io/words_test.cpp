// SPDX-License-Identifier: Apache-2.0

#include <weir/io/words.hpp>
#include <weir/tests/support/random_inputs.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <iterator>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace {

static_assert(std::ranges::forward_range<const words> && std::ranges::view<words>);
static_assert(std::ranges::borrowed_range<words>);

using list = std::vector<std::string>;

list words_in(std::string_view text) {
  list found;
  for (const auto word : words{text}) found.emplace_back(word);
  return found;
}

/// Character by character.
list slowly(std::string_view text) {
  static const std::vector<std::string> spaces{
      " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\u0085", "\u00a0", "\u1680",
      "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
      "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
  list found;
  std::string word;
  while (!text.empty()) {
    std::size_t bytes = 0;
    for (const auto& space : spaces)
      if (text.starts_with(space)) bytes = space.size();
    if (bytes == 0) {
      word += text.front();
    } else if (!word.empty()) {
      found.push_back(std::move(word));
      word.clear();
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  if (!word.empty()) found.push_back(std::move(word));
  return found;
}

TEST(WordsTest, StandBetweenWhiteSpace) {
  EXPECT_EQ(words_in("to be  or\tnot\r\n"), (list{"to", "be", "or", "not"}));
  EXPECT_EQ(words_in(" 영화\u3000너무\u00a0정말 "), (list{"영화", "너무", "정말"}));
  EXPECT_EQ(words_in(""), list{});
  EXPECT_EQ(words_in(" \n\u2003 "), list{});
  EXPECT_EQ(words_in("a\u200bb \xe2\x80 \xff\xc2"), (list{"a\u200bb", "\xe2\x80", "\xff\xc2"}));
}

TEST(WordsTest, PointIntoTheText) {
  const std::string text = "to be";
  const words two{text};
  EXPECT_EQ((*std::next(two.begin())).data(), text.data() + 3);
  EXPECT_EQ(std::ranges::distance(two), 2);
  EXPECT_EQ(std::ranges::distance(two), 2); // as often as one likes
}

TEST(WordsTest, AreTheSameWhereverTheyLieInATextOfAnyLength) {
  for (std::size_t before = 0; before < 70; ++before)
    for (std::size_t behind = 0; behind < 70; ++behind)
      for (const std::string_view between : {" ", "\u00a0", "\u3000", "\u3001", "  "}) {
        const auto text =
            std::string(before, 'a') + std::string{between} + std::string(behind, 'b');
        ASSERT_EQ(words_in(text), slowly(text)) << before << " " << behind;
      }
}

RC_GTEST_PROP(WordsTest, AreThoseThatALoopOverCharactersFinds, ()) {
  const auto piece = rc::gen::element<std::string>(
      " ", "\n", "\t", "\u00a0", "\u0085", "\u1680", "\u2003", "\u2029", "\u205f", "\u3000",
      "\u2030", "\u3001", "\xc2", "\xe2\x80", "\xe1", "영", "é", "a", "bc", "d");
  const auto pieces = *rc::gen::container<list>(piece);
  std::string all;
  for (const auto& one : pieces) all += one;
  // In a block of its own, so that a sanitizer sees what is read behind its end.
  const auto text = std::make_unique<char[]>(all.size());
  std::ranges::copy(all, text.get());
  RC_ASSERT(words_in({text.get(), all.size()}) == slowly(all));
}

} // namespace
} // namespace weir
