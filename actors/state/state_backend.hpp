// SPDX-License-Identifier: Apache-2.0
//
// state_backend: keeps the values of keys outside of memory, as bytes. keyed_state and
// spilled_slices talk to it; they keep the keys that are used in memory, and write many at once.
//
// Keys begin with their key group (one byte), or what that is a part of, so that a group is a
// range. One owner, the actor of the instance; calls may block for as long as a disk does. What is
// written may be lost when the process dies: a backend is no checkpoint.
//
//   backend->read(key, bytes);
//   backend->write({{key, bytes}, {gone, std::nullopt}});

#pragma once

#include <weir/actors/stream/error.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir {

class state_backend {
public:
  /// A key's new value, or none: it is removed.
  struct change {
    std::string_view key;
    std::optional<std::string_view> value;
  };

  virtual ~state_backend() = default;

  /// Whether the key is there; its value then is in `value`.
  [[nodiscard]] virtual result<bool> read(std::string_view key, std::string& value) = 0;
  /// All of them, or an error. Keys are told once, in the order of their bytes.
  [[nodiscard]] virtual result<void> write(std::span<const change> changes) = 0;
  /// Removes the keys from `from` on that are before `to`.
  [[nodiscard]] virtual result<void> remove_range(std::string_view from, std::string_view to) = 0;
  /// Calls `take` for each key that is not before `from`, in the order of the bytes, until it says
  /// false.
  using visitor = std::function<bool(std::string_view key, std::string_view value)>;
  [[nodiscard]] virtual result<void> scan(std::string_view from, const visitor& take) = 0;
  /// What it holds in memory, about.
  [[nodiscard]] virtual std::size_t memory_bytes() const = 0;
};

} // namespace weir
