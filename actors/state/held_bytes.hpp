// SPDX-License-Identifier: Apache-2.0
//
// held_bytes: what a persistent value holds on the heap, so that the memory of states can be
// bounded.
//
// Text, vectors, optionals, pairs, tuples, arrays and described structs of them are looked into; a
// class that saves itself tells by `heap_bytes()`, or counts as none. Blocks count with what the
// allocator rounds them up to. A vector whose elements hold heap is measured by 16 of them, evenly
// spread: cheap, and exact where they are alike. The same value always gives the same answer. Pure
// functions.
//
//   const auto bytes = held_bytes(names); // std::vector<std::string>

#pragma once

#include <weir/actors/state/key.hpp>
#include <weir/actors/state/persist.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace weir {

namespace detail {

template <class T>
concept tells_heap_bytes = requires(const T& value) {
  { value.heap_bytes() } -> std::convertible_to<std::size_t>;
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

/// A block of glibc's: a word before it, in steps of 16 bytes.
[[nodiscard]] constexpr std::size_t block_bytes(std::size_t asked) noexcept {
  return asked == 0 ? 0 : std::max<std::size_t>(32, (asked + 8 + 15) / 16 * 16);
}

template <class T>
constexpr bool can_hold_heap();

template <class Tuple>
constexpr bool any_holds_heap = false;
template <template <class...> class Tuple, class... T>
constexpr bool any_holds_heap<Tuple<T...>> = (can_hold_heap<T>() || ...);

template <class T>
constexpr bool can_hold_heap() {
  if constexpr (std::is_same_v<T, std::string> || is_vector<T> || tells_heap_bytes<T>) {
    return true;
  } else if constexpr (is_optional<T> || is_array<T>) {
    return can_hold_heap<typename T::value_type>();
  } else if constexpr (is_tuple<T>) {
    return any_holds_heap<T>;
  } else if constexpr (open_struct<T>) {
    return []<class... M>(boost::mp11::mp_list<M...>) {
      return (false || ... || can_hold_heap<type_of_member<T, M>>());
    }(boost::mp11::mp_rename<public_members<T>, boost::mp11::mp_list>{});
  } else {
    return false;
  }
}

} // namespace detail

/// Values of T may hold more than their own bytes.
template <class T>
inline constexpr bool can_hold_heap = detail::can_hold_heap<T>();

/// Beside its own bytes.
template <class T>
[[nodiscard]] std::size_t held_bytes(const T& value) noexcept {
  const auto sum = [](const auto& values) {
    std::size_t bytes = 0;
    const std::size_t count = std::min<std::size_t>(values.size(), 16);
    for (std::size_t i = 0; i < count; ++i) bytes += held_bytes(values[i * values.size() / count]);
    return count == 0 ? 0 : bytes * values.size() / count;
  };
  if constexpr (!can_hold_heap<T>) {
    return 0;
  } else if constexpr (detail::tells_heap_bytes<T>) {
    return detail::block_bytes(value.heap_bytes());
  } else if constexpr (std::is_same_v<T, std::string>) {
    return value.capacity() == std::string{}.capacity() ? 0
                                                        : detail::block_bytes(value.capacity() + 1);
  } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
    return detail::block_bytes(value.capacity() / 8);
  } else if constexpr (detail::is_vector<T>) {
    const auto block = detail::block_bytes(value.capacity() * sizeof(typename T::value_type));
    if constexpr (can_hold_heap<typename T::value_type>)
      return block + sum(value);
    else
      return block;
  } else if constexpr (detail::is_array<T>) {
    return sum(value);
  } else if constexpr (detail::is_optional<T>) {
    return value ? held_bytes(*value) : 0;
  } else if constexpr (detail::is_tuple<T>) {
    return std::apply(
        [](const auto&... parts) { return (std::size_t{0} + ... + held_bytes(parts)); }, value);
  } else {
    std::size_t bytes = 0;
    boost::mp11::mp_for_each<detail::public_members<T>>(
        [&](auto member) { bytes += held_bytes(value.*member.pointer); });
    return bytes;
  }
}

} // namespace weir
