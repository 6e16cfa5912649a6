// SPDX-License-Identifier: Apache-2.0
//
// words: the words of a text: what stands between white space.
//
// White space is Unicode's White_Space in UTF-8 (blanks, tabs, line ends, no-break and ideographic
// spaces, ...); bytes that are no UTF-8 are part of words. Words point into the text, in order;
// nothing is copied or allocated, and a text is looked at 64 bytes at a time. A cheap view, to be
// walked as often as one likes.
//
//   for (std::string_view word : words{"to be  or\tnot"}) ...     to, be, or, not
//   lines | flat_map([](const line& l) { return words{l.text}; })

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <string_view>

namespace weir {

namespace detail {

/// A bit for each of the first 64 bytes, fewer at the end of a text, that may begin white space.
[[nodiscard]] std::uint64_t may_be_space(const char* text, std::size_t bytes) noexcept;
/// Bytes of the white space that begins at `text`, where `may_be_space` says there may be one; 0:
/// there is none.
[[nodiscard]] std::size_t space_bytes(const char* text, const char* end) noexcept;

} // namespace detail

class words : public std::ranges::view_interface<words> {
public:
  class iterator {
  public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    iterator() = default;
    explicit iterator(std::string_view text) : next_{text.data()}, end_{next_ + text.size()} {
      look(next_);
      find();
    }

    [[nodiscard]] std::string_view operator*() const noexcept { return word_; }
    iterator& operator++() noexcept {
      find();
      return *this;
    }
    iterator operator++(int) noexcept {
      auto before = *this;
      find();
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.word_.data() == b.word_.data();
    }
    friend bool operator==(const iterator& a, std::default_sentinel_t) noexcept {
      return a.word_.empty();
    }

  private:
    static constexpr std::ptrdiff_t at_once = 64;

    void look(const char* from) noexcept {
      block_ = from;
      spaces_ = detail::may_be_space(from, static_cast<std::size_t>(end_ - from));
    }
    /// The next word, an empty one behind the last.
    void find() noexcept {
      for (;;) {
        while (spaces_ == 0) {
          if (end_ - block_ <= at_once) {
            word_ = {next_, static_cast<std::size_t>(end_ - next_)};
            next_ = end_;
            return;
          }
          look(block_ + at_once);
        }
        const char* const at = block_ + std::countr_zero(spaces_);
        spaces_ &= spaces_ - 1;
        std::size_t bytes = 1;
        if (*at != ' ') [[unlikely]] {
          bytes = detail::space_bytes(at, end_);
          if (bytes == 0) continue;
        }
        word_ = {next_, static_cast<std::size_t>(at - next_)};
        next_ = at + bytes;
        if (!word_.empty()) return;
      }
    }

    const char* next_ = nullptr;  // where the next word may begin
    const char* end_ = nullptr;   // of the text
    const char* block_ = nullptr; // what `spaces_` is about
    std::uint64_t spaces_ = 0;    // those behind `next_`
    std::string_view word_;
  };

  words() = default;
  explicit words(std::string_view text) : text_{text} {}

  [[nodiscard]] iterator begin() const noexcept { return iterator{text_}; }
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

private:
  std::string_view text_;
};

} // namespace weir

template <>
inline constexpr bool std::ranges::enable_borrowed_range<weir::words> = true;
