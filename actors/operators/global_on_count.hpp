// SPDX-License-Identifier: Apache-2.0
//
// global_on_count: the operator behind one window of all rows of a key that says after every so
// many rows of the key what they come to.
//
// When history ends (phase 1) and when the stream does, it also fires for the keys that have rows
// since. From the second time on a key's results are updates. Rows need no event time and are never
// late. State: one aggregation state a key.
//
//   words | key_by(std::identity{}) | window(global(on_count(1000)), agg::count())
//
// Start and end of results are zero. Their event time is that of the row that completes them, or
// the watermark if that is later; none if there is none. Outlets: results, late rows (none).

#pragma once

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
class global_on_count_operator final : public any_operator {
public:
  using key_type = typename detail::window_types<T, KeyOf, Aggregation>::key_type;
  using state = typename detail::window_types<T, KeyOf, Aggregation>::state;
  using out_row = typename detail::window_types<T, KeyOf, Aggregation>::out_row;
  static constexpr bool ignores_watermarks = true; // rows count as they come

  global_on_count_operator(KeyOf key_of, Aggregation aggregation,
                           triggered_global<on_count> windows, window_options, state_place place)
      : key_of_{std::move(key_of)},
        aggregation_{std::move(aggregation)},
        every_{static_cast<std::uint64_t>(windows.trigger.rows)},
        place_{std::move(place)} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<out_row>(), &row_type_of<T>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    const auto in = erased.as<T>();
    auto& to = out.at<out_row>(0);
    const auto taken = detail::take_each_row(in, [&](std::size_t i, const T& row) {
      const auto& key = std::invoke(key_of_, row);
      auto& all = rows_of(key_hash(key), key);
      const bool fires = all.fresh + 1 == every_;
      if (fires && !results_.has_room_at(in.has_times(), to)) return false;
      aggregation_.add(all.content, row);
      ++all.fresh;
      if (fires) {
        const auto least = time_.value_or(timestamp::min());
        give(key, all,
             in.has_times() ? std::optional{std::max(in.time_of(i), least)} : std::nullopt, to);
      }
      return true;
    });
    detail::check_memory(place_, usage());
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::watermark) {
      time_ = std::max(time_.value_or(timestamp::min()), timestamp{duration{value}});
      return true;
    }
    return (kind == mark::phase && value != 1) || give_fresh(out.at<out_row>(0));
  }
  state_usage usage() const override {
    const auto held = [](const rows_of_key& all) { return held_bytes(all.content); };
    return {.entries = keys_.size(), .bytes = detail::bytes_of(keys_, held)};
  }

  open_windows open() const override {
    open_windows all;
    for (const auto& [key, rows] : keys_)
      if (rows.fresh > 0) ++all.entries;
    return all;
  }

  void save(snapshot_writer& to) const override {
    save_value(to, time_);
    results_.save(to);
    to.write(static_cast<std::uint64_t>(keys_.size()));
    for (const auto& [key, all] : keys_) {
      save_value(to, key);
      to.write(all.fresh).write(all.was_given);
      save_value(to, all.content);
    }
  }
  void load(snapshot_reader& from) override {
    std::uint64_t keys = 0;
    bool is_good = load_value(from, time_) && results_.load(from) && from.read(keys).ok();
    for (; is_good && keys > 0; --keys) {
      key_type key{};
      is_good = load_value(from, key);
      if (!is_good) break;
      auto& all = rows_of(key_hash(key), key);
      is_good = from.read(all.fresh).read(all.was_given).ok() && all.fresh < every_
                && load_value(from, all.content);
    }
    if (!is_good) throw detail::damaged_window();
  }

private:
  struct rows_of_key {
    state content;
    std::uint64_t fresh = 0; // rows since it fired
    bool was_given = false;
  };

  rows_of_key& rows_of(std::uint64_t hash, const auto& key) {
    return keys_.at(hash, key, [this] { return rows_of_key{.content = aggregation_.create()}; });
  }

  /// False: no more room, call again.
  bool give_fresh(batch<out_row>& out) {
    for (; next_ < keys_.size(); ++next_) {
      auto& [key, all] = keys_[next_];
      if (all.fresh == 0) continue;
      if (!results_.has_room_at(time_.has_value(), out)) return false;
      give(key, all, time_, out);
    }
    next_ = 0;
    return true;
  }
  void give(const auto& key, rows_of_key& all, std::optional<timestamp> time, batch<out_row>& out) {
    auto& given =
        results_.give_at(time, out, key, timestamp{}, timestamp{}, aggregation_, all.content);
    given.is_update = std::exchange(all.was_given, true);
    all.fresh = 0;
  }

  KeyOf key_of_;
  Aggregation aggregation_;
  std::uint64_t every_;
  state_place place_;
  key_table<key_type, rows_of_key> keys_;
  std::size_t next_ = 0;          // of the keys, at a mark
  std::optional<timestamp> time_; // the watermark
  detail::window_results<out_row> results_;
};

/// Gives what `aggregation` makes of all rows of each key, after every so many.
template <class Aggregation>
[[nodiscard]] auto window(triggered_global<on_count> windows, Aggregation aggregation,
                          window_options options = {}) {
  return window_adaptor<global_on_count_operator, triggered_global<on_count>, Aggregation>{
      windows, std::move(aggregation), options};
}

} // namespace weir
