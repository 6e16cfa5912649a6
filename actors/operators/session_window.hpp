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
// a row costs no timer.
//
//   clicks | key_by(&click::user) | window(session(30min), agg::count())
//
// Outlets: results, late rows. Rows must carry event times.

#pragma once

#include <weir/actors/operators/key_session.hpp>
#include <weir/actors/operators/window_adaptor.hpp>
#include <weir/actors/operators/window_clock.hpp>
#include <weir/actors/state/due_queue.hpp>
#include <weir/actors/state/key_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
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
    const auto taken =
        detail::take_timed_rows(in, [&](std::size_t i, timestamp time, const T& row) {
          return take(in, i, time, row, out);
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

  /// Keys: one a session.
  state_usage usage() const override {
    const auto heap = detail::heap_of_entry(keys_, [](const auto& one) {
      std::size_t bytes = 2 * held_bytes(one.key); // the timer has another
      for (const auto& session : one.value) bytes += held_bytes(session.content);
      return bytes;
    });
    return {.keys = sessions_,
            .bytes = keys_.bytes() + sessions_ * sizeof(session) + timers_.size() * sizeof(timer)
                     + changed_.capacity() * sizeof(changed)
                     + static_cast<std::size_t>(heap * static_cast<double>(keys_.size())),
            .late_rows = late_rows_};
  }

  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    results_.save(to);
    to.write(next_number_).write(static_cast<std::uint64_t>(keys_.size()));
    for (const auto& [key, sessions] : keys_) {
      save_value(to, key);
      to.write(static_cast<std::uint64_t>(sessions.size()));
      for (const auto& one : sessions) one.save(to);
    }
  }
  void load(snapshot_reader& from) override {
    std::uint64_t keys = 0, sessions = 0;
    bool is_good = load_value(from, watermark_) && results_.load(from)
                   && from.read(next_number_).read(keys).ok();
    for (; is_good && keys > 0; --keys) {
      key_type key{};
      is_good = load_value(from, key) && from.read(sessions).ok();
      for (; is_good && sessions > 0; --sessions) {
        session one{.content = aggregation_.create()};
        is_good = one.load(from);
        if (!is_good) break;
        auto& all = sessions_of(key_hash(key), key);
        all.push_back(std::move(one));
        ++sessions_;
        latest_end_ = std::max(latest_end_, end_of(all.back().last));
        if (all.back().has_changed) changed_.push_back({all.back().number, key});
        set_timer(all.back(), key);
      }
    }
    if (!is_good) throw detail::damaged_window();
  }

private:
  using session = key_session<state>;
  using list = std::vector<session>; // of a key, by start; mostly one
  struct changed {
    std::uint64_t number;
    key_type key;
  };
  struct timer {
    timestamp time{};
    std::uint64_t number = 0;
    key_type key{};
    friend bool operator>(const timer& a, const timer& b) {
      return a.time != b.time ? a.time > b.time : a.number > b.number;
    }
  };

  list& sessions_of(std::uint64_t hash, const auto& key) {
    return keys_.at(hash, key, [] { return list{}; });
  }
  [[nodiscard]] timestamp end_of(timestamp last) const { return detail::moved(last, gap_); }
  /// When it is to fire, or else to be forgotten.
  [[nodiscard]] timestamp due_of(const session& one) const {
    return one.is_open ? end_of(one.last) : detail::moved(end_of(one.last), allow_late_);
  }
  void set_timer(session& one, const auto& key) {
    const auto due = due_of(one);
    if (due >= one.looked_at) return; // it is looked at early enough
    one.looked_at = due;
    timers_.push({due, one.number, key_type(key)});
  }

  /// False: no room, call again with the same row.
  bool take(const batch_view<T>& in, std::size_t i, timestamp time, const T& row, outlets out) {
    const auto& key = std::invoke(key_of_, row);
    const auto hash = key_hash(key);
    auto* known = keys_.find(hash, key);
    const auto [first, behind] = sessions_near(known, time, gap_);
    const auto last = first == behind ? time : std::max(time, (*known)[behind - 1].last);
    const auto end = end_of(last);
    const bool is_past = end <= watermark_ && watermark_ > timestamp::min();
    if (is_past && detail::moved(end, allow_late_) <= watermark_)
      return detail::put_aside(in, i, out.at<T>(1), late_rows_);
    if (is_past && out.at<out_row>(0).is_full()) return false;
    auto& one = join(known == nullptr ? sessions_of(hash, key) : *known, first, behind, time);
    aggregation_.add(one.content, row);
    one.is_open = true;
    latest_end_ = std::max(latest_end_, end);
    note_change(one, key);
    if (is_past) give(key, one, out.at<out_row>(0));
    set_timer(one, key);
    return true;
  }

  session& join(list& sessions, std::size_t first, std::size_t behind, timestamp time) {
    const auto at = sessions.begin() + static_cast<std::ptrdiff_t>(first);
    if (first == behind) {
      ++sessions_;
      return *sessions.insert(at, session{.start = time,
                                          .last = time,
                                          .number = next_number_++,
                                          .content = aggregation_.create()});
    }
    const auto end = sessions.begin() + static_cast<std::ptrdiff_t>(behind);
    for (auto other = at + 1; other != end; ++other) { // their timers will find nothing
      at->last = other->last;
      at->was_given = at->was_given || other->was_given;
      aggregation_.merge(at->content, std::as_const(other->content));
    }
    sessions_ -= static_cast<std::size_t>(end - at - 1);
    sessions.erase(at + 1, end);
    at->start = std::min(at->start, time);
    at->last = std::max(at->last, time);
    return *at;
  }

  /// Fires and forgets what is due; false: no more room, call again.
  bool fire_due(batch<out_row>& out) {
    while (const auto* const next = timers_.due(watermark_)) {
      const auto now = *next;
      const auto hash = key_hash(now.key);
      auto* sessions = keys_.find(hash, now.key);
      const auto none = [] { return typename list::iterator{}; };
      const auto one =
          sessions == nullptr ? none() : std::ranges::find(*sessions, now.number, &session::number);
      if (sessions == nullptr || one == sessions->end() || one->looked_at != now.time) {
        timers_.pop(); // it has joined another
        continue;
      }
      if (one->is_open && end_of(one->last) <= now.time) {
        if (out.is_full()) return false;
        give(now.key, *one, out);
      }
      timers_.pop();
      one->looked_at = timestamp::max();
      if (one->is_open || due_of(*one) > watermark_) { // it has grown, or is kept for late rows
        set_timer(*one, now.key);
        continue;
      }
      sessions->erase(one);
      --sessions_;
      if (sessions->empty()) keys_.remove(hash, now.key);
    }
    return true;
  }

  void give(const auto& key, session& one, batch<out_row>& out) {
    results_.give(out, key, one.start, end_of(one.last), aggregation_, one.content,
                  std::exchange(one.was_given, true));
    one.is_open = false;
    one.has_changed = false;
  }

  // --- in processing time

  void note_change(session& one, const auto& key) {
    if (!clock_.gives_early() || one.has_changed) return;
    one.has_changed = true;
    changed_.push_back({one.number, key_type(key)});
  }
  /// Fires what is due, and gives early results; false: no more room, call again.
  bool give_due(batch<out_row>& out) {
    if (!fire_due(out)) return false;
    for (; next_changed_ < changed_.size(); ++next_changed_) {
      const auto& [number, key] = changed_[next_changed_];
      auto* sessions = keys_.find(key_hash(key), key);
      if (sessions == nullptr) continue;
      const auto one = std::ranges::find(*sessions, number, &session::number);
      if (one == sessions->end() || !one->has_changed) continue; // it has fired, or joined another
      if (out.is_full()) return false;
      results_.give(out, key, one->start, end_of(one->last), aggregation_, one->content,
                    std::exchange(one->was_given, true), true);
      one->has_changed = false;
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
  std::vector<changed> changed_;            // since the last early results
  std::size_t next_changed_ = 0;            // gives its result next
  bool is_giving_ = false;                  // early results, or because rows stand still
  std::size_t sessions_ = 0;                // that are kept
  std::size_t late_rows_ = 0;
  key_table<key_type, list> keys_;
  due_queue<timer> timers_;
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
