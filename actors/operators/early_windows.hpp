// SPDX-License-Identifier: Apache-2.0
//
// early_windows: what an operator of tumbling or sliding windows remembers for early results: the
// keys that had rows, a slice, since the last ones, and those that had early results, a window.
//
// Memory: a key each. A row costs one look-up, whatever size / slide is; early results are given
// for each window that is open, so there are size / slide for a key that had a row.
//
//   early.row_came(slice_start, hash, key);
//   for (auto end = early.next(to, windows); end; end = early.next(*end, windows)) ...

#pragma once

#include <weir/actors/operators/window_slices.hpp>
#include <weir/actors/state/key_table.hpp>
#include <weir/actors/state/persist.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace weir {

template <class Key>
class early_windows {
public:
  explicit early_windows(const time_windows& windows) : changed_{windows} {}

  void row_came(timestamp slice, std::uint64_t hash, const auto& key) {
    auto* at = changed_.find(slice);
    if (at == nullptr) at = &changed_.add(slice);
    at->states.at(hash, key, [] { return there{}; });
  }
  [[nodiscard]] bool has_changed() const noexcept { return !changed_.empty(); }
  /// All changes are given.
  void settle() {
    while (!changed_.empty()) changed_.drop_front();
  }

  /// The end of the first window behind that which ends at `behind` that has changed.
  [[nodiscard]] std::optional<timestamp> next(timestamp behind, const time_windows& windows) const {
    const auto at =
        changed_.first_not([&](timestamp start) { return windows.last_end(start) <= behind; });
    if (at == changed_.size()) return std::nullopt;
    return windows.first_end(std::max(changed_[at].start, behind));
  }
  /// Calls `use(key)` for the keys that have changed; several times for one in several slices.
  void for_each_changed(timestamp start, timestamp end, const auto& use) const {
    for (auto i = changed_.first_from(start); i < changed_.size() && changed_[i].start < end; ++i)
      for (const auto& [key, _] : changed_[i].states) use(key);
  }

  /// Whether there was an early result; from now on there was.
  bool note(timestamp end, const Key& key) {
    auto& keys = given_[end];
    const auto known = keys.size();
    keys.at(key_hash(key), key, [] { return there{}; });
    return keys.size() == known;
  }
  [[nodiscard]] bool was_given(timestamp end, const Key& key) {
    const auto keys = given_.find(end);
    return keys != given_.end() && keys->second.find(key_hash(key), key) != nullptr;
  }
  /// The windows that end by then have fired.
  void forget(timestamp end) { given_.erase(given_.begin(), given_.upper_bound(end)); }

  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < changed_.size(); ++i) sum += changed_[i].states.bytes();
    for (const auto& [_, keys] : given_) sum += keys.bytes();
    return sum;
  }

  void save(snapshot_writer& to) const {
    to.write(static_cast<std::uint64_t>(changed_.size()));
    for (std::size_t i = 0; i < changed_.size(); ++i)
      save_keys(to, changed_[i].start, changed_[i].states);
    to.write(static_cast<std::uint64_t>(given_.size()));
    for (const auto& [end, keys] : given_) save_keys(to, end, keys);
  }
  bool load(snapshot_reader& from) {
    return load_keys(from,
                     [&](timestamp slice, const Key& key) { row_came(slice, key_hash(key), key); })
           && load_keys(from, [&](timestamp end, const Key& key) { note(end, key); });
  }

private:
  struct there {};
  using keys = key_table<Key, there>;

  static void save_keys(snapshot_writer& to, timestamp at, const keys& all) {
    save_value(to, at);
    to.write(static_cast<std::uint64_t>(all.size()));
    for (const auto& [key, _] : all) save_value(to, key);
  }
  static bool load_keys(snapshot_reader& from, const auto& use) {
    std::uint64_t times = 0, count = 0;
    bool is_good = from.read(times).ok();
    for (timestamp at; is_good && times > 0; --times) {
      is_good = load_value(from, at) && from.read(count).ok();
      for (; is_good && count > 0; --count) {
        Key key{};
        is_good = load_value(from, key);
        if (is_good) use(at, key);
      }
    }
    return is_good;
  }

  window_slices<keys> changed_;     // by slice
  std::map<timestamp, keys> given_; // by the end of their window
};

} // namespace weir
