// SPDX-License-Identifier: Apache-2.0
//
// value_hash: 64 bits that are the same for equal values, on every machine and in every run.
//
// Numbers, enums and times by their value (0.0 and -0.0 are one, all NaN are one), text by its
// characters, whether it is owned or borrowed, all else by the bytes of its snapshot. XXH3 with no
// seed: who can choose values can make them collide.
//
//   value_hash(std::string_view{"Alice"}) == value_hash(std::string{"Alice"})

#pragma once

#include <weir/actors/state/persist.hpp>

#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

namespace weir::agg {

[[nodiscard]] std::uint64_t hash_bytes(const void* bytes, std::size_t size) noexcept;
[[nodiscard]] std::uint64_t hash_number(std::uint64_t number) noexcept;

/// What has a hash.
template <class V>
concept hashed = persistent<V> || std::same_as<V, std::string_view>;

template <hashed V>
[[nodiscard]] std::uint64_t value_hash(const V& value) {
  if constexpr (std::is_integral_v<V> || std::is_enum_v<V>) {
    return hash_number(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_floating_point_v<V>) {
    const double one = value == value ? static_cast<double>(value) + 0.0
                                      : std::numeric_limits<double>::quiet_NaN();
    return hash_number(std::bit_cast<std::uint64_t>(one));
  } else if constexpr (requires { value.time_since_epoch(); }) {
    return value_hash(value.time_since_epoch().count());
  } else if constexpr (requires {
                         value.count();
                         V::zero();
                       }) {
    return value_hash(value.count());
  } else if constexpr (std::convertible_to<const V&, std::string_view>) {
    const std::string_view text = value;
    return hash_bytes(text.data(), text.size());
  } else {
    snapshot_writer writer;
    save_value(writer, value);
    return hash_bytes(writer.bytes().data(), writer.bytes().size());
  }
}

} // namespace weir::agg
