// SPDX-License-Identifier: Apache-2.0
//
// window_parts: what the operators of all kinds of windows are made of: the types that follow from
// rows, key and aggregation, how rows are taken and put aside, and how results are given. A new
// kind of window is an operator made of these, and one overload of `window`.

#pragma once

#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/keyed.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/operators/window.hpp>
#include <weir/actors/state/held_bytes.hpp>
#include <weir/actors/state/key_table.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/actors/state/state_place.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <row T, class KeyOf, class Aggregation>
struct window_types {
  using key_type = owned_key<std::remove_cvref_t<std::invoke_result_t<KeyOf&, const T&>>>;
  using state = agg::aggregation_state<Aggregation>;
  using value_type = agg::aggregation_result<Aggregation>;
  using out_row = windowed<key_type, value_type>;
};

/// Calls `take(i, row)` for each row until it says false: no room. Gives the rows taken.
template <row T, class Take>
[[gnu::always_inline]] inline std::size_t take_each_row(const batch_view<T>& in, Take take) {
  std::size_t i = 0;
  try {
    for (const auto rows = in.rows(); i < rows.size(); ++i)
      if (!take(i, rows[i])) break;
  } catch (...) {
    throw_row_failure(i);
  }
  return i;
}

template <row T>
void require_times(const batch_view<T>& in) {
  if (!in.has_times())
    throw std::runtime_error{"its rows carry no event time: put event_time(...) before it"};
}

/// Calls `take(i, time, row)`, the same way.
template <row T, class Take>
[[gnu::always_inline]] inline std::size_t take_timed_rows(const batch_view<T>& in, Take take) {
  require_times(in);
  return take_each_row(in,
                       [&](std::size_t i, const T& row) { return take(i, in.time_of(i), row); });
}

/// False: no room. Counts what it put aside.
template <row T>
bool put_aside(batch_view<T> in, std::size_t i, batch<T>& to, std::size_t& count) {
  if (to.is_full()) return false;
  ++count;
  to.inherit(in.whole(), in.first() + i, 1, borrows<T>);
  to.next() = take_row(in, i);
  to.push_next();
  return true;
}

/// The watermark that a mark means.
[[nodiscard]] inline timestamp watermark_of(any_operator::mark kind, std::int64_t value) noexcept {
  return kind == any_operator::mark::end ? timestamp::max() : timestamp{duration{value}};
}

[[nodiscard]] inline std::runtime_error damaged_window() {
  return std::runtime_error{"the snapshot of a window is damaged; start without it"};
}

/// What an entry of a table holds on the heap, about: `held(entry)` of 16 of them, evenly spread.
template <class Table>
[[nodiscard]] double heap_of_entry(const Table& table, const auto& held) {
  const auto count = std::min<std::size_t>(table.size(), 16);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += held(table[i * table.size() / count]);
  return count == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(count);
}

/// Throws where windows hold more than they may. `can_spill`: those of their kind do where there is
/// a backend; others keep everything in memory.
void check_memory(const state_place& place, const state_usage& held, bool can_spill = false);
/// What windows hold in memory beside states that are written does not fit.
[[nodiscard]] std::runtime_error windows_too_large(const state_place& place, std::size_t slices,
                                                   std::size_t bytes);

/// What the tables of slices may take more, while and after they grow, when so many rows come.
/// `slices` point to what has `states`.
[[nodiscard]] std::size_t growth_of(const auto& slices, std::size_t rows) noexcept {
  using table = std::remove_cvref_t<decltype(slices.front()->states)>;
  std::size_t sum = table::bytes_for(rows);
  for (const auto& one : slices)
    if (one->states.room() < rows) sum += 2 * one->states.bytes();
  return sum;
}

template <class Key, class State>
void save_states(snapshot_writer& to, const key_table<Key, State>& states) {
  to.write(static_cast<std::uint64_t>(states.size()));
  for (const auto& [key, state] : states) {
    save_value(to, key);
    save_value(to, state);
  }
}
/// False: damaged. Precondition: the table is empty.
template <class Key, class State>
bool load_states(snapshot_reader& from, key_table<Key, State>& states, const auto& aggregation) {
  std::uint64_t keys = 0;
  bool is_good = from.read(keys).ok();
  for (; is_good && keys > 0; --keys) {
    Key key{};
    State loaded = aggregation.create();
    is_good = load_value(from, key) && load_value(from, loaded);
    if (is_good) states.at(key_hash(key), key, [&] { return std::move(loaded); });
  }
  return is_good;
}

/// Of a table with what its keys and values own, measured by 16 of them. `held(value)` tells the
/// latter.
template <class Key, class Value>
std::size_t bytes_of(const key_table<Key, Value>& table, const auto& held) {
  const auto some = std::min<std::size_t>(table.size(), 16);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < some; ++i) {
    const auto& [key, value] =
        *(table.begin() + static_cast<std::ptrdiff_t>(i * table.size() / some));
    bytes += held_bytes(key) + held(value);
  }
  return table.bytes() + (some == 0 ? 0 : bytes * table.size() / some);
}
template <class Key, class State>
std::size_t bytes_of(const key_table<Key, State>& states) {
  return bytes_of(states, [](const State& state) { return held_bytes(state); });
}

/// Gives results, numbered as their position.
template <class OutRow>
class window_results {
public:
  /// Precondition: there is room. What the aggregation throws names key and window. Its event time
  /// is the last moment of its window.
  template <class Aggregation>
  void give(batch<OutRow>& out, const auto& key, timestamp start, timestamp end,
            const Aggregation& from, const agg::aggregation_state<Aggregation>& state,
            bool is_update, bool is_early = false) {
    auto& row = give_at(moved(end, duration{-1}), out, key, start, end, from, state);
    row.is_update = is_update;
    row.is_early = is_early;
  }

  /// With another event time, or none. Precondition: `has_room_at`. Gives the row, to be completed.
  template <class Aggregation>
  OutRow& give_at(std::optional<timestamp> time, batch<OutRow>& out, const auto& key,
                  timestamp start, timestamp end, const Aggregation& from,
                  const agg::aggregation_state<Aggregation>& state) {
    if (out.empty()) out.set_origin({nullptr, given_});
    if (time) out.times_for_writing()[out.size()] = *time;
    auto& to = out.next();
    to.key = key;
    to.start = start;
    to.end = end;
    try {
      to.value = from.result(state);
    } catch (const std::exception& thrown) {
      throw std::runtime_error{"key " + text_of_key(to.key) + text_of_window(start, end) + ": "
                               + thrown.what()};
    }
    out.push_next();
    ++given_;
    return to;
  }
  /// In a batch all rows have event times, or none.
  [[nodiscard]] static bool has_room_at(bool has_time, batch<OutRow>& out) {
    if (!out.empty() && out.has_times() != has_time) out.close();
    return !out.is_full();
  }

  void save(snapshot_writer& to) const { to.write(given_); }
  bool load(snapshot_reader& from) { return from.read(given_).ok(); }

private:
  static std::string text_of_window(timestamp start, timestamp end) {
    if (start == end) return {}; // one without bounds
    return ", window from " + to_string(start) + " to " + to_string(end);
  }

  std::uint64_t given_ = 0;
};

} // namespace weir::detail
