// SPDX-License-Identifier: Apache-2.0
//
// usable_time: which times are event times, and why others are not. Pure functions.
//
//   if (!detail::is_usable(detail::time_or_none(row.pickup))) reject(detail::reason_against(...));

#pragma once

#include <weir/actors/stream/timestamp.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <string>

namespace weir {

/// Times outside are no event times: years 0 and 9999 stand for "unknown" and "for ever" in many
/// files, and a watermark that far ahead would make everything late.
inline constexpr timestamp earliest_event_time =
    std::chrono::sys_days{std::chrono::year{1} / std::chrono::January / 1};
inline constexpr timestamp latest_event_time =
    std::chrono::sys_days{std::chrono::year{9999} / std::chrono::January / 1} - duration{1};

namespace detail {

template <class Given>
inline constexpr bool is_event_time =
    std::same_as<Given, timestamp> || std::same_as<Given, std::optional<timestamp>>;

/// A time that is missing is out of range.
[[nodiscard]] constexpr timestamp time_or_none(timestamp given) noexcept { return given; }
[[nodiscard]] constexpr timestamp time_or_none(const std::optional<timestamp>& given) noexcept {
  return given ? *given : timestamp::min();
}
[[nodiscard]] constexpr bool is_usable(timestamp time) noexcept {
  return time >= earliest_event_time && time <= latest_event_time;
}
/// Why a row has no usable time.
[[nodiscard]] inline std::string reason_against(const std::optional<timestamp>& given) {
  return given ? "event time " + to_string(*given) + " is out of range" : "no event time";
}

} // namespace detail

} // namespace weir
