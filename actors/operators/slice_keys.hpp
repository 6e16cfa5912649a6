// SPDX-License-Identifier: Apache-2.0
//
// slice_keys: what a partial state of a key in a slice of time is called in a backend, so that a
// slice is a range, and a key in it is one too: of its runs, in order. Pure functions.
//
//   [start of the slice, 8 bytes][key group, 1 byte][the key as in a snapshot][run, 4 bytes]
//
// Numbers have their highest byte first. A key in a snapshot says where it ends, so none begins
// with another.
//
//   slice_keys::write(to, slice, key_hash(key), key);
//   slice_keys::write_run(to, 0);

#pragma once

#include <weir/actors/state/key.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

struct slice_keys {
  static constexpr std::size_t run_bytes = sizeof(std::uint32_t);

  /// All of it but the run.
  template <class Key>
  static void write(snapshot_writer& to, timestamp slice, std::uint64_t hash, const Key& key) {
    write_slice(to, slice);
    to.write(static_cast<std::uint8_t>(key_group_of(hash)));
    save_value(to, key);
  }
  static void write_run(snapshot_writer& to, std::uint32_t run) {
    to.write(__builtin_bswap32(run));
  }

  /// What a slice begins with, and the first name behind it.
  [[nodiscard]] static std::string prefix_of(timestamp slice) {
    snapshot_writer to;
    write_slice(to, slice);
    return to.take();
  }
  [[nodiscard]] static std::string end_of(timestamp slice) {
    return prefix_of(slice) + static_cast<char>(key_groups);
  }

  /// The bytes of the key.
  [[nodiscard]] static std::string_view key_in(std::string_view name) noexcept {
    constexpr auto before = sizeof(std::uint64_t) + 1;
    return name.substr(before, name.size() - before - run_bytes);
  }
  /// The key, of what is behind the prefix, without the run. False: damaged.
  template <class Key>
  [[nodiscard]] static bool read(std::string_view name, Key& key) {
    snapshot_reader from{name.substr(std::min<std::size_t>(1, name.size()))};
    return load_value(from, key) && from.is_finished();
  }

private:
  static_assert(key_groups < 256);

  static void write_slice(snapshot_writer& to, timestamp slice) {
    constexpr auto sign = std::uint64_t{1} << 63U; // times before 1970 come first
    to.write(
        __builtin_bswap64(static_cast<std::uint64_t>(slice.time_since_epoch().count()) ^ sign));
  }
};

} // namespace weir
