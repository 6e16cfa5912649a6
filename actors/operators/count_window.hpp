// SPDX-License-Identifier: Apache-2.0
//
// count_window: the operator behind windows of the last so many rows of a key.
//
// Window i of a key has its rows up to number i * every, the last `rows` of them; the first windows
// of overlapping ones have fewer. When the stream ends, the window that would have fired next is
// given with the rows it has, marked as not complete, if the key has rows since the last one. Rows
// count in the order in which they come, so none is late and none needs an event time.
//
// Rows are added to slices as long as the greatest common divisor of `rows` and `every`, and a
// window merges its slices two by two: what a row costs grows with the logarithm of their number.
// State: one aggregation state a key, and up to four for each slice of overlapping windows.
//
//   readings | key_by(&reading::sensor) | window(count_window(100, 10), agg::mean(&reading::value))
//
// A result's event time is that of the latest of its rows, or the watermark if that is later; none
// if the row that completes it has none. Outlets: results, late rows (none).

#pragma once

#include <weir/actors/operators/slice_tree.hpp>
#include <weir/actors/operators/window_adaptor.hpp>
#include <weir/actors/state/key_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

template <row T, class KeyOf, class Aggregation>
class count_window_operator final : public any_operator {
  using types = detail::window_types<T, KeyOf, Aggregation>;

public:
  using key_type = typename types::key_type;
  using out_row = windowed_rows<key_type, typename types::value_type>;
  static constexpr bool ignores_watermarks = true; // rows count as they come

  count_window_operator(KeyOf key_of, Aggregation aggregation, count_windows windows,
                        window_options, state_place place)
      : key_of_{std::move(key_of)},
        aggregation_{std::move(aggregation)},
        slice_rows_{static_cast<std::uint64_t>(std::gcd(windows.rows, windows.every))},
        size_{static_cast<std::size_t>(windows.rows) / slice_rows_},
        slide_{static_cast<std::size_t>(windows.every) / slice_rows_},
        place_{std::move(place)} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<out_row>(), &row_type_of<T>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    const auto in = erased.as<T>();
    auto& to = out.at<out_row>(0);
    const bool are_timed = in.has_times();
    const auto taken = detail::take_each_row(in, [&](std::size_t i, const T& row) {
      return take(row, are_timed ? std::optional{in.time_of(i)} : std::nullopt, to);
    });
    detail::check_memory(place_, usage());
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::watermark) watermark_ = std::max(watermark_, timestamp{duration{value}});
    return kind != mark::end || give_rest(out.at<out_row>(0));
  }
  state_usage usage() const override {
    const auto held = [](const rows_of_key& rows) { // all slices of a key as the open one
      return held_bytes(rows.open.content) * (1 + rows.past.kept());
    };
    return {.entries = keys_.size(),
            .bytes = detail::bytes_of(keys_, held) + kept_slices_ * sizeof(slice)};
  }

  open_windows open() const override {
    open_windows all;
    for (const auto& [key, rows] : keys_)
      if (rows.in_open > 0 || rows.since_fired > 0) ++all.entries;
    return all;
  }

  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    results_.save(to);
    to.write(static_cast<std::uint64_t>(keys_.size()));
    for (const auto& [key, rows] : keys_) {
      save_value(to, key);
      to.write(rows.in_open).write(rows.since_fired);
      save_slice(to, rows.open);
      rows.past.save(to, [&](const slice& one) { save_slice(to, one); });
    }
  }
  void load(snapshot_reader& from) override {
    std::uint64_t keys = 0;
    bool is_good = load_value(from, watermark_) && results_.load(from) && from.read(keys).ok();
    for (; is_good && keys > 0; --keys) {
      key_type key{};
      is_good = load_value(from, key);
      if (!is_good) break;
      auto& rows = rows_of(key_hash(key), key);
      is_good = from.read(rows.in_open).read(rows.since_fired).ok() && rows.in_open < slice_rows_
                && rows.since_fired < slide_ && load_slice(from, rows.open)
                && rows.past.load(from, size_, [&](std::vector<slice>& to) {
                     return load_slice(from, to.emplace_back(made_slice()));
                   });
      kept_slices_ += rows.past.kept();
    }
    if (!is_good) throw detail::damaged_window();
  }

private:
  struct slice {
    timestamp first, last; // of its rows; the wrong way round: they have none
    typename types::state content;
  };
  struct rows_of_key {
    slice open; // what rows are added to
    std::uint64_t in_open = 0;
    std::uint64_t since_fired = 0; // slices
    slice_tree<slice> past = {};   // empty while a window is one slice
  };

  slice made_slice() const { return {timestamp::max(), timestamp::min(), aggregation_.create()}; }
  rows_of_key& rows_of(std::uint64_t hash, const auto& key) {
    return keys_.at(hash, key, [this] { return rows_of_key{.open = made_slice()}; });
  }
  [[nodiscard]] auto merging() const {
    return [this](slice& to, const slice& later) {
      aggregation_.merge(to.content, later.content);
      to.first = std::min(to.first, later.first);
      to.last = std::max(to.last, later.last);
    };
  }

  /// False: no more room, call again with the same row.
  bool take(const T& row, std::optional<timestamp> time, batch<out_row>& out) {
    const auto& key = std::invoke(key_of_, row);
    auto& rows = rows_of(key_hash(key), key);
    const bool fills = rows.in_open + 1 == slice_rows_;
    const bool fires = fills && rows.since_fired + 1 == slide_;
    if (fires && !results_.has_room_at(time.has_value(), out)) return false;
    aggregation_.add(rows.open.content, row);
    if (time) {
      rows.open.first = std::min(rows.open.first, *time);
      rows.open.last = std::max(rows.open.last, *time);
    }
    ++rows.in_open;
    if (fills) end_slice(key, rows, time.has_value(), out);
    return true;
  }

  void end_slice(const auto& key, rows_of_key& rows, bool has_time, batch<out_row>& out) {
    rows.in_open = 0;
    ++rows.since_fired;
    if (size_ == 1) {
      give(key, std::exchange(rows.open, made_slice()), has_time, true, out);
    } else {
      kept_slices_ -= rows.past.kept();
      rows.past.add(std::exchange(rows.open, made_slice()), size_, merging());
      kept_slices_ += rows.past.kept();
      if (rows.since_fired < slide_) return;
      const auto behind = rows.past.size();
      give(key,
           rows.past.merged(behind - std::min<std::uint64_t>(behind, size_), behind, merging()),
           has_time, true, out);
    }
    rows.since_fired = 0;
  }

  /// What there is of the windows that would fire next. False: no more room, call again.
  bool give_rest(batch<out_row>& out) {
    for (; next_ < keys_.size(); ++next_) {
      const auto& [key, rows] = keys_[next_];
      if (rows.in_open == 0 && rows.since_fired == 0) continue;
      const auto behind = rows.past.size();
      const auto end = behind + slide_ - rows.since_fired;
      const auto first = end - std::min<std::uint64_t>(end, size_);
      const auto merge = merging();
      auto all = first < behind ? rows.past.merged(first, behind, merge) : made_slice();
      if (rows.in_open > 0) merge(all, rows.open);
      const bool has_time = all.first <= all.last;
      if (!results_.has_room_at(has_time, out)) return false;
      give(key, all, has_time, false, out);
    }
    return true;
  }

  void give(const auto& key, const slice& all, bool has_time, bool is_complete,
            batch<out_row>& out) {
    const bool has_bounds = all.first <= all.last;
    const auto time = has_time ? std::optional{std::max(all.last, watermark_)} : std::nullopt;
    auto& given = results_.give_at(time, out, key, has_bounds ? all.first : timestamp{},
                                   has_bounds ? all.last : timestamp{}, aggregation_, all.content);
    given.is_complete = is_complete;
  }

  void save_slice(snapshot_writer& to, const slice& from) const {
    save_value(to, from.first);
    save_value(to, from.last);
    save_value(to, from.content);
  }
  bool load_slice(snapshot_reader& from, slice& to) const {
    return load_value(from, to.first) && load_value(from, to.last) && load_value(from, to.content);
  }

  KeyOf key_of_;
  Aggregation aggregation_;
  std::uint64_t slice_rows_;
  std::size_t size_, slide_; // of a window, in slices
  state_place place_;
  timestamp watermark_ = timestamp::min();
  key_table<key_type, rows_of_key> keys_;
  std::size_t kept_slices_ = 0;
  std::size_t next_ = 0; // of the keys, when the stream ends
  detail::window_results<out_row> results_;
};

/// Gives what `aggregation` makes of so many rows of each key.
template <class Aggregation>
[[nodiscard]] auto window(count_windows windows, Aggregation aggregation,
                          window_options options = {}) {
  return window_adaptor<count_window_operator, count_windows, Aggregation>{
      windows, std::move(aggregation), options};
}

} // namespace weir
