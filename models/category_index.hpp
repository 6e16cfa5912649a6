// SPDX-License-Identifier: Apache-2.0
//
// category_index: numbers the distinct values of a feature as they appear: the first is 1, the next
// 2, ... 0 stands for "none": a missing value.
//
// Values are integers (bool, enum, hour, weekday too) or text, never both in one index. Integers
// near each other are found in a small dense table, others and text by hashing. Memory is bounded
// by `max_categories` values: one more throws. One owner.
//
//   category_index zones{"zone"};
//   zones.add(17);          // 1
//   zones.find(99);         // category_index::unknown

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir {

/// Stands for a missing integer category. (A field that really holds the smallest int64 is missing
/// too.)
inline constexpr std::int64_t missing_category = std::numeric_limits<std::int64_t>::min();

/// A view without address: a missing text category.
inline constexpr std::string_view missing_text{};

/// A feature with more distinct values is no category: its model would need quadratic memory.
inline constexpr std::size_t max_categories = 4096;

class category_index {
public:
  static constexpr std::uint32_t none = 0;
  static constexpr std::uint32_t unknown = std::numeric_limits<std::uint32_t>::max();

  category_index() = default;
  /// `feature`: its name, for messages.
  explicit category_index(std::string feature) : feature_{std::move(feature)} {}

  /// The value's number, a new one if it was never seen.
  std::uint32_t add(std::int64_t value) {
    const auto at = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(first_);
    if (at < near_.size() && near_[at] != none) return near_[at];
    return add_unseen(value);
  }
  std::uint32_t add(std::string_view value);
  /// The numbers of the chosen values: what `add` gives for one after the other.
  void add(const std::int64_t* values, std::span<const std::uint32_t> chosen,
           std::uint32_t* numbers);

  /// The value's number, `unknown` if it was never added.
  [[nodiscard]] std::uint32_t find(std::int64_t value) const {
    const auto at = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(first_);
    if (at < near_.size() && near_[at] != none) return near_[at];
    return find_far(value);
  }
  [[nodiscard]] std::uint32_t find(std::string_view value) const;

  /// Values added; their numbers are 1 to size().
  [[nodiscard]] std::size_t size() const noexcept { return integers_.size() + texts_.size(); }
  [[nodiscard]] std::int64_t integer(std::uint32_t number) const { return integers_[number - 1]; }
  [[nodiscard]] const std::string& text(std::uint32_t number) const { return texts_[number - 1]; }

private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::uint32_t add_unseen(std::int64_t value);
  [[nodiscard]] std::uint32_t find_far(std::int64_t value) const;
  [[nodiscard]] bool reach(std::int64_t value);
  std::uint32_t next_number() const;

  std::string feature_;
  std::int64_t first_ = 0;          // the value at near_[0]
  std::vector<std::uint32_t> near_; // none: not seen
  std::unordered_map<std::int64_t, std::uint32_t> far_;
  std::vector<std::int64_t> integers_; // by number - 1
  std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>> by_text_;
  std::deque<std::string> texts_; // by number - 1
};

} // namespace weir
