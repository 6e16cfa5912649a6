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
// set fire, and those that they set do not; alarms are dropped. State of a key that had no row for
// `ttl` of event time is forgotten. What the object itself holds is neither shared between
// instances nor saved: keep in the state what must not be lost.

#pragma once

#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/keyed.hpp>
#include <weir/actors/operators/process_output.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/state/keyed_state.hpp>
#include <weir/actors/state/timers.hpp>

#include <boost/describe.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// What `process` may be told.
struct process_options {
  duration ttl{0};            ///< State of a key not used for so long is forgotten; 0s: never.
  std::uint32_t parallel = 1; ///< Instances that share the keys.
};
BOOST_DESCRIBE_STRUCT(process_options, (), (ttl, parallel))

[[nodiscard]] result<void> check(const process_options& options);

/// The state of a `process` that has none.
struct no_state {
  void save(snapshot_writer&) const {}
  void load(snapshot_reader&) {}
};

template <row T, class KeyOf, class S, class F, row... Out>
class process_operator final : public any_operator {
public:
  using key_type = owned_key<std::remove_cvref_t<std::invoke_result_t<KeyOf&, const T&>>>;
  using processing_clock = moment (*)();

  /// `now`: the time from which alarms count.
  process_operator(KeyOf key_of, F f, process_options options, state_place place,
                   processing_clock now = std::chrono::steady_clock::now)
      : key_of_{std::move(key_of)},
        f_{std::move(f)},
        forgets_{options.ttl > duration{0}},
        state_{std::move(place), options.ttl},
        now_{now} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override { return {&row_type_of<Out>()...}; }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    const auto in = erased.as<T>();
    if ((forgets_ || !timers_.empty()) && !in.has_times()) throw no_times();
    given_.begin(out);
    std::size_t i = 0;
    try {
      if (given_.has_rest()) { // of the first row, which has been processed
        if (!given_.pass_on_rest(from_row(in, 0))) return 0;
        i = 1;
      }
      for (; i < in.size() && given_.has_room(); ++i) {
        process_row(in, i);
        if (given_.has_rest()) break;
      }
    } catch (...) {
      throw_row_failure(i);
    }
    return i;
  }

  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::phase) return true;
    if (kind == mark::end && !last_timer_) last_timer_ = timers_.next_number();
    const auto until = kind == mark::end ? timestamp::max() : timestamp{duration{value}};
    given_.begin(out);
    const auto below = last_timer_.value_or(UINT64_MAX);
    if constexpr (detail::has_on_timer<F, key_type, S, output>) {
      if (!call_due(timers_, until, below, [&](const key_type& key, S& state, output& to) {
            detail::call_timer(f_, key, state, to);
          }))
        return false;
    }
    watermark_ = std::max(watermark_, until);
    state_.advance(watermark_);
    return true;
  }

  std::optional<moment> wakes_at() const override {
    const auto first = alarms_.earliest();
    return first ? std::optional{moment{first->time_since_epoch()}} : std::nullopt;
  }
  bool on_wake(moment now, outlets out) override {
    given_.begin(out);
    if constexpr (detail::has_on_alarm<F, key_type, S, output>)
      return call_due(alarms_, in_microseconds(now), UINT64_MAX,
                      [&](const key_type& key, S& state, output& to) {
                        detail::call_alarm(f_, key, state, to);
                      });
    return true;
  }

  state_usage usage() const override {
    return {.keys = state_.keys(), .bytes = state_.bytes() + timers_.bytes() + alarms_.bytes()};
  }
  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    to.write(are_timed_);
    state_.save(to);
    timers_.save(to);
    save_value(to, in_microseconds(now_()));
    alarms_.save(to);
  }
  void load(snapshot_reader& from) override {
    timestamp then{};
    const bool is_good = load_value(from, watermark_) && from.read(are_timed_).ok()
                         && state_.load(from) && timers_.load(from) && load_value(from, then)
                         && alarms_.load(from, in_microseconds(now_()) - then);
    if (!is_good)
      throw std::runtime_error{"the snapshot of its state is damaged; start without it"};
  }

private:
  using output = process_output<key_type, Out...>;
  using given_rows = detail::process_rows<Out...>;
  using place = typename given_rows::place;

  static timestamp in_microseconds(moment at) {
    // Up, so that no alarm rings before its moment.
    return timestamp{std::chrono::ceil<duration>(at.time_since_epoch())};
  }
  static std::runtime_error no_times() {
    return std::runtime_error{"its rows carry no event time, which timers and ttl count by: put "
                              "event_time(...) before it"};
  }
  static place from_row(const batch_view<T>& in, std::size_t i) {
    return {&in.whole(), in.first() + i, {}};
  }

  void process_row(const batch_view<T>& in, std::size_t i) {
    const T& row = in[i];
    const auto& key = std::invoke(key_of_, row);
    const auto hash = key_hash(key);
    are_timed_ = in.has_times();
    const auto time = are_timed_ ? in.time_of(i) : timestamp::min();
    given_.set_place(from_row(in, i));
    const auto own_key = [&] { return key_type(key); };
    call(hash, key, own_key, time,
         [&](S& state, output& to) { detail::call_row(f_, row, state, to); });
  }

  /// Calls `use` with the state of a key, which it may ask to forget.
  template <class Use>
  void call(std::uint64_t hash, const auto& key, const auto& own_key, timestamp time, Use use) {
    output to{given_, timers_, alarms_, now_, hash, own_key, time, watermark_, are_timed_};
    if constexpr (std::is_same_v<S, no_state>) {
      use(none_, to);
    } else {
      use(state_.at(hash, key, std::max(time, watermark_), [] { return S{}; }), to);
      if (to.is_forgotten()) state_.remove(hash, key);
    }
  }

  /// Calls what is due; false: no more room, call again.
  template <class Use>
  bool call_due(timers<key_type>& from, timestamp until, std::uint64_t below, Use use) {
    for (;;) {
      if (given_.has_rest() && !given_.pass_on_rest(given_.last_place())) return false;
      if (!given_.has_room()) return false;
      const auto due = from.take_due(until, below);
      if (!due) return true;
      const auto time = &from == &alarms_ ? watermark_ : std::max(due->time, watermark_);
      given_.set_place({nullptr, 0, are_timed_ ? std::optional{time} : std::nullopt});
      const auto own_key = [&] { return due->key; };
      call(key_hash(due->key), due->key, own_key, &from == &alarms_ ? watermark_ : due->time,
           [&](S& state, output& to) { use(due->key, state, to); });
    }
  }

  KeyOf key_of_;
  F f_;
  bool forgets_;
  keyed_state<key_type, S> state_;
  no_state none_;
  timers<key_type> timers_; // in event time
  timers<key_type> alarms_; // in processing time
  processing_clock now_;
  timestamp watermark_ = timestamp::min();
  bool are_timed_ = false; // the rows
  given_rows given_;
  std::optional<std::uint64_t> last_timer_; // the first that was set too late to fire at the end
};

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
        if (auto valid = check(*options); !valid) return std::move(valid).error();
        return std::unique_ptr<any_operator>{std::make_unique<made>(key_of, f, *options, place)};
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

  template <row T, class KeyOf>
  [[nodiscard]] auto bind_keyed(const KeyOf& key_of) const {
    return bind_state<T, no_state>(key_of, duration{0});
  }
  /// With state of S a key.
  template <row T, class S, class KeyOf>
  [[nodiscard]] auto bind_state(const KeyOf& key_of, duration ttl) const {
    using output =
        process_output<typename process_operator<T, KeyOf, S, F, Out...>::key_type, Out...>;
    constexpr bool fits = detail::takes_rows<F, T, S, output>;
    static_assert(fits, "weir: process takes a callable of (const row&, state&, auto& to), or an "
                        "object with `on_row` of these; without with_state there is no state");
    static_assert(!(would_dangle<T, Out> || ...),
                  "weir: process gives text that is borrowed (std::string_view) from a row that "
                  "owns it and is gone by then; give std::string");
    if constexpr (fits) {
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
[[nodiscard]] process_adaptor<std::decay_t<F>, Out...> process(F&& f) {
  return process_adaptor<std::decay_t<F>, Out...>{std::forward<F>(f)};
}

} // namespace weir
