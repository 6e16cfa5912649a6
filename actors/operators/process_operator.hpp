// SPDX-License-Identifier: Apache-2.0
//
// process_operator: the operator behind `process`, and behind those that are made of it.
// process.hpp says what it does.
//
// State: that of each key (keyed_state), timers and alarms, and with `in_order` the rows between
// the watermark and the newest row.

#pragma once

#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/process_calls.hpp>
#include <weir/actors/operators/process_output.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/state/keyed_state.hpp>
#include <weir/actors/state/rows_in_time.hpp>
#include <weir/actors/state/state_failure.hpp>
#include <weir/actors/state/timers.hpp>

#include <boost/describe.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// What `process` may be told.
struct process_options {
  duration ttl{0};            ///< State of a key not used for so long is forgotten; 0s: never.
  bool in_order = false;      ///< Rows wait for the watermark and come in order of time.
  std::uint32_t parallel = 1; ///< Instances that share the keys.
};
BOOST_DESCRIBE_STRUCT(process_options, (), (ttl, in_order, parallel))

/// `can_wait`: the rows own all that is in them.
[[nodiscard]] result<void> check(const process_options& options, bool can_wait);

/// The state of a `process` that has none.
struct no_state {
  void save(snapshot_writer&) const {}
  void load(snapshot_reader&) {}
};

namespace detail {

/// Where rows wait: nowhere, where they can't be kept.
template <class T>
struct waiting_rows {
  using type = no_waiting_rows;
};
template <persistent T>
struct waiting_rows<T> {
  using type = rows_in_time<T>;
};

} // namespace detail

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
        is_in_order_{options.in_order},
        place_{place},
        state_{std::move(place), options.ttl},
        now_{now} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override { return {&row_type_of<Out>()...}; }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    const auto in = erased.as<T>();
    are_timed_ = in.has_times();
    if ((forgets_ || is_in_order_ || !timers_.empty()) && !are_timed_) throw no_times();
    given_.begin(out);
    std::size_t i = 0;
    try {
      if (given_.has_rest()) {
        if (!is_in_row_) { // of an alarm
          given_.pass_on_rest(given_.last_place());
          return 0;
        }
        if (!given_.pass_on_rest(from_row(in, 0))) return 0;
        is_in_row_ = false;
        i = 1;
      }
      for (; i < in.size() && given_.has_room(); ++i) {
        if (is_in_order_ && put_aside(in, i)) continue;
        process_row(in[i], are_timed_ ? in.time_of(i) : timestamp::min(), from_row(in, i));
        is_in_row_ = given_.has_rest();
        if (is_in_row_) break;
      }
    } catch (...) {
      throw_row_failure(i);
    }
    check_memory();
    return i;
  }

  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::phase) return true;
    const auto until = kind == mark::end ? timestamp::max() : timestamp{duration{value}};
    given_.begin(out);
    if (!come_to(until, kind == mark::end)) return false;
    watermark_ = std::max(watermark_, until);
    state_.advance(watermark_);
    return true;
  }

  std::optional<moment> wakes_at() const override {
    if (given_.has_rest()) return is_in_row_ ? std::nullopt : std::optional{moment::min()};
    const auto first = alarms_.earliest();
    return first ? std::optional{moment{first->time_since_epoch()}} : std::nullopt;
  }
  bool on_wake(moment now, outlets out) override {
    given_.begin(out);
    while (has_given_all()) {
      const auto due = alarms_.take_due(in_microseconds(now));
      if (!due) return true;
      if constexpr (detail::has_on_alarm<F, key_type, S, output>)
        call_for(*due, watermark_,
                 [&](S& state, output& to) { detail::call_alarm(f_, due->key, state, to); });
    }
    return false;
  }

  state_usage usage() const override {
    return {.entries = state_.keys(),
            .bytes = state_.bytes() + timers_.bytes() + alarms_.bytes() + waiting_.bytes(),
            .late_rows = late_rows_};
  }
  open_windows open() const override { return {.entries = waiting_.size()}; }
  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    to.write(are_timed_).write(late_rows_);
    given_.save(to);
    state_.save(to);
    timers_.save(to);
    waiting_.save(to);
    save_value(to, in_microseconds(now_()));
    alarms_.save(to);
  }
  void load(snapshot_reader& from) override {
    timestamp then{};
    const bool is_good = load_value(from, watermark_) && from.read(are_timed_).read(late_rows_).ok()
                         && given_.load(from) && state_.load(from) && timers_.load(from)
                         && waiting_.load(from) && load_value(from, then)
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

  void process_row(const T& row, timestamp time, place descends_from) {
    const auto& key = std::invoke(key_of_, row);
    given_.set_place(descends_from);
    const auto own_key = [&] { return key_type(key); };
    call(key_hash(key), key, own_key, time,
         [&](S& state, output& to) { detail::call_row(f_, row, state, to); });
  }

  /// Of what no backend takes; the state sees to itself.
  void check_memory() const {
    const auto bytes = timers_.bytes() + alarms_.bytes() + waiting_.bytes();
    if (bytes > place_.memory_bytes)
      throw detail::waiting_too_large(place_, timers_.size() + alarms_.size() + waiting_.size(),
                                      bytes);
  }

  /// False: the row is late, and does not wait.
  bool put_aside(const batch_view<T>& in, std::size_t i) {
    if constexpr (persistent<T>) {
      if (in.time_of(i) < watermark_) {
        ++late_rows_;
        return false;
      }
      waiting_.put(in.time_of(i), take_row(in, i));
    }
    return true;
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

  /// For a timer or alarm, at `time`.
  template <class Use>
  void call_for(const typename timers<key_type>::timer& due, timestamp time, Use use) {
    const auto given_at = std::max(time, watermark_);
    given_.set_place({nullptr, 0, are_timed_ ? std::optional{given_at} : std::nullopt});
    const auto own_key = [&] { return due.key; };
    call(key_hash(due.key), due.key, own_key, time, use);
  }

  /// Processes waiting rows and timers up to a watermark; false: no more room, call again.
  bool come_to(timestamp until, bool is_end) {
    while (has_given_all()) {
      const auto row_at = waiting_.earliest();
      const bool is_row_due = row_at && (*row_at < until || is_end);
      if (is_end && !row_at) timers_.close();
      if (const auto due = timers_.take_due(is_row_due ? *row_at : until)) {
        if constexpr (detail::has_on_timer<F, key_type, S, output>)
          call_for(*due, due->time,
                   [&](S& state, output& to) { detail::call_timer(f_, due->key, state, to); });
      } else if (is_row_due) {
        if constexpr (persistent<T>) {
          const auto next = waiting_.take();
          process_row(next.row, next.time, {nullptr, 0, next.time});
        }
      } else {
        return true;
      }
    }
    return false;
  }

  /// Whether what was given has left, and there is room for more.
  bool has_given_all() {
    if (given_.has_rest() && !given_.pass_on_rest(given_.last_place())) return false;
    return given_.has_room();
  }

  KeyOf key_of_;
  F f_;
  bool forgets_;
  bool is_in_order_;
  state_place place_;
  keyed_state<key_type, S> state_;
  no_state none_;
  timers<key_type> timers_; // in event time
  timers<key_type> alarms_; // in processing time
  typename detail::waiting_rows<T>::type waiting_;
  processing_clock now_;
  timestamp watermark_ = timestamp::min();
  bool are_timed_ = false; // the rows
  given_rows given_;
  std::size_t late_rows_ = 0; // that could not wait for their turn
  bool is_in_row_ = false;    // what had no room is of the row that comes first, and was processed
};

} // namespace weir
