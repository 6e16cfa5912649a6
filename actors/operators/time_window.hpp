// SPDX-License-Identifier: Apache-2.0
//
// time_window: the operator behind tumbling and sliding windows of a key.
//
// Time is cut into slices as long as the greatest common divisor of size and slide, and each row is
// added to one slice of its key; windows that fire share what their slices come to
// (running_merges.hpp): neither rows nor results cost more where size / slide is greater. State:
// one aggregation state a key and slice that is still needed, that is, whose last window is not
// older than `allow_late` behind the watermark, and where windows overlap up to one more.
//
//   slices            [0,1) [1,2) [2,3) [3,4) ...      of sliding(3s, 1s)
//   window [0,3)      └──── merged ───┘
//   window [1,4)            └──── merged ───┘
//
// Outlets: results, late rows. Rows must carry event times.

#pragma once

#include <weir/actors/operators/early_windows.hpp>
#include <weir/actors/operators/key_numbers.hpp>
#include <weir/actors/operators/window_adaptor.hpp>
#include <weir/actors/operators/window_clock.hpp>
#include <weir/actors/operators/window_firing.hpp>
#include <weir/actors/operators/window_states.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

template <row T, class KeyOf, class Aggregation>
class time_window_operator final : public any_operator {
public:
  using key_type = typename detail::window_types<T, KeyOf, Aggregation>::key_type;
  using state = typename detail::window_types<T, KeyOf, Aggregation>::state;
  using out_row = typename detail::window_types<T, KeyOf, Aggregation>::out_row;

  time_window_operator(KeyOf key_of, Aggregation aggregation, time_windows windows,
                       window_options options, state_place place)
      : key_of_{std::move(key_of)},
        aggregation_{std::move(aggregation)},
        windows_{windows},
        clock_{options},
        states_{aggregation_, windows, std::move(place)},
        firing_{windows, options.allow_late},
        early_{windows} {
    set_careful();
  }

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<out_row>(), &row_type_of<T>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    const auto in = erased.as<T>();
    if (!finish(out.at<out_row>(0))) return 0;
    clock_.stir();
    const auto taken = take_all(in, out);
    if ((unchecked_ += taken) >= states_.all().size()) { // which it looks at
      unchecked_ = 0;
      states_.keep_within_memory(early_.bytes() + numbers_.bytes());
    }
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::phase) return true;
    const auto watermark = detail::watermark_of(kind, value);
    clock_.stir(watermark);
    auto& results = out.at<out_row>(0);
    return give_early(results) && fire(watermark, results);
  }

  std::optional<moment> wakes_at() const override {
    if (firing_.is_firing_again()) return std::nullopt; // the row that is not done with comes first
    if (firing_.is_firing() || early_.is_giving()) return window_clock::at_once;
    return clock_.wakes_at(
        {.is_open = firing_.is_open(states_.all()), .has_changed = early_.has_changed()});
  }
  bool on_wake(moment now, outlets out) override {
    auto& results = out.at<out_row>(0);
    if (clock_.stands_still(now) && firing_.is_open(states_.all())) {
      early_.settle(); // final results follow
      return fire(firing_.last_end(states_.all()), results);
    }
    if (!finish(results)) return false;
    if (early_.has_changed() && clock_.is_early_due(now)) early_.begin(firing_.fired_to());
    return give_early(results);
  }

  state_usage usage() const override {
    auto sum = states_.usage();
    sum.bytes += early_.bytes() + numbers_.bytes();
    sum.late_rows = late_rows_;
    return sum;
  }

  open_windows open() const override { return firing_.open(states_); }

  void save(snapshot_writer& to) const override {
    firing_.save(to);
    results_.save(to);
    states_.save(to);
    early_.save(to);
    to.write(late_rows_);
  }
  void load(snapshot_reader& from) override {
    if (!firing_.load(from) || !results_.load(from) || !states_.load(from) || !early_.load(from)
        || !from.read(late_rows_).ok())
      throw detail::damaged_window();
    set_careful();
  }

private:
  using firing = window_firing<key_type, Aggregation>;
  using slice = typename firing::slice;

  state& state_of(slice& at, std::uint64_t hash, const auto& key) {
    return at.states.at(hash, key, [this] { return aggregation_.create(); });
  }

  /// nullptr: the row is late.
  slice* add_slice(timestamp time) {
    const auto start = windows_.slice_of(time);
    return firing_.is_late(start) ? nullptr : &states_.all().add(start);
  }

  /// Gives the rows taken: fewer than all where there is no more room.
  std::size_t take_all(const batch_view<T>& in, outlets out) {
    detail::require_times(in);
    std::size_t i = 0;
    try {
      for (const auto rows = in.rows(); i < rows.size();) {
        const auto block = rows.subspan(i, std::min(numbers_.block_rows, rows.size() - i));
        const auto numbers = numbers_.of(block, key_of_);
        std::size_t asked = block.size() - numbers.size();
        for (const auto number : numbers) {
          if (!add_numbered(number, in.time_of(i), rows[i])) {
            if (!take(in, i, in.time_of(i), rows[i], out)) return i;
            ++asked;
          }
          ++i;
        }
        for (auto left = block.size() - numbers.size(); left > 0; --left, ++i)
          if (!take(in, i, in.time_of(i), rows[i], out)) return i;
        if (numbers_.has_taken(block.size(), asked)) states_.all().forget_numbers();
      }
    } catch (...) {
      throw_row_failure(i);
    }
    return i;
  }

  /// False: more is to be done for it than adding it to a state that is known by number.
  bool add_numbered(std::uint32_t number, timestamp time, const T& row) {
    auto* const at = states_.all().find(time);
    if (at == nullptr || at->start < careful_before_) return false;
    const auto entry = at->by_number.of(number);
    if (entry == 0) return false;
    aggregation_.add(at->states[entry - 1].value, row);
    return true;
  }

  /// False: no more room, call again with the same row.
  bool take(const batch_view<T>& in, std::size_t i, timestamp time, const T& row, outlets out) {
    auto* at = states_.all().find(time);
    if (at == nullptr && (at = add_slice(time)) == nullptr)
      return detail::put_aside(in, i, out.at<T>(1), late_rows_);
    const auto& key = std::invoke(key_of_, row);
    const auto hash = key_hash(key);
    if (at->start < careful_before_) return take_carefully(*at, row, hash, key, out.at<out_row>(0));
    auto& state = state_of(*at, hash, key);
    if (const auto number = numbers_.give(hash, key))
      at->by_number.set(number, at->states.index_of(state), at->states.size());
    aggregation_.add(state, row);
    return true;
  }

  // --- firing

  /// Gives results on their way out for which there was no room; false: no more room, call again.
  bool finish(batch<out_row>& out) {
    return give_early(out) && (!firing_.is_firing() || fire(timestamp::min(), out));
  }
  /// Fires all windows that end by `watermark`, the same way.
  bool fire(timestamp watermark, batch<out_row>& out) {
    const bool is_done =
        firing_.fire(watermark, states_,
                     [&](const auto& key, timestamp start, timestamp end, const auto& state) {
                       if (out.is_full()) return false;
                       const bool is_update = early_.was_given(end, key);
                       results_.give(out, key, start, end, aggregation_, state, is_update);
                       return true;
                     });
    if (!is_done) return false;
    early_.forget(firing_.fired_to());
    set_careful();
    return true;
  }
  void set_careful() {
    careful_before_ = clock_.gives_early() ? timestamp::max() : firing_.fired_before();
  }

  /// Gives early results that are due; false: no more room, call again.
  bool give_early(batch<out_row>& out) {
    return early_.give_all(
        [&](timestamp start, timestamp end, std::uint64_t hash, const auto& key) {
          return states_.merged(start, end, hash, key);
        },
        [&](const auto& key, timestamp start, timestamp end, const auto& state, bool is_update) {
          if (out.is_full()) return false;
          results_.give(out, key, start, end, aggregation_, state, is_update, true);
          return true;
        });
  }

  /// Adds a row some of whose windows may have fired, which fire again for its key, or are to give
  /// early results. False: no more room, call again with the same row.
  bool take_carefully(slice& at, const T& row, std::uint64_t hash, const auto& key,
                      batch<out_row>& out) {
    if (!firing_.is_firing_again()) {
      const bool was_there = at.start < firing_.fired_before() && states_.has(at, hash, key);
      aggregation_.add(state_of(at, hash, key), row);
      states_.row_came(at.start, hash, key);
      firing_.row_came(at.start, was_there);
      if (clock_.gives_early()) early_.row_came(at.start, hash, key);
    }
    return firing_.fire_again(
        at, states_, hash, key,
        [&](timestamp start, timestamp end, const auto& state, bool is_update) {
          if (out.is_full()) return false;
          results_.give(out, key, start, end, aggregation_, state, is_update);
          return true;
        });
  }

  KeyOf key_of_;
  Aggregation aggregation_;
  time_windows windows_;
  timestamp careful_before_ = timestamp::min(); // rows before that need more than adding
  window_clock clock_;
  std::size_t unchecked_ = 0; // rows since it looked how much memory it takes
  window_states<key_type, Aggregation> states_;
  key_numbers<key_type> numbers_;
  firing firing_;
  early_windows<key_type, state> early_;
  std::size_t late_rows_ = 0;
  detail::window_results<out_row> results_;
};

/// Groups the rows of each key by time and gives what `aggregation` makes of each group. Rows that
/// come too late are on the side (`late()` of the stream it gives).
template <class Aggregation>
[[nodiscard]] auto window(time_windows windows, Aggregation aggregation,
                          window_options options = {}) {
  return window_adaptor<time_window_operator, time_windows, Aggregation>{
      windows, std::move(aggregation), options};
}

} // namespace weir
