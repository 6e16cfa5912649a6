// SPDX-License-Identifier: Apache-2.0
//
// spilled_state: the states of keys that do not fit into memory, as bytes in a backend. A part of
// keyed_state.
//
// Changes are gathered and written many at once, a sixteenth of the place's memory or a quarter MiB
// at a time, in the order of keys: `write` before anything is read. Failures of the backend are
// thrown. One owner.
//
//   key      [key group, 1 byte][the key as in a snapshot]
//   value    [last use][the state as in a snapshot]

#pragma once

#include <weir/actors/state/key.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/actors/state/state_failure.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// A state and the time when it was used last.
template <class S>
struct used_state {
  /// Stands for the last use of a state that was removed.
  static constexpr timestamp never = timestamp::min();

  S value{};
  timestamp last_use = never;

  [[nodiscard]] bool is_removed() const noexcept { return last_use == never; }
};

template <class Key, class S>
class spilled_state {
public:
  using state = used_state<S>;

  /// Opens the place's backend; throws when that fails.
  explicit spilled_state(const state_place& place)
      : place_{place}, most_gathered_{std::min(place.memory_bytes / 16, std::size_t{256} << 10U)} {
    auto opened = place_.open_backend(place_.name);
    if (!opened) throw detail::state_failure(place_, opened.error());
    backend_ = *std::move(opened);
  }

  [[nodiscard]] std::optional<state> read(std::uint64_t hash, const Key& key) {
    snapshot_writer bytes;
    write_key(bytes, hash, key);
    const auto found = backend_->read(bytes.bytes(), value_);
    if (!found) throw detail::state_failure(place_, found.error());
    return *found ? std::optional<state>{state_of(value_)} : std::nullopt;
  }

  /// `nullptr`: the key goes.
  void put(std::uint64_t hash, const Key& key, const state* kept) {
    piece made{.key_bytes = gathered_.bytes().size(), .has_value = kept != nullptr};
    write_key(gathered_, hash, key);
    made.key_bytes = gathered_.bytes().size() - made.key_bytes;
    if (kept != nullptr) {
      const auto before = gathered_.bytes().size();
      save_value(gathered_, kept->last_use);
      save_value(gathered_, kept->value);
      made.value_bytes = gathered_.bytes().size() - before;
    }
    add(made);
  }
  /// A key as `scan` tells it goes.
  void remove(std::string_view key) {
    gathered_.write_bytes(key.data(), key.size());
    add({.key_bytes = key.size(), .has_value = false});
  }
  void write() {
    if (pieces_.empty()) return;
    std::vector<state_backend::change> changes;
    changes.reserve(pieces_.size());
    std::string_view rest = gathered_.bytes();
    const auto next = [&](std::size_t size) {
      const auto taken = rest.substr(0, size);
      rest.remove_prefix(size);
      return taken;
    };
    for (const auto& each : pieces_) {
      auto& change = changes.emplace_back();
      change.key = next(each.key_bytes);
      if (each.has_value) change.value = next(each.value_bytes);
    }
    std::sort(changes.begin(), changes.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    const auto written = backend_->write(changes);
    if (!written) throw detail::state_failure(place_, written.error());
    pieces_.clear();
    gathered_ = {};
  }

  /// Calls `take(key, bytes of the state)` for keys from `from` on, in order, until it says false.
  template <class Take>
  void scan(std::string_view from, Take take) const {
    const auto scanned = backend_->scan(from, take);
    if (!scanned) throw detail::state_failure(place_, scanned.error());
  }
  [[nodiscard]] Key key_of(std::string_view bytes) const {
    if (bytes.empty()) throw detail::state_damaged(place_);
    snapshot_reader from{bytes.substr(1)};
    Key key{};
    if (!load_value(from, key) || !from.is_finished()) throw detail::state_damaged(place_);
    return key;
  }
  [[nodiscard]] timestamp last_use_of(std::string_view bytes) const {
    snapshot_reader from{bytes};
    return last_use_of(from);
  }
  [[nodiscard]] state state_of(std::string_view bytes) const {
    snapshot_reader from{bytes};
    state made;
    made.last_use = last_use_of(from);
    if (!load_value(from, made.value) || !from.is_finished()) throw detail::state_damaged(place_);
    return made;
  }

  [[nodiscard]] std::size_t bytes() const { return backend_->memory_bytes() + most_gathered_; }

private:
  struct piece {
    std::size_t key_bytes = 0;
    std::size_t value_bytes = 0;
    bool has_value = false;
  };

  static void write_key(snapshot_writer& to, std::uint64_t hash, const Key& key) {
    to.write(static_cast<std::uint8_t>(key_group_of(hash)));
    save_value(to, key);
  }
  void add(const piece& made) {
    pieces_.push_back(made);
    const auto each = sizeof(piece) + sizeof(state_backend::change);
    if (gathered_.bytes().size() + pieces_.size() * each >= most_gathered_) write();
  }
  [[nodiscard]] timestamp last_use_of(snapshot_reader& from) const {
    timestamp last_use{};
    if (!load_value(from, last_use) || last_use == state::never)
      throw detail::state_damaged(place_);
    return last_use;
  }

  state_place place_;
  std::size_t most_gathered_; // bytes
  std::unique_ptr<state_backend> backend_;
  std::string value_; // read last
  snapshot_writer gathered_;
  std::vector<piece> pieces_; // of what is gathered
};

} // namespace weir
