// SPDX-License-Identifier: Apache-2.0
//
// early_windows: early results of tumbling or sliding windows: which keys of which windows are to
// give one, and going through them.
//
// It remembers the keys that had rows, a slice, since the last early results, and those that had
// early results, a window. Windows and keys come out in order, each once, and it may be stopped at
// any of them, for want of room. Memory: a key each, and while it gives one window's states. A row
// costs one look-up, whatever size / slide is; early results are given for each window that is
// open, so there are size / slide for a key that had a row.
//
//   early.row_came(slice_start, hash, key);
//   early.begin(fired_to);
//   const bool is_done = early.give_all(merged, give);   // false: call again

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

template <class Key, class State>
class early_windows {
public:
  explicit early_windows(const time_windows& windows) : windows_{windows}, changed_{windows} {}

  void row_came(timestamp slice, std::uint64_t hash, const auto& key) {
    auto* at = changed_.find(slice);
    if (at == nullptr) at = &changed_.add(slice);
    at->states.at(hash, key, [] { return there{}; });
  }
  [[nodiscard]] bool has_changed() const noexcept { return !changed_.empty(); }
  /// Nothing that changed so far is to be given.
  void settle() {
    while (!changed_.empty()) changed_.drop_front();
    given_to_.reset();
    states_.clear();
    next_ = 0;
  }

  /// What has changed of windows that end behind `fired_to` is to be given.
  void begin(timestamp fired_to) { given_to_ = fired_to; }
  [[nodiscard]] bool is_giving() const noexcept { return given_to_.has_value(); }
  /// Calls `give(key, start, end, state, is_update)` for all that is to be given, until it says
  /// false: so does this, call again. `merged(start, end, hash, key)` is what a key comes to in a
  /// window.
  bool give_all(const auto& merged, const auto& give) {
    for (; is_giving(); next_ = 0) {
      const auto start = detail::moved(*given_to_, -windows_.size);
      for (; next_ < states_.size(); ++next_) {
        const auto& [key, state] = states_[next_];
        if (!give(key, start, *given_to_, state, was_given(*given_to_, key))) return false;
        note(*given_to_, key);
      }
      to_next_window(merged);
    }
    return true;
  }

  [[nodiscard]] bool was_given(timestamp end, const Key& key) const {
    const auto keys = given_.find(end);
    return keys != given_.end() && keys->second.find(key_hash(key), key) != nullptr;
  }
  /// The windows that end by then have fired.
  void forget(timestamp end) { given_.erase(given_.begin(), given_.upper_bound(end)); }

  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t sum = states_.bytes();
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

  /// To the first window behind the one that was given that has changed.
  void to_next_window(const auto& merged) {
    states_.clear();
    const auto at = changed_.first_not(
        [this](timestamp start) { return windows_.last_end(start) <= *given_to_; });
    if (at == changed_.size()) return settle();
    const auto end = windows_.first_end(std::max(changed_[at].start, *given_to_));
    const auto start = detail::moved(end, -windows_.size);
    for (auto i = changed_.first_from(start); i < changed_.size() && changed_[i].start < end; ++i)
      for (const auto& [key, _] : changed_[i].states) {
        const auto hash = key_hash(key);
        states_.at(hash, key, [&, &seen = key] { return merged(start, end, hash, seen); });
      }
    given_to_ = end;
  }

  /// There is an early result of it.
  void note(timestamp end, const Key& key) {
    given_[end].at(key_hash(key), key, [] { return there{}; });
  }

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

  time_windows windows_;
  window_slices<keys> changed_;     // by slice
  std::map<timestamp, keys> given_; // by the end of their window
  // While it gives:
  std::optional<timestamp> given_to_; // the end of the window that gives
  key_table<Key, State> states_;      // of that window
  std::size_t next_ = 0;              // of them
};

} // namespace weir
