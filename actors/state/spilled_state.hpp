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

#include <weir/actors/state/gathered_changes.hpp>
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
      : place_{place}, changes_{std::min(place.memory_bytes / 16, std::size_t{256} << 10U)} {
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
    const auto its_key = [&](snapshot_writer& to) { write_key(to, hash, key); };
    if (kept == nullptr) {
      changes_.add_removal(its_key);
    } else {
      changes_.add(its_key, [&](snapshot_writer& to) {
        save_value(to, kept->last_use);
        save_value(to, kept->value);
      });
    }
    if (changes_.is_full()) write();
  }
  /// A key as `scan` tells it goes.
  void remove(std::string_view key) {
    changes_.add_removal([&](snapshot_writer& to) { to.write_bytes(key.data(), key.size()); });
    if (changes_.is_full()) write();
  }
  void write() {
    const auto written = changes_.write_to(*backend_);
    if (!written) throw detail::state_failure(place_, written.error());
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

  [[nodiscard]] std::size_t bytes() const {
    return backend_->memory_bytes() + changes_.most_bytes();
  }

private:
  static void write_key(snapshot_writer& to, std::uint64_t hash, const Key& key) {
    to.write(static_cast<std::uint8_t>(key_group_of(hash)));
    save_value(to, key);
  }
  [[nodiscard]] timestamp last_use_of(snapshot_reader& from) const {
    timestamp last_use{};
    if (!load_value(from, last_use) || last_use == state::never)
      throw detail::state_damaged(place_);
    return last_use;
  }

  state_place place_;
  std::unique_ptr<state_backend> backend_;
  std::string value_; // read last
  gathered_changes changes_;
};

} // namespace weir
