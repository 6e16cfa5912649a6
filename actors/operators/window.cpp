// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/local_days.hpp>
#include <weir/actors/operators/told_count.hpp>
#include <weir/actors/operators/window.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace weir {
namespace {

result<void> must_be_positive(duration what, const char* name) {
  if (what > duration{0}) return {};
  return error{errc::config, std::string{name} + " is " + to_string(what) + "; it must be above 0"};
}

result<void> must_be_left_out(duration what, const char* name, const char* why) {
  if (what == duration{0}) return {};
  return error{errc::config,
               std::string{name} + " is " + to_string(what) + ", but " + why + "; leave it out"};
}

result<void> must_not_be_negative(duration what, const char* name) {
  if (what >= duration{0}) return {};
  return error{errc::config,
               std::string{name} + " is " + to_string(what) + "; it can't be negative"};
}

result<void> must_be_a_wait(duration what, const char* name) {
  if (what <= longest_told_wait) return must_not_be_negative(what, name);
  return error{errc::config, std::string{name} + " is " + to_string(what) + "; it is "
                                 + to_string(longest_told_wait)
                                 + " at most: leave it out for never"};
}

result<void> check_options(const window_options& options) {
  if (auto late = must_not_be_negative(options.allow_late, "allow_late"); !late) return late;
  if (auto every = must_be_a_wait(options.every, "every"); !every) return every;
  return must_be_a_wait(options.timeout, "timeout");
}

constexpr duration longest_window = std::chrono::days{1'000'000};

result<void> must_be_known(duration what, const char* name) {
  if (what >= -longest_window && what <= longest_window) return {};
  return error{errc::config, std::string{name} + " is " + to_string(what) + "; it is "
                                 + to_string(longest_window)
                                 + " at most; for one window of all rows use global()"};
}

/// Each row gives so many results, and is looked at as often.
result<void> must_overlap_within_reason(const time_windows& windows) {
  const auto windows_of_row =
      windows.size / windows.slide + (windows.size % windows.slide > duration{0});
  if (windows_of_row <= most_windows_of_row) return {};
  const auto least =
      windows.size / most_windows_of_row + duration{windows.size.count() % most_windows_of_row > 0};
  return error{errc::config, "sliding windows of " + to_string(windows.size) + " that begin every "
                                 + to_string(windows.slide) + " have each row in "
                                 + std::to_string(windows_of_row)
                                 + " of them, and each gives a result; "
                                 + std::to_string(most_windows_of_row) + " is the most: slide by "
                                 + to_string(least) + " or more, or make them shorter"};
}

/// Of windows that have no clock and no late rows.
result<void> check_has_neither(const window_options& options, const char* what) {
  const auto why = std::string{what} + " takes every row, and fires by its rows and watermarks";
  if (auto late = must_be_left_out(options.allow_late, "allow_late", why.c_str()); !late)
    return late;
  if (auto every = must_be_left_out(options.every, "every", why.c_str()); !every) return every;
  return must_be_left_out(options.timeout, "timeout", why.c_str());
}

std::string text_of_rows(std::int64_t rows) {
  return std::to_string(rows) + (rows == 1 ? " row" : " rows");
}

} // namespace

result<void> check(const time_windows& windows, const window_options& options) {
  if (auto size = must_be_positive(windows.size, "the size"); !size) return size;
  if (auto slide = must_be_positive(windows.slide, "the slide"); !slide) return slide;
  if (windows.slide > windows.size)
    return error{errc::config, "the slide of " + to_string(windows.slide)
                                   + " is greater than the size of " + to_string(windows.size)
                                   + ": rows between two windows would be lost; filter them out "
                                     "before, and slide by the size"};
  if (auto size = must_be_known(windows.size, "the size"); !size) return size;
  if (auto offset = must_be_known(windows.offset, "the offset"); !offset) return offset;
  if (auto overlap = must_overlap_within_reason(windows); !overlap) return overlap;
  return check_options(options);
}

result<void> check(const session_windows& windows, const window_options& options) {
  if (auto gap = must_be_positive(windows.gap, "the gap"); !gap) return gap;
  if (auto gap = must_be_known(windows.gap, "the gap"); !gap) return gap;
  return check_options(options);
}

result<void> check(const day_windows& windows, const window_options& options) {
  if (windows.days < 1 || windows.days > 1'000'000)
    return error{errc::config, "tumbling_days has " + std::to_string(windows.days)
                                   + " days; it must have at least one, and a million at most"};
  if (auto days = local_days::in(windows.zone); !days) return std::move(days).error();
  constexpr auto why = "windows of days fire by the watermark alone";
  if (auto every = must_be_left_out(options.every, "every", why); !every) return every;
  if (auto timeout = must_be_left_out(options.timeout, "timeout", why); !timeout) return timeout;
  return must_not_be_negative(options.allow_late, "allow_late");
}

result<void> check(const count_windows& windows, const window_options& options) {
  if (windows.rows < 1)
    return error{errc::config,
                 "count_window has " + text_of_rows(windows.rows) + "; it must have at least one"};
  if (windows.every < 1)
    return error{errc::config, "count_window fires after every " + text_of_rows(windows.every)
                                   + "; it must be at least one"};
  if (windows.every > windows.rows)
    return error{errc::config, "count_window fires after every " + text_of_rows(windows.every)
                                   + ", but has " + text_of_rows(windows.rows)
                                   + ": those between two windows would be lost; filter them out "
                                     "before, and fire after as many as it has"};
  return check_has_neither(options, "count_window");
}

result<void> check(const global_windows&, const window_options& options) {
  return check_has_neither(options, "global()");
}

result<void> check(const triggered_global<on_count>& windows, const window_options& options) {
  if (windows.trigger.rows < 1)
    return error{errc::config, "on_count says after every " + text_of_rows(windows.trigger.rows)
                                   + "; it must be at least one"};
  return check_has_neither(options, "global(on_count(...))");
}

result<void> check(const triggered_global<on_time>& windows, const window_options& options) {
  if (auto every = must_be_positive(windows.trigger.every, "the time of on_time"); !every)
    return every;
  return check_has_neither(options, "global(on_time(...))");
}

} // namespace weir
