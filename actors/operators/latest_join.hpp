// SPDX-License-Identifier: Apache-2.0
//
// latest_join: the operator behind `latest`: joins each row of the left with the newest row of the
// right of its key that is not behind it in event time, as a price that holds until the next one.
//
//   trades | key_by(&trade::symbol) | join(quotes | key_by(&quote::symbol), latest(), f)
//
//   right   q1      q2        q3
//   left       l1 ─> q1   l2 ─> q2     of rows of one time the last counts
//
// A row of the left waits until the watermark is behind it, so that the answer does not depend on
// which row came first; it leaves at its own time. Results are in the order of the left's times,
// those of one time in the order in which they came (in each instance). State: rows of the left
// ahead of the watermark; of the right those, and one a key: for ever, or with `latest(1h)` until
// it is an hour old, when it is no answer any more.

#pragma once

#include <weir/actors/operators/join_parts.hpp>
#include <weir/actors/state/key_table.hpp>
#include <weir/actors/state/rows_in_time.hpp>
#include <weir/actors/state/timers.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace weir {

/// What `latest` gives.
struct latest_rows {
  duration not_older_than = duration::max();
};

/// The newest right row at or before the left one, if it is not older than that.
[[nodiscard]] constexpr latest_rows latest(duration not_older_than = duration::max()) noexcept {
  return {not_older_than};
}

[[nodiscard]] result<void> check(const latest_rows& which);

template <class Types>
class latest_join_operator final : public any_operator {
public:
  static_assert(Types::kind != join_kind::outer); // dsl/join.hpp says why
  using left = typename Types::left;
  using right = typename Types::right;
  using key_type = typename Types::key_type;
  using out_row = typename Types::out_row;

  latest_join_operator(typename Types::key_of_left key_of_left,
                       typename Types::key_of_right key_of_right, latest_rows which,
                       typename Types::combine combine, state_place place)
      : key_of_left_{std::move(key_of_left)},
        key_of_right_{std::move(key_of_right)},
        oldest_{which.not_older_than},
        memory_{std::move(place)},
        results_{std::move(combine)} {}
  ~latest_join_operator() override {
    for (auto& [key, own] : keys_) own.rows.clear(blocks_);
  }
  latest_join_operator(const latest_join_operator&) = delete;
  latest_join_operator& operator=(const latest_join_operator&) = delete;

  std::vector<const row_type*> inlet_types() const override { return Types::inlets(); }
  std::vector<const row_type*> outlet_types() const override { return Types::outlets(); }

  std::size_t on_batch(std::size_t inlet, any_view erased, outlets out) override {
    promises_.note(inlet, erased);
    memory_.check(usage().bytes);
    if (inlet == 0) {
      const auto in = erased.as<left>();
      return detail::take_timed_rows(in, [&](std::size_t i, timestamp time, const left&) {
        return take_left(in, i, time, out.at<left>(1));
      });
    }
    const auto in = erased.as<right>();
    return detail::take_timed_rows(in, [&](std::size_t i, timestamp time, const right& row) {
      return take_right(in, i, time, row, out.at<right>(2));
    });
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::phase) return true;
    watermark_ = std::max(watermark_, detail::watermark_of(kind, value));
    if (!answer(out.at<out_row>(0))) return false;
    let_go();
    return true;
  }
  state_usage usage() const override {
    return {memory_.rows(), memory_.bytes() + keys_.bytes() + timers_.bytes(),
            promises_.late_rows()};
  }

  open_windows open() const override { return {.entries = memory_.rows()}; }
  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    promises_.save(to);
    results_.save(to);
    waiting_.save(to);
    to.write(static_cast<std::uint64_t>(keys_.size()));
    for (const auto& [key, own] : keys_) {
      save_value(to, key);
      detail::save_rows(to, own.rows);
    }
  }
  void load(snapshot_reader& from) override {
    std::uint64_t count = 0;
    bool is_good = load_value(from, watermark_) && promises_.load(from) && results_.load(from)
                   && waiting_.load(from) && from.read(count).ok();
    memory_.add_rows(waiting_.size(), waiting_.bytes());
    for (; is_good && count > 0; --count) {
      key_type key{};
      is_good = load_value(from, key);
      if (!is_good) break;
      auto& own = keys_.at(key_hash(key), key, [] { return answers{}; });
      is_good = detail::load_rows<held_right>(from, [&](auto row) { hold(own, std::move(row)); });
      set_timer(key_hash(key), key, own);
    }
    if (!is_good) throw detail::damaged_join();
  }

private:
  using held_right = detail::held_row<right>;
  /// The right rows of a key.
  struct answers {
    detail::held_rows<held_right> rows;
    timestamp looked_at = timestamp::max(); // when its timer says
  };

  // False: no more room, call again with the same row.
  bool take_left(const batch_view<left>& in, std::size_t i, timestamp time, batch<left>& late) {
    if (time < promises_.of(0)) return promises_.put_aside(in, i, late);
    const auto before = waiting_.bytes();
    waiting_.put(time, take_row(in, i));
    memory_.add_rows(1, waiting_.bytes() - before);
    return true;
  }
  bool take_right(const batch_view<right>& in, std::size_t i, timestamp time, const right& row,
                  batch<right>& late) {
    if (time < promises_.of(1)) return promises_.put_aside(in, i, late);
    const auto& key = std::invoke(key_of_right_, row);
    const auto hash = key_hash(key);
    auto& own = keys_.at(hash, key, [] { return answers{}; });
    const key_type kept{key}; // the row is moved from
    hold(own, {{}, time, take_row(in, i)});
    set_timer(hash, kept, own);
    return true;
  }
  void hold(answers& own, held_right row) {
    memory_.add(row);
    own.rows.add(std::move(row), blocks_);
  }

  /// Gives the results that nothing can change any more; false: no more room, call again.
  bool answer(batch<out_row>& out) {
    while (waiting_.size() > 0 && is_known(waiting_.first().time)) {
      const auto& one = waiting_.first();
      const auto* found = newest_for(one.row, one.time);
      if (Types::kind == join_kind::left || found != nullptr) {
        if (out.is_full()) return false;
        results_.give(out, one.time, &one.row, found);
      }
      const auto before = waiting_.bytes();
      waiting_.drop_first();
      memory_.drop_row(before - waiting_.bytes());
    }
    return true;
  }
  /// All right rows up to this time are there.
  [[nodiscard]] bool is_known(timestamp time) const {
    return time < watermark_ || watermark_ == timestamp::max();
  }
  const right* newest_for(const left& row, timestamp time) {
    const auto& key = std::invoke(key_of_left_, row);
    auto* own = keys_.find(key_hash(key), key);
    if (own == nullptr) return nullptr;
    const auto behind = own->rows.behind(time);
    if (behind == own->rows.begin()) return nullptr;
    const auto& newest = *(behind - 1);
    return detail::moved(newest.time, oldest_) < time ? nullptr : &newest.row;
  }

  // --- right rows that answer nothing any more: those before another one that the watermark has
  // reached, and those that are too old

  [[nodiscard]] timestamp due_of(const answers& own) const {
    const auto too_old = detail::moved(detail::moved(own.rows[0].time, oldest_), duration{1});
    return own.rows.size() > 1 ? std::min(too_old, own.rows[1].time) : too_old;
  }
  void set_timer(std::uint64_t hash, const key_type& key, answers& own) {
    const auto due = due_of(own);
    if (due == own.looked_at) return;
    if (own.looked_at != timestamp::max()) timers_.cancel(hash, key, own.looked_at);
    own.looked_at = due;
    if (due != timestamp::max()) timers_.set(hash, key, due);
  }
  void let_go() {
    if (watermark_ == timestamp::max()) return let_all_go();
    while (const auto due = timers_.take_due(watermark_)) {
      const auto hash = key_hash(due->key);
      auto& own = *keys_.find(hash, due->key);
      own.looked_at = timestamp::max();
      while (!own.rows.empty() && due_of(own) <= watermark_) {
        memory_.drop(own.rows.front());
        own.rows.drop_front(blocks_);
      }
      if (own.rows.empty())
        keys_.remove(hash, due->key);
      else
        set_timer(hash, due->key, own);
    }
  }
  void let_all_go() {
    for (auto& [key, own] : keys_) {
      for (const auto& row : own.rows) memory_.drop(row);
      own.rows.clear(blocks_);
    }
    keys_.clear();
    timers_ = {};
  }

  typename Types::key_of_left key_of_left_;
  typename Types::key_of_right key_of_right_;
  duration oldest_;
  timestamp watermark_ = timestamp::min();
  detail::join_promises promises_;
  rows_in_time<left> waiting_; // of the left, ahead of the watermark
  key_table<key_type, answers> keys_;
  block_pool<held_right> blocks_;
  timers<key_type> timers_;
  detail::join_memory memory_;
  detail::join_results<Types> results_;
};

template <>
struct join_of<latest_rows> {
  template <class Types>
  using type = latest_join_operator<Types>;
};

} // namespace weir
