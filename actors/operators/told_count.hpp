// SPDX-License-Identifier: Apache-2.0
//
// told_count: how a number that a program told an operator is judged and shown.
//
// A count of rows, values or copies that was negative comes as one above all that are meant: it is
// seen, and shown as it was written. Pure functions.
//
//   if (!is_count(rows)) refuse("rows is " + told_count(rows));   // rows is -1

#pragma once

#include <weir/actors/stream/timestamp.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace weir {

/// Zero or more.
[[nodiscard]] constexpr bool is_count(std::uint64_t told) noexcept {
  return told <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}
[[nodiscard]] inline std::string told_count(std::uint64_t told) {
  return std::to_string(static_cast<std::int64_t>(told));
}
/// What an operator may be told to wait in processing time: a moment so far ahead can be told.
inline constexpr duration longest_told_wait = std::chrono::days{36'500};

/// In as many digits as tell it from others.
[[nodiscard]] inline std::string told_number(double told) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), told).ptr};
}

} // namespace weir
