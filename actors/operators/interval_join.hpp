// SPDX-License-Identifier: Apache-2.0
//
// interval_join: the operator behind `within`: joins each row of the left with the rows of the
// right of its key whose time is not more than so much before or behind its own.
//
//   orders | key_by(&order::id) | join(payments | key_by(&payment::order), within(-5min, 10min), f)
//
//   left                 10:00
//   right    [09:55 ───────┴──────────── 10:10]     both ends belong to it
//
// A pair leaves as soon as both its rows are there, at the later of their two times. A row that
// stays alone (left and outer joins) leaves once no partner can come, at the last moment at which
// one could have come, or at its own time if that is later. Pairs are in no order that is promised.
// State: each row until the watermark has passed all times its partners can have, so that memory is
// bounded by the rows of as long a time as the interval (and of how far the watermark is behind).

#pragma once

#include <weir/actors/operators/join_parts.hpp>
#include <weir/actors/state/due_queue.hpp>
#include <weir/actors/state/key_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

namespace weir {

/// What `within` gives: how far from a left row's time those of its right rows lie.
struct join_interval {
  duration from{0};
  duration to{0};
};

/// Right rows from `from` (negative: before the left row) to `to` behind it.
[[nodiscard]] constexpr join_interval within(duration from, duration to) noexcept {
  return {from, to};
}

[[nodiscard]] result<void> check(const join_interval& interval);

template <class Types>
class interval_join_operator final : public any_operator {
public:
  using left = typename Types::left;
  using right = typename Types::right;
  using key_type = typename Types::key_type;
  using out_row = typename Types::out_row;

  interval_join_operator(typename Types::key_of_left key_of_left,
                         typename Types::key_of_right key_of_right, join_interval interval,
                         typename Types::combine combine, state_place place)
      : key_of_{std::move(key_of_left), std::move(key_of_right)},
        interval_{interval},
        memory_{std::move(place)},
        results_{std::move(combine)} {}

  std::vector<const row_type*> inlet_types() const override { return Types::inlets(); }
  std::vector<const row_type*> outlet_types() const override { return Types::outlets(); }

  std::size_t on_batch(std::size_t inlet, any_view erased, outlets out) override {
    promises_.note(inlet, erased.promised);
    const auto taken =
        inlet == 0 ? take_all<0>(erased.as<left>(), out) : take_all<1>(erased.as<right>(), out);
    memory_.check(usage().bytes);
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::phase) return true;
    watermark_ = std::max(watermark_, detail::watermark_of(kind, value));
    return let_go(out.at<out_row>(0));
  }
  state_usage usage() const override {
    return {memory_.rows(), memory_.bytes() + keys_.bytes() + timers_.size() * sizeof(timer),
            promises_.late_rows()};
  }

  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    promises_.save(to);
    results_.save(to);
    to.write(static_cast<std::uint64_t>(keys_.size()));
    for (const auto& [key, both] : keys_) {
      save_value(to, key);
      detail::save_rows(to, std::get<0>(both.of));
      detail::save_rows(to, std::get<1>(both.of));
    }
  }
  void load(snapshot_reader& from) override {
    std::uint64_t keys = 0;
    bool is_good = load_value(from, watermark_) && promises_.load(from) && results_.load(from)
                   && from.read(keys).ok();
    for (; is_good && keys > 0; --keys) {
      key_type key{};
      is_good = load_value(from, key);
      if (!is_good) break;
      auto& both = keys_.at(key_hash(key), key, [] { return sides{}; });
      is_good = detail::load_rows<left>(from, [&](auto row) { hold<0>(both, std::move(row)); })
                && detail::load_rows<right>(from, [&](auto row) { hold<1>(both, std::move(row)); });
      set_timer(key, both);
    }
    if (!is_good) throw detail::damaged_join();
  }

private:
  /// What is held of a key.
  struct sides {
    std::tuple<detail::held_rows<left>, detail::held_rows<right>> of;
    timestamp looked_at = timestamp::max(); // when its timer says

    [[nodiscard]] bool is_empty() const {
      return std::get<0>(of).empty() && std::get<1>(of).empty();
    }
  };
  struct timer {
    timestamp time{};
    std::uint64_t number = 0;
    key_type key{};
    friend bool operator>(const timer& a, const timer& b) {
      return a.time != b.time ? a.time > b.time : a.number > b.number;
    }
  };
  template <std::size_t Side>
  static constexpr bool leaves_alone = Types::kind == join_kind::outer
                                       || (Side == 0 && Types::kind == join_kind::left);

  // --- times

  /// The last moment at which a partner can come, or its own time.
  template <std::size_t Side>
  [[nodiscard]] timestamp last_of(timestamp time) const {
    return detail::moved(time, std::max(Side == 0 ? interval_.to : -interval_.from, duration{0}));
  }
  [[nodiscard]] bool is_over(timestamp last) const {
    return last < watermark_ || watermark_ == timestamp::max();
  }
  template <std::size_t Side>
  void note_due(const sides& both, timestamp& due) const {
    const auto& own = std::get<Side>(both.of);
    if (!own.empty()) due = std::min(due, due_of<Side>(own[0].time));
  }
  template <std::size_t Side>
  [[nodiscard]] timestamp due_of(timestamp time) const {
    return detail::moved(last_of<Side>(time), duration{1});
  }
  void set_timer(const auto& key, sides& both, timestamp due) {
    if (due >= both.looked_at && both.looked_at != timestamp::max()) return; // early enough
    both.looked_at = due; // a later one will find nothing
    timers_.push({due, next_number_++, key_type{key}});
  }
  void set_timer(const key_type& key, sides& both) {
    auto due = timestamp::max();
    note_due<0>(both, due);
    note_due<1>(both, due);
    set_timer(key, both, due);
  }

  // --- rows

  template <std::size_t Side, row Row>
  std::size_t take_all(const batch_view<Row>& in, outlets out) {
    return detail::take_timed_rows(in, [&](std::size_t i, timestamp time, const Row& row) {
      return take<Side>(in, i, time, row, out);
    });
  }

  /// False: no more room, call again with the same row.
  template <std::size_t Side, row Row>
  bool take(const batch_view<Row>& in, std::size_t i, timestamp time, const Row& row, outlets out) {
    if (time < promises_.of(Side)) return promises_.put_aside(in, i, out.at<Row>(1 + Side));
    const auto& key = std::invoke(std::get<Side>(key_of_), row);
    const auto hash = key_hash(key);
    auto* both = keys_.find(hash, key);
    if (both != nullptr && !give_pairs<Side>(*both, time, row, out.at<out_row>(0))) return false;
    if (both == nullptr) both = &keys_.at(hash, key, [] { return sides{}; });
    set_timer(key, *both, due_of<Side>(time));
    hold<Side>(*both, detail::held_row<Row>{time, std::exchange(given_, 0) > 0, take_row(in, i)});
    return true;
  }

  template <std::size_t Side, class Row>
  void hold(sides& both, detail::held_row<Row> row) {
    memory_.add(row);
    std::get<Side>(both.of).add(std::move(row));
  }

  template <std::size_t Side, row Row>
  bool give_pairs(sides& both, timestamp time, const Row& row, batch<out_row>& out) {
    auto& others = std::get<1 - Side>(both.of);
    const auto first = detail::moved(time, Side == 0 ? interval_.from : -interval_.to);
    const auto last = detail::moved(time, Side == 0 ? interval_.to : -interval_.from);
    auto at = others.from(first) + static_cast<std::ptrdiff_t>(given_);
    for (; at != others.end() && at->time <= last; ++at, ++given_) {
      if (out.is_full()) return false;
      const auto later = std::max(time, at->time);
      if constexpr (Side == 0)
        results_.give(out, later, &row, &at->row);
      else
        results_.give(out, later, &at->row, &row);
      at->was_joined = true;
    }
    return true;
  }

  // --- the watermark

  /// Lets go of rows whose partners can't come any more; false: no more room, call again.
  bool let_go(batch<out_row>& out) {
    while (const auto* const next = timers_.due(watermark_)) {
      const auto due = *next;
      timers_.pop();
      const auto hash = key_hash(due.key);
      auto* const both = keys_.find(hash, due.key);
      if (both == nullptr || both->looked_at != due.time) continue; // it was set anew
      both->looked_at = timestamp::max();
      const bool is_done = let_go_of<0>(*both, out) && let_go_of<1>(*both, out);
      if (both->is_empty())
        keys_.remove(hash, due.key);
      else
        set_timer(due.key, *both);
      if (!is_done) return false;
    }
    return true;
  }
  template <std::size_t Side>
  bool let_go_of(sides& both, batch<out_row>& out) {
    auto& own = std::get<Side>(both.of);
    for (; !own.empty() && is_over(last_of<Side>(own.front().time)); own.drop_front()) {
      const auto& one = own.front();
      if (leaves_alone<Side> && !one.was_joined) {
        if (out.is_full()) return false;
        if constexpr (Side == 0)
          results_.give(out, last_of<Side>(one.time), &one.row, nullptr);
        else
          results_.give(out, last_of<Side>(one.time), nullptr, &one.row);
      }
      memory_.drop(one);
    }
    return true;
  }

  std::tuple<typename Types::key_of_left, typename Types::key_of_right> key_of_;
  join_interval interval_;
  timestamp watermark_ = timestamp::min();
  detail::join_promises promises_;
  key_table<key_type, sides> keys_;
  due_queue<timer> timers_; // a key has one, and those that were set for later before
  std::uint64_t next_number_ = 0;
  detail::join_memory memory_;
  detail::join_results<Types> results_;
  std::size_t given_ = 0; // pairs of a row that is not done with
};

template <>
struct join_of<join_interval> {
  template <class Types>
  using type = interval_join_operator<Types>;
};

} // namespace weir
