// SPDX-License-Identifier: Apache-2.0
//
// session_window: the operator behind windows that last as long as rows of the key are less than
// `gap` apart.
//
// A row opens a session, or joins those of its key it is near to, which become one. A session
// fires once the watermark is `gap` behind its last row, in the order of their ends. One that has
// fired is kept for `allow_late`; a late row that joins it makes it fire again, as an update that
// stands for all sessions of the key between its start and its end. State: a session and a timer
// each, and a key for as long as it has sessions.
//
// A timer is looked at when its time has come, and set again if its session has grown meanwhile: so
// a row costs no timer. Rows and timers are taken in blocks, whose memory is waited for together.
//
//   clicks | key_by(&click::user) | window(session(30min), agg::count())
//
// Outlets: results, late rows. Rows must carry event times.

#pragma once

#include <weir/actors/operators/fired_sessions.hpp>
#include <weir/actors/operators/keyed_rows.hpp>
#include <weir/actors/operators/session_table.hpp>
#include <weir/actors/operators/window_adaptor.hpp>
#include <weir/actors/operators/window_clock.hpp>
#include <weir/actors/state/due_blocks.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

template <row T, class KeyOf, class Aggregation>
class session_window_operator final : public any_operator {
public:
  using key_type = typename detail::window_types<T, KeyOf, Aggregation>::key_type;
  using state = typename detail::window_types<T, KeyOf, Aggregation>::state;
  using out_row = typename detail::window_types<T, KeyOf, Aggregation>::out_row;

  session_window_operator(KeyOf key_of, Aggregation aggregation, session_windows windows,
                          window_options options, state_place place)
      : key_of_{std::move(key_of)},
        aggregation_{std::move(aggregation)},
        gap_{windows.gap},
        allow_late_{options.allow_late},
        clock_{options},
        place_{std::move(place)} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<out_row>(), &row_type_of<T>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    const auto in = erased.as<T>();
    if (is_giving_ && !give_due(out.at<out_row>(0))) return 0;
    clock_.stir();
    detail::require_times(in);
    const auto taken = detail::take_keyed_rows_while(
        in, key_of_, sessions_,
        [&](std::size_t i, std::uint64_t hash, const auto& key, const T& row) {
          return take(in, i, hash, key, row, out);
        });
    detail::check_memory(place_, usage());
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::phase) return true;
    const auto watermark = detail::watermark_of(kind, value);
    clock_.stir(watermark);
    watermark_ = std::max(watermark_, watermark);
    return fire_due(out.at<out_row>(0));
  }

  std::optional<moment> wakes_at() const override {
    if (is_giving_) return window_clock::at_once;
    return clock_.wakes_at({.is_open = latest_end_ > watermark_, .has_changed = !changed_.empty()});
  }
  bool on_wake(moment now, outlets out) override {
    if (clock_.stands_still(now) && latest_end_ > watermark_) {
      watermark_ = latest_end_;
      is_giving_ = true;
    } else if (!changed_.empty() && clock_.is_early_due(now)) {
      is_giving_ = true;
    }
    return !is_giving_ || give_due(out.at<out_row>(0));
  }

  /// Entries: one a session.
  state_usage usage() const override {
    return {.entries = sessions_.size(),
            .bytes = sessions_.bytes() + timers_.size() * sizeof(timer)
                     + changed_.capacity() * sizeof(numbered) + fired_.bytes(),
            .late_rows = late_rows_};
  }

  open_windows open() const override {
    open_windows all;
    sessions_.each([&](const session& one) {
      if (one.is_open) all.include(1, one.start, end_of(one.last));
    });
    return all;
  }

  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    results_.save(to);
    to.write(late_rows_).write(next_number_);
    sessions_.save(to);
  }
  void load(snapshot_reader& from) override {
    const auto take = [this](std::uint32_t i) {
      auto& one = sessions_[i];
      latest_end_ = std::max(latest_end_, end_of(one.last));
      if (one.has_changed) changed_.push_back({i, one.number});
      set_timer(i, one);
    };
    if (!load_value(from, watermark_) || !results_.load(from)
        || !from.read(late_rows_).read(next_number_).ok()
        || !sessions_.load(from, aggregation_, take))
      throw detail::damaged_window();
  }

private:
  using table = session_table<key_type, state>;
  using session = typename table::session;
  static constexpr auto none = table::none;
  static constexpr std::size_t block_timers = 4'096, ahead = 16;

  struct timer {
    timestamp time{};
    std::uint32_t session = none;
  };
  struct numbered {
    std::uint32_t session;
    std::uint64_t number;
  };

  [[nodiscard]] timestamp end_of(timestamp last) const { return detail::moved(last, gap_); }
  /// When it is to fire, or else to be forgotten.
  [[nodiscard]] timestamp due_of(const session& one) const {
    return one.is_open ? end_of(one.last) : detail::moved(end_of(one.last), allow_late_);
  }
  void set_timer(std::uint32_t i, session& one) {
    const auto due = due_of(one);
    if (due >= one.looked_at) return; // it is looked at early enough
    one.looked_at = due;
    timers_.push({due, i});
  }

  /// False: no room, call again with the same row.
  bool take(const batch_view<T>& in, std::size_t i, std::uint64_t hash, const auto& key,
            const T& row, outlets out) {
    const auto time = in.time_of(i);
    const auto near = sessions_.near(sessions_.first(hash, key), time, gap_);
    const auto last = near.last == none ? time : std::max(time, sessions_[near.last].last);
    const auto end = end_of(last);
    const bool is_past = end <= watermark_;
    if (is_past && detail::moved(end, allow_late_) <= watermark_)
      return detail::put_aside(in, i, out.at<T>(1), late_rows_);
    if (is_past && out.at<out_row>(0).is_full()) return false;
    const auto at = near.first == none ? open(hash, key, near.before, time) : join(near, time);
    auto& one = sessions_[at];
    aggregation_.add(*one.content, row);
    one.is_open = true;
    latest_end_ = std::max(latest_end_, end);
    note_change(at, one);
    if (is_past) give(key, one, out.at<out_row>(0));
    set_timer(at, one);
    return true;
  }

  [[gnu::noinline]] std::uint32_t open(std::uint64_t hash, const auto& key, std::uint32_t before,
                                       timestamp time) {
    return sessions_.open(
        hash, key, before,
        {.start = time, .last = time, .number = next_number_++, .content = aggregation_.create()});
  }
  std::uint32_t join(const typename table::sessions_near& near, timestamp time) {
    auto& one = sessions_[near.first];
    for (auto other = near.first; other != near.last; sessions_.close_next(near.first)) {
      other = one.next; // its timer will find nothing
      one.last = sessions_[other].last;
      one.was_given = one.was_given || sessions_[other].was_given;
      aggregation_.merge(*one.content, std::as_const(*sessions_[other].content));
    }
    one.start = std::min(one.start, time);
    one.last = std::max(one.last, time);
    return near.first;
  }

  /// Fires and forgets what is due; false: no more room, call again before any row.
  bool fire_due(batch<out_row>& out) {
    while (true) {
      for (; !fired_.empty(); fired_.pop()) {
        if (out.is_full()) return false;
        const auto i = fired_.next();
        give(sessions_.key_of(i), sessions_[i], out);
        look_again(i);
      }
      const auto due = timers_.take(watermark_, block_timers);
      if (due.empty()) return true;
      for (std::size_t i = 0; i < due.size(); ++i) {
        if (i + ahead < due.size()) sessions_.prefetch_session(due[i + ahead].session);
        look(due[i]);
      }
      fired_.sort();
    }
  }
  void look(const timer& due) {
    auto& one = sessions_[due.session];
    if (one.looked_at != due.time) return; // it has joined another, or is looked at before
    one.looked_at = timestamp::max();
    const auto end = end_of(one.last);
    if (one.is_open && end <= timers_.reached())
      fired_.add(end, one.number, due.session);
    else
      look_again(due.session);
  }
  /// It was looked at: forgets it if it is time.
  void look_again(std::uint32_t i) {
    if (auto& one = sessions_[i]; one.is_open || due_of(one) > timers_.reached())
      set_timer(i, one); // it has grown, or is kept for late rows
    else
      sessions_.close(i);
  }

  void give(const auto& key, session& one, batch<out_row>& out) {
    results_.give(out, key, one.start, end_of(one.last), aggregation_, *one.content,
                  std::exchange(one.was_given, true));
    one.is_open = false;
    one.has_changed = false;
  }

  // --- in processing time

  void note_change(std::uint32_t i, session& one) {
    if (!clock_.gives_early() || one.has_changed) return;
    one.has_changed = true;
    changed_.push_back({i, one.number});
  }
  /// Fires what is due, and gives early results; false: no more room, call again.
  bool give_due(batch<out_row>& out) {
    if (!fire_due(out)) return false;
    for (; next_changed_ < changed_.size(); ++next_changed_) {
      const auto& [i, number] = changed_[next_changed_];
      auto& one = sessions_[i];
      if (one.number != number || !one.has_changed) continue; // it has fired, or joined another
      if (out.is_full()) return false;
      results_.give(out, sessions_.key_of(i), one.start, end_of(one.last), aggregation_,
                    *one.content, std::exchange(one.was_given, true), true);
      one.has_changed = false;
    }
    changed_.clear();
    next_changed_ = 0;
    is_giving_ = false;
    return true;
  }

  KeyOf key_of_;
  Aggregation aggregation_;
  duration gap_;
  duration allow_late_;
  window_clock clock_;
  state_place place_;
  timestamp watermark_ = timestamp::min();
  timestamp latest_end_ = timestamp::min(); // of all sessions there were
  std::vector<numbered> changed_;           // since the last early results
  std::size_t next_changed_ = 0;            // gives its result next
  bool is_giving_ = false;                  // early results, or because rows stand still
  std::size_t late_rows_ = 0;
  table sessions_;
  due_blocks<timer> timers_;
  detail::fired_sessions fired_; // of a block of timers
  std::uint64_t next_number_ = 0;
  detail::window_results<out_row> results_;
};

/// Groups the rows of each key that come less than a gap after another.
template <class Aggregation>
[[nodiscard]] auto window(session_windows windows, Aggregation aggregation,
                          window_options options = {}) {
  return window_adaptor<session_window_operator, session_windows, Aggregation>{
      windows, std::move(aggregation), options};
}

} // namespace weir
