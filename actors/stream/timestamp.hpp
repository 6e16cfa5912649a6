// SPDX-License-Identifier: Apache-2.0
//
// timestamp and duration: points and spans of event time, in whole microseconds, UTC.
//
// Parsing takes what files really hold: `2021-01-01 00:30:10`, `2021-01-01T00:30:10.25Z`,
// `2021-01-01T02:30:10+02:00`, and the date alone. A time without zone is UTC. Every timestamp has
// a text that reads as itself: years before 0 and after 9999 have a sign and six digits
// (`+012021-01-01T00:00:00Z`), as in ECMAScript. Pure functions, safe from any thread.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Microseconds since 1970-01-01 00:00 UTC.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// A span of event time in microseconds.
using duration = std::chrono::microseconds;

/// Reads ISO 8601, or the same with a blank between date and time. Nothing may follow; impossible
/// dates, and those beyond what a timestamp holds, are refused.
[[nodiscard]] std::optional<timestamp> parse_timestamp(std::string_view text) noexcept;

/// Writes `2021-01-01T00:30:10Z`, with six digits of fraction only when there is one.
void append_timestamp(std::string& out, timestamp time);
[[nodiscard]] std::string to_string(timestamp time);

/// Reads `250ms`, `30s`, `1.5h`, `2d` (us, ms, s, min, m, h, d), or a bare count of microseconds.
[[nodiscard]] std::optional<duration> parse_duration(std::string_view text) noexcept;

/// Writes the largest unit that divides it: `30s`, `1500ms`.
[[nodiscard]] std::string to_string(duration span);

} // namespace weir
