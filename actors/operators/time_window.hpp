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
#include <weir/actors/operators/running_merges.hpp>
#include <weir/actors/operators/window_adaptor.hpp>
#include <weir/actors/operators/window_clock.hpp>
#include <weir/actors/operators/window_slices.hpp>
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
        allow_late_{options.allow_late},
        clock_{options},
        place_{std::move(place)},
        slices_{windows},
        running_{aggregation_},
        early_{windows} {
    set_careful();
  }

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<out_row>(), &row_type_of<T>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    const auto in = erased.as<T>();
    if (firing_ && !fire(watermark_, out.at<out_row>(0))) return 0;
    clock_.stir();
    const auto taken = take_all(in, out);
    if ((unchecked_ += taken) >= slices_.size()) { // which it looks at
      unchecked_ = 0;
      detail::check_memory(place_, usage());
    }
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::phase) return true;
    const auto watermark = detail::watermark_of(kind, value);
    clock_.stir(watermark);
    return fire(watermark, out.at<out_row>(0));
  }

  std::optional<moment> wakes_at() const override {
    if (is_giving_) return window_clock::at_once;
    return clock_.wakes_at({.is_open = is_open(), .has_changed = early_.has_changed()});
  }
  bool on_wake(moment now, outlets out) override {
    auto& results = out.at<out_row>(0);
    if (clock_.stands_still(now) && is_open()) {
      watermark_ = std::max(watermark_, windows_.last_end(slices_.back().start));
      is_closing_ = true;
      early_.settle(); // final results follow
    } else if (early_.has_changed() && clock_.is_early_due(now)) {
      early_to_ = fired_to_;
    }
    is_giving_ = !give_early(results) || (is_closing_ && !fire(watermark_, results));
    is_closing_ = is_closing_ && is_giving_;
    return !is_giving_;
  }

  /// Keys: one a slice in which it has rows.
  state_usage usage() const override {
    auto sum = slices_.usage(running_.states());
    sum.bytes += running_.bytes() + early_.bytes() + numbers_.bytes();
    sum.late_rows = late_rows_;
    return sum;
  }

  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    save_value(to, fired_to_);
    results_.save(to);
    slices_.save(to);
    early_.save(to);
  }
  void load(snapshot_reader& from) override {
    if (!load_value(from, watermark_) || !load_value(from, fired_to_) || !results_.load(from)
        || !slices_.load(from, aggregation_) || !early_.load(from))
      throw detail::damaged_window();
    set_careful();
  }

private:
  using table = key_table<key_type, state>;
  using slice = typename window_slices<table>::slice;
  /// A window on its way out.
  struct firing {
    timestamp start, end;
    table* only; // its states; nullptr: they are what `running_` is at
    bool is_early = false;
    std::size_t next = 0;
  };

  [[nodiscard]] bool is_open() const {
    return !slices_.empty() && windows_.last_end(slices_.back().start) > fired_to_;
  }
  [[nodiscard]] bool overlap() const noexcept { return windows_.size > windows_.slice(); }

  state& state_of(table& states, std::uint64_t hash, const auto& key) {
    return states.at(hash, key, [this] { return aggregation_.create(); });
  }

  [[nodiscard]] bool is_late(timestamp slice_start) const {
    return watermark_ > timestamp::min()
           && detail::moved(windows_.last_end(slice_start), allow_late_) <= watermark_;
  }

  /// nullptr: the row is late.
  slice* add_slice(timestamp time) {
    const auto start = windows_.slice_of(time);
    return is_late(start) ? nullptr : &slices_.add(start);
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
        if (numbers_.has_taken(block.size(), asked)) slices_.forget_numbers();
      }
    } catch (...) {
      throw_row_failure(i);
    }
    return i;
  }

  /// False: more is to be done for it than adding it to a state that is known by number.
  bool add_numbered(std::uint32_t number, timestamp time, const T& row) {
    auto* const at = slices_.find(time);
    if (at == nullptr || at->start < careful_before_) return false;
    const auto entry = at->by_number.of(number);
    if (entry == 0) return false;
    aggregation_.add(at->states[entry - 1].value, row);
    return true;
  }

  /// False: no more room, call again with the same row.
  bool take(const batch_view<T>& in, std::size_t i, timestamp time, const T& row, outlets out) {
    auto* at = slices_.find(time);
    if (at == nullptr && (at = add_slice(time)) == nullptr)
      return detail::put_aside(in, i, out.at<T>(1), late_rows_);
    const auto& key = std::invoke(key_of_, row);
    const auto hash = key_hash(key);
    if (at->start < careful_before_) return take_carefully(*at, row, hash, key, out.at<out_row>(0));
    auto& state = state_of(at->states, hash, key);
    if (const auto number = numbers_.give(hash, key))
      at->by_number.set(number, at->states.index_of(state), at->states.size());
    aggregation_.add(state, row);
    return true;
  }

  // --- firing

  /// Fires all windows that end by `watermark`; false: no more room, call again.
  bool fire(timestamp watermark, batch<out_row>& out) {
    watermark_ = std::max(watermark_, watermark);
    while (firing_ || begin_next()) {
      if (!give_all(*firing_, out)) return false;
      if (!firing_->is_early) early_.forget(firing_->end);
      firing_.reset();
    }
    // Those that nobody had a row in are over too: other keys must not change what a late row does.
    fired_to_ = std::max(fired_to_, watermark_);
    drop_done();
    return true;
  }

  /// The next window that is due, if there is one.
  bool begin_next() {
    const auto next = slices_.first_not(
        [this](timestamp start) { return windows_.last_end(start) <= fired_to_; });
    if (next == slices_.size()) return false;
    const auto end = windows_.first_end(std::max(slices_[next].start, fired_to_));
    if (end > watermark_) return false;
    fired_to_ = end;
    const auto start = detail::moved(end, -windows_.size);
    firing_.emplace(firing{start, end, overlap() ? nullptr : &slices_[next].states});
    if (overlap()) running_.move_to(start, end, slices_);
    return true;
  }

  bool give_all(firing& window, batch<out_row>& out) {
    const auto size = window.only == nullptr ? running_.size() : window.only->size();
    for (; window.next < size; ++window.next) {
      if (out.is_full()) return false;
      const auto give = [&](const auto& key, const auto& state) {
        const bool is_update =
            window.is_early ? early_.note(window.end, key) : early_.was_given(window.end, key);
        results_.give(out, key, window.start, window.end, aggregation_, state, is_update,
                      window.is_early);
      };
      if (window.only == nullptr) {
        running_.merged(window.next, give);
      } else {
        const auto& [key, state] = (*window.only)[window.next];
        give(key, state);
      }
    }
    return true;
  }

  /// Slices that no row can come to any more.
  void drop_done() {
    while (!slices_.empty() && is_late(slices_[0].start)) slices_.drop_front();
    if (slices_.empty()) running_.clear();
    set_careful();
  }
  void set_careful() {
    // Slices before the end of a window lie in it, or in one that ended earlier.
    careful_before_ =
        overlap() || allow_late_ > duration{0}
            ? detail::floor_to(fired_to_, windows_.slide, windows_.offset + windows_.size)
            : timestamp::min();
    if (clock_.gives_early()) careful_before_ = timestamp::max();
  }

  /// Gives what is changed of all open windows, if it is time; false: no more room, call again.
  bool give_early(batch<out_row>& out) {
    while (early_to_ && (firing_ || begin_early())) {
      if (!give_all(*firing_, out)) return false;
      firing_.reset();
    }
    return true;
  }
  bool begin_early() {
    early_to_ = early_.next(std::max(*early_to_, fired_to_), windows_);
    if (!early_to_) {
      early_.settle();
      return false;
    }
    const auto start = detail::moved(*early_to_, -windows_.size);
    early_states_.clear();
    early_.for_each_changed(start, *early_to_, [&](const auto& key) {
      const auto hash = key_hash(key);
      early_states_.at(hash, key,
                       [&] { return running_.merged_anew(start, *early_to_, slices_, hash, key); });
    });
    firing_.emplace(firing{start, *early_to_, &early_states_, true});
    return true;
  }

  /// Adds a row some of whose windows may have fired, which fire again for its key, or are to give
  /// early results. False: no more room, call again with the same row.
  bool take_carefully(slice& at, const T& row, std::uint64_t hash, const auto& key,
                      batch<out_row>& out) {
    if (!refired_to_) {
      was_there_ = at.states.find(hash, key) != nullptr;
      aggregation_.add(state_of(at.states, hash, key), row);
      running_.add_late(at.start, hash, key);
      if (clock_.gives_early()) early_.row_came(at.start, hash, key);
      refired_to_ = std::max(at.start, detail::moved(watermark_, -allow_late_));
    }
    for (auto end = windows_.first_end(*refired_to_);
         end <= windows_.last_end(at.start) && end <= fired_to_;
         end = detail::moved(end, windows_.slide)) {
      if (out.is_full()) return false;
      const auto start = detail::moved(end, -windows_.size);
      const bool is_update = was_there_ || has_beside(at, start, end, hash, key);
      results_.give(out, key, start, end, aggregation_,
                    running_.merged_anew(start, end, slices_, hash, key), is_update);
      refired_to_ = end;
    }
    refired_to_.reset();
    return true;
  }

  /// Whether the key has rows in another slice of a window: then a result was given for it.
  bool has_beside(const slice& at, timestamp start, timestamp end, std::uint64_t hash,
                  const auto& key) {
    for (auto i = slices_.first_from(start); i < slices_.size() && slices_[i].start < end; ++i)
      if (&slices_[i] != &at && slices_[i].states.find(hash, key) != nullptr) return true;
    return false;
  }

  KeyOf key_of_;
  Aggregation aggregation_;
  time_windows windows_;
  duration allow_late_;
  timestamp watermark_ = timestamp::min();
  timestamp fired_to_ = timestamp::min();       // windows that end by then have fired
  timestamp careful_before_ = timestamp::min(); // rows before that need more than adding
  window_clock clock_;
  state_place place_;
  std::size_t unchecked_ = 0; // rows since it looked how much memory it takes
  window_slices<table> slices_;
  key_numbers<key_type> numbers_;
  running_merges<key_type, Aggregation> running_; // of overlapping windows
  early_windows<key_type> early_;
  std::optional<timestamp> early_to_; // the end of the last window that gave early results
  table early_states_;                // of that window
  std::optional<firing> firing_;
  std::optional<timestamp> refired_to_; // of a late row that is not done with
  bool was_there_ = false;              // its key, in its slice, before it came
  bool is_closing_ = false;             // all windows fire
  bool is_giving_ = false;              // `on_wake` is to be called again
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
