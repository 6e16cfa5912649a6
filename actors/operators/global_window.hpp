// SPDX-License-Identifier: Apache-2.0
//
// global_window: the operator behind one window of all rows of a key.
//
// It fires when the history has ended (phase 1), which a stream that only goes on for ever also
// reaches, and when the stream ends: each time for the keys that have rows since, in the order in
// which these came; from the second time on as updates. A stream that ends and has no history is
// given once. Rows need no event time and are never late. State: one aggregation state a key, and
// one more for each key with rows since it fired.
//
//   lines | flat_map(words) | key_by(std::identity{}) | window(global(), agg::count())
//
// Results have no bounds: start and end are zero. Their event time is the watermark, if there is
// one. Outlets: results, late rows (none).

#pragma once

#include <weir/actors/operators/keyed_rows.hpp>
#include <weir/actors/operators/window_adaptor.hpp>
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
class global_window_operator final : public any_operator {
public:
  using key_type = typename detail::window_types<T, KeyOf, Aggregation>::key_type;
  using state = typename detail::window_types<T, KeyOf, Aggregation>::state;
  using out_row = typename detail::window_types<T, KeyOf, Aggregation>::out_row;
  static constexpr bool ignores_watermarks = true; // rows count as they come

  global_window_operator(KeyOf key_of, Aggregation aggregation, global_windows, window_options,
                         state_place place)
      : key_of_{std::move(key_of)},
        aggregation_{std::move(aggregation)},
        place_{std::move(place)} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<out_row>(), &row_type_of<T>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets) override {
    const auto taken = detail::take_keyed_rows(
        erased.as<T>(), key_of_, fresh_, [&](std::uint64_t hash, const auto& key, const T& row) {
          aggregation_.add(state_of(fresh_, hash, key), row);
        });
    detail::check_memory(place_, usage());
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::watermark) {
      time_ = std::max(time_.value_or(timestamp::min()), timestamp{duration{value}});
      return true;
    }
    return (kind == mark::phase && value != 1) || fire(out.at<out_row>(0));
  }
  state_usage usage() const override {
    return {.entries = totals_.size() + fresh_.size(),
            .bytes = detail::bytes_of(totals_) + detail::bytes_of(fresh_)};
  }

  open_windows open() const override { return {.entries = fresh_.size()}; }

  void save(snapshot_writer& to) const override {
    save_value(to, time_);
    results_.save(to);
    detail::save_states(to, totals_);
    detail::save_states(to, fresh_);
  }
  void load(snapshot_reader& from) override {
    if (!load_value(from, time_) || !results_.load(from)
        || !detail::load_states(from, totals_, aggregation_)
        || !detail::load_states(from, fresh_, aggregation_))
      throw detail::damaged_window();
  }

private:
  using table = key_table<key_type, state>;

  state& state_of(table& states, std::uint64_t hash, const auto& key) {
    return states.at(hash, key, [this] { return aggregation_.create(); });
  }

  /// False: no more room, call again.
  bool fire(batch<out_row>& out) {
    for (; next_ < fresh_.size(); ++next_) {
      if (!results_.has_room_at(time_.has_value(), out)) return false;
      const auto& [key, state] = fresh_[next_];
      give(key, state, out);
    }
    next_ = 0;
    if (totals_.empty())
      std::swap(totals_, fresh_);
    else
      fresh_.clear();
    return true;
  }
  void give(const key_type& key, const state& fresh, batch<out_row>& out) {
    const state* total = &fresh;
    const auto known = totals_.size();
    if (known > 0) {
      auto& all = state_of(totals_, key_hash(key), key);
      aggregation_.merge(all, fresh);
      total = &all;
    }
    auto& given = results_.give_at(time_, out, key, timestamp{}, timestamp{}, aggregation_, *total);
    given.is_update = known > 0 && totals_.size() == known;
  }

  KeyOf key_of_;
  Aggregation aggregation_;
  state_place place_;
  table fresh_;                   // rows since it fired
  table totals_;                  // all rows before that
  std::size_t next_ = 0;          // of the keys in `fresh_`, while it fires
  std::optional<timestamp> time_; // the watermark
  detail::window_results<out_row> results_;
};

/// Gives what `aggregation` makes of all rows of each key.
template <class Aggregation>
[[nodiscard]] auto window(global_windows windows, Aggregation aggregation,
                          window_options options = {}) {
  return window_adaptor<global_window_operator, global_windows, Aggregation>{
      windows, std::move(aggregation), options};
}

} // namespace weir
