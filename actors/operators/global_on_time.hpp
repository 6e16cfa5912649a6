// SPDX-License-Identifier: Apache-2.0
//
// global_on_time: the operator behind one window of all rows of a key that says at every multiple
// of a span of event time what the rows before it come to.
//
// Time is cut into slices of that span. When the watermark has reached the end of one, its states
// are merged into those of all rows before, and the keys with rows in it are given, from the second
// time on as updates. A row whose slice was given counts in the next one: none is late. When the
// stream ends all slices are given. State: one aggregation state a key, and one more for each
// slice with rows that is still to be given.
//
//   words | key_by(std::identity{}) | window(global(on_time(10s)), agg::count())
//
//   slices   [0,10)  [10,20)  [20,30) ...
//   results  └───10  └────20  └────30         of all rows before that
//
// Start of results is zero, end the multiple. Outlets: results, late rows (none). Rows must carry
// event times.

#pragma once

#include <weir/actors/operators/window_adaptor.hpp>
#include <weir/actors/operators/window_slices.hpp>
#include <weir/actors/state/key_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace weir {

template <row T, class KeyOf, class Aggregation>
class global_on_time_operator final : public any_operator {
public:
  using key_type = typename detail::window_types<T, KeyOf, Aggregation>::key_type;
  using state = typename detail::window_types<T, KeyOf, Aggregation>::state;
  using out_row = typename detail::window_types<T, KeyOf, Aggregation>::out_row;

  global_on_time_operator(KeyOf key_of, Aggregation aggregation, triggered_global<on_time> windows,
                          window_options, state_place place)
      : key_of_{std::move(key_of)},
        aggregation_{std::move(aggregation)},
        spans_{tumbling(windows.trigger.every)},
        place_{std::move(place)},
        slices_{spans_} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<out_row>(), &row_type_of<T>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets) override {
    const auto taken =
        detail::take_timed_rows(erased.as<T>(), [&](std::size_t, timestamp time, const T& row) {
          auto* at = slices_.find(time);
          if (at == nullptr) at = &slice_for(time);
          const auto& key = std::invoke(key_of_, row);
          aggregation_.add(state_of(at->states, key_hash(key), key), row);
          return true;
        });
    detail::check_memory(place_, usage());
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    return kind == mark::phase || fire(detail::watermark_of(kind, value), out.at<out_row>(0));
  }
  state_usage usage() const override {
    state_usage used{.entries = totals_.size(), .bytes = detail::bytes_of(totals_)};
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      used.entries += slices_[i].states.size();
      used.bytes += detail::bytes_of(slices_[i].states);
    }
    return used;
  }

  /// Entries: one a key and slice, as its result has not said what is in there.
  open_windows open() const override {
    open_windows all;
    for (std::size_t i = 0; i < slices_.size(); ++i) all.entries += slices_[i].states.size();
    return all;
  }

  void save(snapshot_writer& to) const override {
    save_value(to, fired_to_);
    results_.save(to);
    detail::save_states(to, totals_);
    to.write(static_cast<std::uint64_t>(slices_.size()));
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      save_value(to, slices_[i].start);
      detail::save_states(to, slices_[i].states);
    }
  }
  void load(snapshot_reader& from) override {
    std::uint64_t slices = 0;
    bool is_good = load_value(from, fired_to_) && results_.load(from)
                   && detail::load_states(from, totals_, aggregation_) && from.read(slices).ok();
    for (timestamp start; is_good && slices > 0; --slices)
      is_good = load_value(from, start)
                && detail::load_states(from, slices_.add(start).states, aggregation_);
    if (!is_good) throw detail::damaged_window();
  }

private:
  using table = key_table<key_type, state>;
  using slice = typename window_slices<table>::slice;

  state& state_of(table& states, std::uint64_t hash, const auto& key) {
    return states.at(hash, key, [this] { return aggregation_.create(); });
  }
  slice& slice_for(timestamp time) {
    time = std::max(time, fired_to_);
    auto* const at = slices_.find(time);
    return at == nullptr ? slices_.add(spans_.slice_of(time)) : *at;
  }

  /// False: no more room, call again.
  bool fire(timestamp watermark, batch<out_row>& out) {
    for (; !slices_.empty(); slices_.drop_front()) {
      const auto end = spans_.last_end(slices_[0].start);
      if (end > watermark) break;
      for (auto& fresh = slices_[0].states; next_ < fresh.size(); ++next_) {
        if (out.is_full()) return false;
        give(fresh[next_].key, fresh[next_].value, end, out);
      }
      next_ = 0;
    }
    // Those that no row was in are over too: other keys must not change where a late row counts.
    fired_to_ = std::max(fired_to_, spans_.slice_of(watermark));
    return true;
  }
  void give(const key_type& key, const state& fresh, timestamp end, batch<out_row>& out) {
    const auto known = totals_.size();
    auto& all = state_of(totals_, key_hash(key), key);
    aggregation_.merge(all, fresh);
    results_.give(out, key, timestamp{}, end, aggregation_, all, totals_.size() == known);
  }

  KeyOf key_of_;
  Aggregation aggregation_;
  time_windows spans_;
  state_place place_;
  window_slices<table> slices_; // those that are still to be given
  table totals_;                // all rows before
  timestamp fired_to_ = timestamp::min();
  std::size_t next_ = 0; // of the keys of the first slice, while it is given
  detail::window_results<out_row> results_;
};

/// Gives what `aggregation` makes of all rows of each key, at every multiple of a span of time.
template <class Aggregation>
[[nodiscard]] auto window(triggered_global<on_time> windows, Aggregation aggregation,
                          window_options options = {}) {
  return window_adaptor<global_on_time_operator, triggered_global<on_time>, Aggregation>{
      windows, std::move(aggregation), options};
}

} // namespace weir
