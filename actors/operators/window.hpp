// SPDX-License-Identifier: Apache-2.0
//
// window: which rows of a key are grouped, mostly by stretches of event time, and what comes out.
//
//   tumbling(5s)        [0,5) [5,10) [10,15)           side by side
//   sliding(5s, 2s)     [-2,3) [0,5) [2,7) [4,9)       overlapping: a row lies in several
//   session(4s)         as long as rows of the key are less than 4 s apart
//   tumbling_days(1, "Europe/Berlin")                  on the clocks there: of 23 to 25 hours
//   count_window(5, 2)  the last five rows of the key, after every two
//   global()            all rows
//
// The last two need no event time. A window of time fires once the watermark has reached its end:
// then its results leave, ordered by end, those of one window in the order in which keys came to
// it, or, where it was more than memory holds, in the order of their keys' bytes. A row all of
// whose windows have fired is late: it goes to the side output, or, within `allow_late`, into its
// windows, which fire again for its key, marked as an update. When the stream finishes all windows
// fire.
//
//   orders | key_by(&order::name) | window(tumbling(5s), agg::sum(&order::amount))

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <boost/describe.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace weir {

namespace detail {

/// `time + by`, no further than the ends of time.
[[nodiscard]] constexpr timestamp moved(timestamp time, duration by) noexcept {
  using limits = std::numeric_limits<duration::rep>;
  duration::rep sum = 0;
  if (__builtin_add_overflow(time.time_since_epoch().count(), by.count(), &sum))
    sum = by.count() < 0 ? limits::min() : limits::max();
  return timestamp{duration{sum}};
}

/// The last multiple of `step` (moved by `offset`) at or before `time`.
[[nodiscard]] constexpr timestamp floor_to(timestamp time, duration step,
                                           duration offset) noexcept {
  const auto since = moved(time, -offset).time_since_epoch().count();
  auto rest = since % step.count();
  if (rest < 0) rest += step.count();
  return moved(time, duration{-rest});
}

} // namespace detail

/// What `tumbling` and `sliding` give: windows begin at multiples of `slide`, moved by `offset`.
struct time_windows {
  duration size{0};
  duration slide{0};
  duration offset{0};

  /// How long the slices are of which every window is made.
  [[nodiscard]] constexpr duration slice() const noexcept {
    return duration{std::gcd(size.count(), slide.count())};
  }
  [[nodiscard]] constexpr timestamp slice_of(timestamp time) const noexcept {
    return detail::floor_to(time, slice(), offset);
  }
  /// The end of the first window that ends behind `time`, and of the last one with `time` in it.
  [[nodiscard]] constexpr timestamp first_end(timestamp time) const noexcept {
    return detail::moved(detail::floor_to(time, slide, offset + size), slide);
  }
  [[nodiscard]] constexpr timestamp last_end(timestamp time) const noexcept {
    return detail::moved(detail::floor_to(time, slide, offset), size);
  }
};

/// What `session` gives.
struct session_windows {
  duration gap{0};
};

/// What `tumbling_days` gives.
struct day_windows {
  std::int64_t days = 0;
  std::string zone;
  duration offset{0};
};

/// What `global` gives.
struct global_windows {};

/// Trigger: after so many rows of a key.
struct on_count {
  std::int64_t rows;
  constexpr explicit on_count(std::int64_t n) noexcept : rows{n} {}
};
/// Trigger: at multiples of a span of event time.
struct on_time {
  duration every;
  constexpr explicit on_time(duration span) noexcept : every{span} {}
};
/// What `global` gives with a trigger.
template <class Trigger>
struct triggered_global {
  Trigger trigger;
};

/// What `count_window` gives: a window of `rows` rows after every `every`.
struct count_windows {
  std::int64_t rows = 0;
  std::int64_t every = 0;
};

/// Windows side by side. `offset` moves where they begin: windows of a day at 6 o'clock have 6h.
[[nodiscard]] constexpr time_windows tumbling(duration size, duration offset = {}) noexcept {
  return {size, size, offset};
}
/// In how many windows of `sliding` a row may lie: days that begin every second are fine. Each
/// gives a result.
inline constexpr std::int64_t most_windows_of_row = 100'000;

/// Windows of `size` that begin every `slide`, which is not greater, so that no row lies between
/// two, and not less than a hundred thousandth of it (`most_windows_of_row`).
[[nodiscard]] constexpr time_windows sliding(duration size, duration slide,
                                             duration offset = {}) noexcept {
  return {size, slide, offset};
}
/// Windows that end when no row of the key came for `gap`.
[[nodiscard]] constexpr session_windows session(duration gap) noexcept { return {gap}; }
/// Windows of whole days of a time zone, side by side, from midnight to midnight. `offset` moves
/// that on the local clock: days that begin at 6 o'clock have 6h, weeks that begin on Monday four
/// days.
[[nodiscard]] inline day_windows tumbling_days(std::int64_t days, std::string zone,
                                               duration offset = {}) {
  return {days, std::move(zone), offset};
}
/// One window of all rows of a key, that fires when history ends and when the stream does.
[[nodiscard]] constexpr global_windows global() noexcept { return {}; }
/// One that also gives what the rows so far come to each time the trigger says so.
[[nodiscard]] constexpr triggered_global<on_count> global(on_count trigger) noexcept {
  return {trigger};
}
[[nodiscard]] constexpr triggered_global<on_time> global(on_time trigger) noexcept {
  return {trigger};
}
/// Windows of the last `rows` rows of a key that fire after every `every` of them, which are not
/// more: window i has the rows up to number i * every, so the first ones have fewer than `rows`.
[[nodiscard]] constexpr count_windows count_window(std::int64_t rows, std::int64_t every) noexcept {
  return {rows, every};
}
/// So many rows of a key each, side by side.
[[nodiscard]] constexpr count_windows count_window(std::int64_t rows) noexcept {
  return {rows, rows};
}

/// What `window` may be told.
struct window_options {
  /// How long after its end, in event time, a window still takes rows.
  duration allow_late{0};
  /// How often, in processing time, a window that is open gives what it has so far for keys that
  /// had rows since: early results. Zero: never.
  duration every{0};
  /// After how much processing time without a row or a later watermark all open windows fire, as
  /// if the watermark had reached their ends: rows for them are late from then on. Zero: never.
  duration timeout{0};
  std::uint32_t parallel = 1; ///< Instances that share the keys.
};
BOOST_DESCRIBE_STRUCT(window_options, (), (allow_late, every, timeout, parallel))

[[nodiscard]] result<void> check(const time_windows& windows, const window_options& options);
[[nodiscard]] result<void> check(const session_windows& windows, const window_options& options);
[[nodiscard]] result<void> check(const day_windows& windows, const window_options& options);
[[nodiscard]] result<void> check(const global_windows& windows, const window_options& options);
[[nodiscard]] result<void> check(const count_windows& windows, const window_options& options);
[[nodiscard]] result<void> check(const triggered_global<on_count>& windows,
                                 const window_options& options);
[[nodiscard]] result<void> check(const triggered_global<on_time>& windows,
                                 const window_options& options);

/// A result of a window: one a key and window, and one more each time it changes after that. Before
/// it there may be early ones.
template <class Key, class Value>
struct windowed {
  Key key{};
  timestamp start{}; ///< Of the window: the first time in it. Zero, like `end`, without bounds.
  timestamp end{};   ///< The first time behind it.
  Value value{};
  bool is_update = false; ///< Replaces what was given for this key and window before.
  bool is_early = false;  ///< The window is still open: it will be replaced.

  friend bool operator==(const windowed&, const windowed&) = default;
  BOOST_DESCRIBE_CLASS(windowed, (), (key, start, end, value, is_update, is_early), (), ())
};

/// The same for a value that is no column, such as the list that agg::top gives, or a key that is
/// none, such as a std::pair: a row, but no record. flat_map or map makes records of it.
template <class Key, class Value>
requires(!column<Key> || !column<Value>) struct windowed<Key, Value> {
  Key key{};
  timestamp start{};
  timestamp end{};
  Value value{};
  bool is_update = false;
  bool is_early = false;
};

/// A result of a window of so many rows.
template <class Key, class Value>
struct windowed_rows {
  Key key{};
  timestamp start{}; ///< The earliest event time of its rows.
  timestamp end{};   ///< The latest. Both are zero if its rows have no event time.
  Value value{};
  bool is_complete = true; ///< False: what was there of the next window when the stream ended.

  friend bool operator==(const windowed_rows&, const windowed_rows&) = default;
  BOOST_DESCRIBE_CLASS(windowed_rows, (), (key, start, end, value, is_complete), (), ())
};
template <class Key, class Value>
requires(!column<Key> || !column<Value>) struct windowed_rows<Key, Value> {
  Key key{};
  timestamp start{};
  timestamp end{};
  Value value{};
  bool is_complete = true;
};

} // namespace weir
