// SPDX-License-Identifier: Apache-2.0
//
// process: rows of a key one by one, with state and timers: for what no other operator does.
//
// What is handed to it is a callable of (row, state, to), or an object with `on_row(row, state,
// to)`, and if it likes `on_timer(key, state, to)` and `on_alarm(key, state, to)`. Without
// `with_state` there is no state among the arguments. `to` is a `process_output`: it gives rows to
// the outlets, and sets timers (event time) and alarms (processing time), which belong to the key.
//
//   struct silence {                                       // tells of sensors that fall silent
//     void on_row(const reading& row, last_seen& seen, auto& to) {
//       to.cancel_timer(seen.at + 1min);
//       to.set_timer((seen.at = row.time) + 1min);
//     }
//     void on_timer(int sensor, last_seen& seen, auto& to) { to.give(alarm{sensor, seen.at}); }
//   };
//   readings | key_by(&reading::sensor) | with_state<last_seen>() | process<alarm>(silence{});
//
// A row it gives has the origin and event time of the row at hand; one that a timer gives, the
// timer's time, or where that has passed the watermark before it. Timers fire once the watermark
// has reached them, in order of time, those in the past at the next watermark; what rows later than
// the timer have done to the state is done by then. When the stream finishes, the timers that are
// set fire, and of those that they set the ones up to the latest time of all rows; when it is
// stopped, none does. Alarms are dropped.
// State of a key that had no row for `ttl` of event time is forgotten. What the object itself holds
// is neither shared between instances nor saved: keep in the state what must not be lost.

#pragma once

#include <weir/actors/operators/keyed.hpp>
#include <weir/actors/operators/late_in_turn.hpp>
#include <weir/actors/operators/process_operator.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace weir {
namespace detail {

/// The operator `name` that handles rows of T by `f`, with a state of S a key.
template <row T, class S, row... Out, class KeyOf, class F>
auto bind_process(std::string name, const KeyOf& key_of, const F& f,
                  std::shared_ptr<process_options> options) {
  using made = process_operator<T, KeyOf, S, F, Out...>;
  return bound_keyed_operator<Out...>{
      .name = std::move(name),
      .make = [key_of, f,
               options](const state_place& place) -> result<std::unique_ptr<any_operator>> {
        if (auto valid = check(*options, persistent<T>); !valid) return std::move(valid).error();
        std::unique_ptr<any_operator> op = std::make_unique<made>(key_of, f, *options, place);
        if (options->in_order) op = take_late_in_turn<T>(std::move(op), place);
        return op;
      },
      .options = make_options_ref(options),
      .parallel = {options, &options->parallel}};
}

} // namespace detail

template <class F, row... Out>
class process_adaptor : public keyed_adaptor<process_adaptor<F, Out...>> {
public:
  explicit process_adaptor(F f) : f_{std::move(f)} {}

  [[nodiscard]] process_options& options() noexcept { return options_; }
  /// Lets rows and timers come in order of time.
  [[nodiscard]] process_adaptor in_order() const {
    process_adaptor copy = *this;
    copy.options_.in_order = true;
    return copy;
  }

  template <row T, class KeyOf>
  [[nodiscard]] auto bind_keyed(const KeyOf& key_of) const {
    return bind_state<T, no_state>(key_of, duration{0});
  }
  /// With state of S a key.
  template <row T, class S, class KeyOf>
  [[nodiscard]] auto bind_state(const KeyOf& key_of, duration ttl) const {
    using key_type = owned_key<std::remove_cvref_t<std::invoke_result_t<const KeyOf&, const T&>>>;
    using output = process_output<key_type, Out...>;
    static_assert(!(would_dangle<T, Out> || ...),
                  "weir: process gives text that is borrowed (std::string_view) from a row that "
                  "owns it and is gone by then; give std::string");
    if constexpr (detail::check_process<F, T, key_type, S, output>()) {
      auto options = std::make_shared<process_options>(options_);
      options->ttl = ttl;
      return detail::bind_process<T, S, Out...>("process", key_of, f_, std::move(options));
    }
  }

private:
  F f_;
  process_options options_;
};

/// Makes rows of each key into rows of Out (and of the types behind it: side outputs) by `f`.
template <row... Out, class F>
[[nodiscard]] auto process(F&& f) {
  constexpr bool gives = sizeof...(Out) > 0;
  static_assert(gives, "weir: process is told what rows it gives: process<alarm>(f)");
  if constexpr (gives)
    return process_adaptor<std::decay_t<F>, Out...>{std::forward<F>(f)};
  else
    return refused{};
}

} // namespace weir
