// SPDX-License-Identifier: Apache-2.0
//
// process_output: what `process` hands to a user's code: where rows go, and timers of the key.
//
// It is only good during the call. Any number of rows may be given: what has no room in the
// outlets' batches waits in the operator, which takes no further row meanwhile, so that what waits
// is bounded by what one call gives.
//
//   to.give(alarm{...});            // to the first outlet
//   to.give_to<1>(row);             // to the first side output
//   to.set_timer(to.time() + 1min); // calls on_timer when the watermark is there

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/told_count.hpp>
#include <weir/actors/state/timers.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir {
namespace detail {

/// Rows on their way to outlets of Out..., with what they inherit.
template <row... Out>
class process_rows {
public:
  /// Whom a row descends from: a row of a batch, or nobody but a time.
  struct place {
    const batch_base* in = nullptr;
    std::size_t row = 0;
    std::optional<timestamp> time;
  };

  /// The open batches of one call of the operator.
  void begin(outlets out) {
    each_outlet([&]<std::size_t I>() {
      to_[I] = &out.at<row_at<I>>(I);
      left_[I] = to_[I]->room();
      takes_texts_[I] = true;
    });
  }
  void set_place(place at) { at_ = at; }
  [[nodiscard]] const place& last_place() const noexcept { return at_; }

  /// Whether every outlet has room for a row.
  [[nodiscard]] bool has_room() const {
    bool all = true;
    each_outlet([&]<std::size_t I>() { all = all && has_room<I>(); });
    return all;
  }
  [[nodiscard]] bool has_rest() const {
    bool any = false;
    each_outlet([&]<std::size_t I>() { any = any || !std::get<I>(rest_).empty(); });
    return any;
  }
  /// Gives on what had no room; false: there is still no room for all.
  bool pass_on_rest(place at) {
    at_ = at;
    each_outlet([&]<std::size_t I>() {
      auto& rest = std::get<I>(rest_);
      for (; !rest.empty() && has_room<I>(); rest.pop_front()) add<I>(std::move(rest.front()));
    });
    return !has_rest();
  }

  /// What has no room is not part of a snapshot: see any_operator.
  void save(snapshot_writer& to) const {
    for (const auto made : made_) to.write(made);
  }
  [[nodiscard]] bool load(snapshot_reader& from) {
    for (auto& made : made_) from.read(made);
    return from.ok();
  }

  template <std::size_t I, class T>
  void give(T&& row) {
    if (std::get<I>(rest_).empty() && has_room<I>())
      add<I>(std::forward<T>(row));
    else
      std::get<I>(rest_).push_back(std::forward<T>(row));
  }

private:
  template <std::size_t I>
  using row_at = std::tuple_element_t<I, std::tuple<Out...>>;

  template <class Use>
  static void each_outlet(Use use) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (use.template operator()<I>(), ...); }
    (std::index_sequence_for<Out...>{});
  }
  template <std::size_t I>
  [[nodiscard]] batch<row_at<I>>& open() const {
    return static_cast<batch<row_at<I>>&>(*to_[I]);
  }
  // Text that is kept does not count: all rows of a batch share it.
  template <std::size_t I>
  [[nodiscard]] bool has_room() const {
    return left_[I] > 0 && (to_[I]->empty() || to_[I]->heap_bytes() < batch_bytes);
  }
  template <std::size_t I, class T>
  void add(T&& row) {
    auto& to = open<I>();
    if (at_.in != nullptr) {
      to.inherit_repeated(*at_.in, at_.row, 1,
                          borrows<row_at<I>> && std::exchange(takes_texts_[I], false));
    } else {
      if (to.empty()) to.set_origin({nullptr, made_[I]});
      if (at_.time) to.times_for_writing()[to.size()] = *at_.time;
      ++made_[I];
    }
    to.next() = std::forward<T>(row);
    to.push_next();
    --left_[I];
  }

  place at_;
  std::array<batch_base*, sizeof...(Out)> to_ = {};
  std::array<std::size_t, sizeof...(Out)> left_ = {};   // room, less what was added
  std::array<bool, sizeof...(Out)> takes_texts_ = {};   // once a call
  std::array<std::uint64_t, sizeof...(Out)> made_ = {}; // by timers
  std::tuple<std::deque<Out>...> rest_;
};

} // namespace detail

template <class Key, row... Out>
class process_output {
public:
  using clock = moment (*)();

  template <class OwnKey>
  process_output(detail::process_rows<Out...>& rows, timers<Key>& event_time,
                 timers<Key>& processing_time, clock now, std::uint64_t hash, const OwnKey& key,
                 timestamp time, timestamp watermark, bool are_timed)
      : rows_{rows},
        timers_{event_time},
        alarms_{processing_time},
        now_{now},
        hash_{hash},
        key_of_{&key},
        make_key_{[](const void* from) -> Key { return (*static_cast<const OwnKey*>(from))(); }},
        time_{time},
        watermark_{watermark},
        are_timed_{are_timed} {}
  process_output(const process_output&) = delete;
  process_output& operator=(const process_output&) = delete;

  /// Gives a row to the first outlet.
  template <class T>
  void give(T&& row) {
    give_to<0>(std::forward<T>(row));
  }
  /// Gives a row to an outlet: 1 is the first side output.
  template <std::size_t I, class T>
  void give_to(T&& row) {
    constexpr bool is_there = I < sizeof...(Out);
    static_assert(is_there, "weir: process has no such side output: name its row behind the first, "
                            "as in process<alarm, reading>(f)");
    if constexpr (is_there) {
      using wanted = std::tuple_element_t<I, std::tuple<Out...>>;
      constexpr bool fits = std::convertible_to<T, wanted> && std::is_assignable_v<wanted&, T>;
      static_assert(fits, "weir: what is given is no row of this output: process<alarm>(f) gives "
                          "an alarm by to.give(alarm{...}), process<alarm, reading>(f) also a "
                          "reading by to.template give_to<1>(reading{...})");
      if constexpr (fits) rows_.template give<I>(std::forward<T>(row));
    }
  }

  /// Of the row at hand or of the timer; for an alarm, the watermark.
  [[nodiscard]] timestamp time() const noexcept { return time_; }
  /// No row that is not late has an earlier event time.
  [[nodiscard]] timestamp watermark() const noexcept { return watermark_; }

  /// Calls on_timer once the watermark has reached `at`. Rows must carry event times.
  void set_timer(timestamp at) {
    if (!are_timed_)
      throw std::runtime_error{"set_timer is about event time, which these rows do not carry: put "
                               "event_time(...) before it, or use set_alarm"};
    timers_.set(hash_, make_key_(key_of_), at);
  }
  void cancel_timer(timestamp at) { timers_.cancel(hash_, make_key_(key_of_), at); }
  /// Calls on_alarm after so much processing time; at once if that is negative.
  void set_alarm(std::chrono::nanoseconds in) {
    const auto wait =
        std::clamp<std::chrono::nanoseconds>(in, std::chrono::nanoseconds{0}, longest_told_wait);
    const auto at = std::chrono::ceil<duration>((now_() + wait).time_since_epoch());
    alarms_.set(hash_, make_key_(key_of_), timestamp{at});
  }

  /// Drops the state of this key behind the call. Its timers stay.
  void forget() noexcept { is_forgotten_ = true; }
  [[nodiscard]] bool is_forgotten() const noexcept { return is_forgotten_; }

private:
  detail::process_rows<Out...>& rows_;
  timers<Key>& timers_;
  timers<Key>& alarms_;
  clock now_;
  std::uint64_t hash_;
  const void* key_of_;
  Key (*make_key_)(const void*); // an owned key is only made for a timer
  timestamp time_;
  timestamp watermark_;
  bool are_timed_;
  bool is_forgotten_ = false;
};

namespace detail {

/// In place of rows_in_time where rows can't be kept.
struct no_waiting_rows {
  [[nodiscard]] std::optional<timestamp> earliest() const { return std::nullopt; }
  [[nodiscard]] std::size_t size() const { return 0; }
  [[nodiscard]] std::size_t bytes() const { return 0; }
  void save(snapshot_writer&) const {}
  [[nodiscard]] bool load(snapshot_reader&) { return true; }
};

} // namespace detail

} // namespace weir
