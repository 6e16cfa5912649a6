// SPDX-License-Identifier: Apache-2.0
//
// process_calls: how what a user handed to `process` is called, with state where there is one, and
// a sentence for each way in which it can't be. Pure.
//
//   detail::call_row(f, row, state, to);

#pragma once

#include <concepts>
#include <functional>
#include <type_traits>

namespace weir {

struct no_state;

namespace detail {

template <class F, class T, class S, class Output>
concept on_row_with = requires(F& f, const T& row, S& state, Output& to) {
  f.on_row(row, state, to);
};
template <class F, class T, class Output>
concept on_row_alone = requires(F& f, const T& row, Output& to) {
  f.on_row(row, to);
};

template <class F, class T, class S, class Output>
inline constexpr bool
    takes_rows = std::is_same_v<S, no_state>
                     ? (on_row_alone<F, T, Output> || std::invocable<F&, const T&, Output&>)
                     : (on_row_with<F, T, S, Output> || std::invocable<F&, const T&, S&, Output&>);

template <class F, class T, class S, class Output>
void call_row(F& f, const T& row, S& state, Output& to) {
  if constexpr (std::is_same_v<S, no_state>) {
    if constexpr (on_row_alone<F, T, Output>)
      f.on_row(row, to);
    else
      std::invoke(f, row, to);
  } else {
    if constexpr (on_row_with<F, T, S, Output>)
      f.on_row(row, state, to);
    else
      std::invoke(f, row, state, to);
  }
}

template <class F, class Key, class S, class Output>
concept on_timer_with = requires(F& f, const Key& key, S& state, Output& to) {
  f.on_timer(key, state, to);
};
template <class F, class Key, class Output>
concept on_timer_alone = requires(F& f, const Key& key, Output& to) {
  f.on_timer(key, to);
};
template <class F, class Key, class S, class Output>
concept on_alarm_with = requires(F& f, const Key& key, S& state, Output& to) {
  f.on_alarm(key, state, to);
};
template <class F, class Key, class Output>
concept on_alarm_alone = requires(F& f, const Key& key, Output& to) {
  f.on_alarm(key, to);
};

template <class F, class Key, class S, class Output>
inline constexpr bool has_on_timer =
    std::is_same_v<S, no_state> ? on_timer_alone<F, Key, Output> : on_timer_with<F, Key, S, Output>;
template <class F, class Key, class S, class Output>
inline constexpr bool has_on_alarm =
    std::is_same_v<S, no_state> ? on_alarm_alone<F, Key, Output> : on_alarm_with<F, Key, S, Output>;

// Whether there is a member of that name, whatever it takes: a second one makes the name ambiguous.
struct other_on_timer {
  int on_timer;
};
struct other_on_alarm {
  int on_alarm;
};
template <class F, class Other>
struct with_other : F, Other {};
template <class F>
inline constexpr bool may_derive = std::is_class_v<F> && !std::is_final_v<F>;
template <class F>
inline constexpr bool names_on_timer = false;
template <class F>
requires may_derive<F>
inline constexpr bool names_on_timer<F> = !requires { &with_other<F, other_on_timer>::on_timer; };
template <class F>
inline constexpr bool names_on_alarm = false;
template <class F>
requires may_derive<F>
inline constexpr bool names_on_alarm<F> = !requires { &with_other<F, other_on_alarm>::on_alarm; };

/// A sentence for each way in which what was handed to `process` is of no use; whether it is.
template <class F, class T, class Key, class S, class Output>
constexpr bool check_process() {
  constexpr bool fits = takes_rows<F, T, S, Output>;
  static_assert(fits, "weir: process takes a callable of (const row&, state&, auto& to), or an "
                      "object with `on_row` of these; without with_state there is no state");
  if constexpr (fits) {
    constexpr bool has_timer = has_on_timer<F, Key, S, Output> || !names_on_timer<F>;
    static_assert(has_timer, "weir: process calls on_timer with (const key&, state&, auto& to), "
                             "without with_state with (const key&, auto& to), which this one "
                             "does not take");
    constexpr bool has_alarm = has_on_alarm<F, Key, S, Output> || !names_on_alarm<F>;
    static_assert(has_alarm, "weir: process calls on_alarm with (const key&, state&, auto& to), "
                             "without with_state with (const key&, auto& to), which this one "
                             "does not take");
    return has_timer && has_alarm;
  }
  return false;
}

template <class F, class Key, class S, class Output>
void call_timer(F& f, const Key& key, S& state, Output& to) {
  if constexpr (std::is_same_v<S, no_state>)
    f.on_timer(key, to);
  else
    f.on_timer(key, state, to);
}
template <class F, class Key, class S, class Output>
void call_alarm(F& f, const Key& key, S& state, Output& to) {
  if constexpr (std::is_same_v<S, no_state>)
    f.on_alarm(key, to);
  else
    f.on_alarm(key, state, to);
}

} // namespace detail

} // namespace weir
