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
#include <weir/actors/operators/keyed_rows.hpp>
#include <weir/actors/operators/keyed_sides.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <tuple>
#include <type_traits>
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
    promises_.note(inlet, erased);
    const auto taken =
        inlet == 0 ? take_all<0>(erased.as<left>(), out) : take_all<1>(erased.as<right>(), out);
    memory_.check(usage().bytes);
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::phase) return true;
    watermark_ = std::max(watermark_, detail::watermark_of(kind, value));
    return held_.look_at_due(watermark_, [&](sides& both) {
      const bool is_done =
          let_go_of<0>(both, out.at<out_row>(0)) && let_go_of<1>(both, out.at<out_row>(0));
      if (is_done && !both.empty()) look_again_at(both);
      return is_done;
    });
  }
  state_usage usage() const override {
    return {memory_.rows(), memory_.bytes() + held_.bytes(), promises_.late_rows()};
  }

  open_windows open() const override { return {.entries = memory_.rows()}; }
  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    promises_.save(to);
    results_.save(to);
    held_.save(to);
  }
  void load(snapshot_reader& from) override {
    const bool is_good =
        load_value(from, watermark_) && promises_.load(from) && results_.load(from)
        && held_.load(
            from, [&](sides& both, held_left row) { hold<0>(both, std::move(row)); },
            [&](sides& both, held_right row) { hold<1>(both, std::move(row)); },
            [&](sides& both) { look_again_at(both); });
    if (!is_good) throw detail::damaged_join();
  }

private:
  template <std::size_t Side>
  static constexpr bool leaves_alone = Types::kind == join_kind::outer
                                       || (Side == 0 && Types::kind == join_kind::left);
  using held_left = detail::held_row<left, Types::kind != join_kind::inner>;
  using held_right = detail::held_row<right, Types::kind == join_kind::outer>;
  using sides = typename detail::keyed_sides<key_type, held_left, held_right>::sides;

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
  [[nodiscard]] timestamp due_of(timestamp time) const {
    return detail::moved(last_of<Side>(time), duration{1});
  }
  template <std::size_t Side>
  [[nodiscard]] timestamp first_due_of(const sides& both) const {
    const auto& own = both.template of<Side>();
    return own.empty() ? timestamp::max() : due_of<Side>(own[0].time);
  }
  void look_again_at(sides& both) {
    held_.look_at(both, std::min(first_due_of<0>(both), first_due_of<1>(both)));
  }

  // --- rows

  template <std::size_t Side, row Row>
  std::size_t take_all(const batch_view<Row>& in, outlets out) {
    detail::require_times(in);
    std::size_t done = 0;
    try {
      while (done < in.size() && take_some<Side>(in, done, out)) {
      }
    } catch (...) {
      throw_row_failure(done);
    }
    return done;
  }
  /// Some rows from `done` on: what is held of their keys is brought near before it is looked at.
  /// False: no more room, call again.
  template <std::size_t Side, row Row>
  bool take_some(const batch_view<Row>& in, std::size_t& done, outlets out) {
    auto& key_of = std::get<Side>(key_of_);
    if (is_late<Side>(in, done)) return put_aside<Side>(in, done, out); // whatever its key is
    if constexpr (detail::keys_ahead<Row, std::remove_cvref_t<decltype(key_of)>>::can_hold) {
      detail::keys_ahead<Row, std::remove_cvref_t<decltype(key_of)>> keys;
      keys.tell(in.rows().subspan(done), key_of, held_);
      for (std::size_t i = 0; i < keys.size(); ++i) held_.prefetch_entry(keys.hash(i));
      for (std::size_t i = 0; i < keys.size(); ++i) held_.prefetch_rows(keys.hash(i), keys[i]);
      for (std::size_t i = 0; i < keys.size(); ++i)
        if (!take<Side>(in, done, keys.hash(i), keys[i], out)) return false;
      return true;
    } else {
      const auto& key = std::invoke(key_of, in[done]);
      return take<Side>(in, done, key_hash(key), key, out);
    }
  }
  template <std::size_t Side, row Row>
  [[nodiscard]] bool is_late(const batch_view<Row>& in, std::size_t i) const {
    return in.time_of(i) < promises_.of(Side);
  }
  template <std::size_t Side, row Row>
  bool put_aside(const batch_view<Row>& in, std::size_t& done, outlets out) {
    if (!promises_.put_aside(in, done, out.at<Row>(1 + Side))) return false;
    ++done;
    return true;
  }
  template <std::size_t Side, row Row>
  bool take(const batch_view<Row>& in, std::size_t& done, std::uint64_t hash, const auto& key,
            outlets out) {
    if (is_late<Side>(in, done)) return put_aside<Side>(in, done, out);
    const auto time = in.time_of(done);
    auto& both = held_.at(hash, key);
    if (!give_pairs<Side>(both, time, in[done], out.at<out_row>(0))) return false;
    held_.look_at(both, due_of<Side>(time));
    std::conditional_t<Side == 0, held_left, held_right> row{{}, time, take_row(in, done)};
    if (std::exchange(given_, 0) > 0) row.note_partner();
    hold<Side>(both, std::move(row));
    ++done;
    return true;
  }
  template <std::size_t Side>
  void hold(sides& both, auto row) {
    memory_.add(row);
    held_.template add<Side>(both, std::move(row));
  }

  template <std::size_t Side, row Row>
  bool give_pairs(sides& both, timestamp time, const Row& row, batch<out_row>& out) {
    auto& others = both.template of<1 - Side>();
    const auto first = detail::moved(time, Side == 0 ? interval_.from : -interval_.to);
    const auto last = detail::moved(time, Side == 0 ? interval_.to : -interval_.from);
    auto* at = others.from(first) + given_;
    for (; at != others.end() && at->time <= last; ++at, ++given_) {
      if (out.is_full()) return false;
      const auto later = std::max(time, at->time);
      if constexpr (Side == 0)
        results_.give(out, later, &row, &at->row);
      else
        results_.give(out, later, &at->row, &row);
      at->note_partner();
    }
    return true;
  }

  /// Of rows whose partners can't come any more; false: no more room, call again.
  template <std::size_t Side>
  bool let_go_of(sides& both, batch<out_row>& out) {
    auto& own = both.template of<Side>();
    while (!own.empty() && is_over(last_of<Side>(own.front().time))) {
      const auto& one = own.front();
      if (leaves_alone<Side> && !one.was_joined) {
        if (out.is_full()) return false;
        if constexpr (Side == 0)
          results_.give(out, last_of<Side>(one.time), &one.row, nullptr);
        else
          results_.give(out, last_of<Side>(one.time), nullptr, &one.row);
      }
      memory_.drop(one);
      held_.template drop_front<Side>(both);
    }
    return true;
  }

  std::tuple<typename Types::key_of_left, typename Types::key_of_right> key_of_;
  join_interval interval_;
  timestamp watermark_ = timestamp::min();
  detail::join_promises promises_;
  detail::keyed_sides<key_type, held_left, held_right> held_;
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
