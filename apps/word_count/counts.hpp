// SPDX-License-Identifier: Apache-2.0
//
// counts: how posts become counts of words, and these a list of the most frequent ones.
//
// The list is a second step behind the first: the counts of a window have the time of its end, so
// that a window of the same kind, with one key for all of them, holds exactly the counts of one
// window before.

#pragma once

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/greatest.hpp>
#include <weir/apps/word_count/post.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/line_rows.hpp>
#include <weir/io/words.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>

namespace word_count {

/// How often a word came, in the window that begins at `window`, or in all there is.
struct word_count {
  std::optional<weir::timestamp> window;
  std::string word;
  std::uint64_t count = 0;

  /// Comes further down in a list of the most frequent ones: of equally frequent words the one that
  /// is first by its bytes comes first.
  friend bool operator<(const word_count& a, const word_count& b) {
    return a.count != b.count ? a.count < b.count : b.word < a.word;
  }
};
BOOST_DESCRIBE_STRUCT(word_count, (), (window, word, count))

/// Windows of event time of this length; none: one of all there is.
using window_size = std::optional<weir::duration>;

/// The words of a row: they borrow where the row does.
template <class Row>
auto words_of(const Row& row) {
  if constexpr (weir::borrows<Row>)
    return weir::words{row.text};
  else
    return weir::words{row.text}
           | std::views::transform([](std::string_view word) { return std::string{word}; });
}

template <class Row>
weir::stream<word_count> count_words(const weir::stream<Row>& posts, window_size size) {
  const auto words =
      posts | weir::flat_map(words_of<Row>).named("words") | weir::key_by(std::identity{});
  const auto counted = [&](const auto& windows) -> weir::stream<word_count> {
    return words | weir::window(windows, weir::agg::count()).named("count")
           | weir::map([has_start = size.has_value()](const auto& w) {
               return word_count{has_start ? std::optional{w.start} : std::nullopt, w.key, w.value};
             });
  };
  return size ? counted(weir::tumbling(*size)) : counted(weir::global());
}

// [top]
/// The `most` most frequent ones of each window, most frequent first.
inline weir::stream<word_count> most_frequent(const weir::stream<word_count>& counts,
                                              window_size size, std::size_t most) {
  const auto all = counts | weir::key_by([](const word_count&) { return true; });
  const auto list = [&](const auto& windows) -> weir::stream<word_count> {
    return all | weir::window(windows, weir::agg::greatest(most)).named("top")
           | weir::flat_map([](const auto& w) { return w.value; });
  };
  return size ? list(weir::tumbling(*size)) : list(weir::global());
}
// [/top]

} // namespace word_count
