// SPDX-License-Identifier: Apache-2.0
//
// key: what a row is grouped by, how it is hashed, and which key group it belongs to.
//
// A key is an integer, bool, enum, timestamp, duration, floating point number, text, or a described
// struct (or std::pair, std::tuple) of these. Hashes are the same on every machine and in every
// process, so that a key keeps its group wherever its rows go. Text in a row may be borrowed: what
// is kept of it is a std::string (`owned_key`). -0.0 is the key 0.0, and all NaNs are one key.
// Pure functions, safe from any thread.
//
//   const auto hash = key_hash(order.name);
//   const auto instance = instance_of(key_group_of(hash), instances);

#pragma once

#include <weir/actors/stream/timestamp.hpp>

#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir {

/// Keys move between instances in groups; their number bounds how far a job can be spread.
inline constexpr std::size_t key_groups = 128;

namespace detail {

template <class T>
inline constexpr bool is_chrono = false;
template <class Rep, class Period>
inline constexpr bool is_chrono<std::chrono::duration<Rep, Period>> = true;
template <class Clock, class Span>
inline constexpr bool is_chrono<std::chrono::time_point<Clock, Span>> = true;

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

template <class T>
concept key_struct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <class T>
using key_members = boost::describe::describe_members<T, boost::describe::mod_public
                                                             | boost::describe::mod_inherited>;

template <class T>
constexpr bool is_key();

template <class Tuple>
constexpr bool all_are_keys = false;
template <template <class...> class Tuple, class... T>
constexpr bool all_are_keys<Tuple<T...>> = (is_key<T>() && ...);

template <class T>
constexpr bool is_key() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T> || is_chrono<T>) {
    return true;
  } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    return true;
  } else if constexpr (is_tuple<T>) {
    return all_are_keys<T>;
  } else if constexpr (key_struct<T>) {
    return []<class... D>(boost::mp11::mp_list<D...>) {
      return (true && ...
              && is_key<std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>>());
    }(boost::mp11::mp_rename<key_members<T>, boost::mp11::mp_list>{});
  } else {
    return false;
  }
}

/// The finaliser of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014): every bit of the word reaches every bit of the hash.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t word) noexcept {
  word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9U;
  word = (word ^ (word >> 27U)) * 0x94d049bb133111ebU;
  return word ^ (word >> 31U);
}

template <class Word>
[[nodiscard]] Word load(const char* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// XXH3 of text.
[[nodiscard]] std::uint64_t hash_long_text(std::string_view text) noexcept;

/// Four words of a text of 4 to 16 bytes, which overlap and together hold all of it: found without
/// a branch on how long it is, which nobody could predict.
[[nodiscard]] inline std::array<std::uint32_t, 4> words_of(std::string_view text) noexcept {
  const char* const begin = text.data();
  const char* const last = begin + text.size() - 4;
  const std::size_t middle = text.size() / 8 * 4;
  return {load<std::uint32_t>(begin), load<std::uint32_t>(begin + middle),
          load<std::uint32_t>(last), load<std::uint32_t>(last - middle)};
}

__extension__ using wide_word = unsigned __int128;

/// Up to 16 bytes by the method of wyhash (Wang Yi, 2019), because most keys are short and must not
/// cost a call; others by XXH3. Machines that Weir runs on have a word's least byte first.
[[nodiscard]] inline std::uint64_t hash_text(std::string_view text) noexcept {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t odd = 0xa0761d6478bd642fU, other = 0xe7037ed1a0b428dbU;
  const std::size_t size = text.size();
  if (size > 16) return hash_long_text(text);
  std::uint64_t a = 0, b = 0;
  if (size >= 4) {
    const auto words = words_of(text);
    a = std::uint64_t{words[0]} << 32U | words[1];
    b = std::uint64_t{words[2]} << 32U | words[3];
  } else if (size > 0) {
    const auto byte = [&](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(text[i])};
    };
    a = byte(0) << 16U | byte(size / 2) << 8U | byte(size - 1);
  }
  const auto once = static_cast<wide_word>(a ^ other) * (b ^ odd);
  const auto twice = static_cast<wide_word>(static_cast<std::uint64_t>(once) ^ odd ^ size)
                     * (static_cast<std::uint64_t>(once >> 64U) ^ other);
  return static_cast<std::uint64_t>(twice) ^ static_cast<std::uint64_t>(twice >> 64U);
}

/// Whether two texts are one, without a call for short ones.
[[nodiscard]] inline bool same_text(std::string_view a, std::string_view b) noexcept {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  const char *const x = a.data(), *const y = b.data();
  if (size > 16) return std::memcmp(x, y, size) == 0;
  if (size < 4)
    return size == 0 || (x[0] == y[0] && x[size / 2] == y[size / 2] && x[size - 1] == y[size - 1]);
  const auto differ = [&](std::size_t at) {
    return load<std::uint32_t>(x + at) ^ load<std::uint32_t>(y + at);
  };
  const std::size_t middle = size / 8 * 4, last = size - 4;
  return ((differ(0) | differ(middle)) | (differ(last) | differ(last - middle))) == 0;
}

} // namespace detail

template <class T>
concept key = detail::is_key<T>();

namespace detail {

template <class T>
constexpr bool key_owns();

template <class Tuple>
constexpr bool all_own = false;
template <template <class...> class Tuple, class... T>
constexpr bool all_own<Tuple<T...>> = (key_owns<T>() && ...);

template <class T>
constexpr bool key_owns() {
  if constexpr (std::same_as<T, std::string_view>) {
    return false;
  } else if constexpr (is_tuple<T>) {
    return all_own<T>;
  } else if constexpr (key_struct<T>) {
    return []<class... D>(boost::mp11::mp_list<D...>) {
      return (true && ...
              && key_owns<std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>>());
    }(boost::mp11::mp_rename<key_members<T>, boost::mp11::mp_list>{});
  } else {
    return true;
  }
}

} // namespace detail

/// Nothing in the key points into text that somebody else owns.
template <key T>
inline constexpr bool key_owns_text = detail::key_owns<T>();

/// What is kept of a key.
template <class T>
using owned_key = std::conditional_t<std::same_as<T, std::string_view>, std::string, T>;

/// -0.0 and the many NaNs become one value each, also inside; everything else stays.
template <class T>
[[nodiscard]] constexpr T canonical_key(T key) noexcept {
  [[maybe_unused]] const auto put_right = [](auto& part) { part = canonical_key(std::move(part)); };
  if constexpr (std::is_floating_point_v<T>)
    return key == T{0} ? T{0} : key != key ? std::numeric_limits<T>::quiet_NaN() : key;
  else if constexpr (detail::is_tuple<T>)
    std::apply([&](auto&... parts) { (put_right(parts), ...); }, key);
  else if constexpr (detail::key_struct<T>)
    boost::mp11::mp_for_each<detail::key_members<T>>([&](auto d) { put_right(key.*d.pointer); });
  return key;
}

/// Equal for equal keys, on every machine.
template <key T>
[[nodiscard]] std::uint64_t key_hash(const T& key) noexcept {
  if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    return detail::hash_text(key);
  } else if constexpr (std::is_floating_point_v<T>) {
    return detail::mix(std::bit_cast<std::uint64_t>(static_cast<double>(canonical_key(key)))
                       + 0x9e3779b97f4a7c15U);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
    return detail::mix(static_cast<std::uint64_t>(key) + 0x9e3779b97f4a7c15U);
  } else if constexpr (detail::is_chrono<T>) {
    if constexpr (requires { key.count(); })
      return key_hash(key.count());
    else
      return key_hash(key.time_since_epoch().count());
  } else {
    std::uint64_t hash = 0;
    const auto add = [&](const auto& part) {
      hash = detail::mix(hash * 0x9ddfea08eb382d69U + key_hash(part));
    };
    if constexpr (detail::is_tuple<T>)
      std::apply([&](const auto&... parts) { (add(parts), ...); }, key);
    else
      boost::mp11::mp_for_each<detail::key_members<T>>([&](auto d) { add(key.*d.pointer); });
    return hash;
  }
}

/// Whether two keys are one; a kept key may be compared with one that is borrowed.
template <class A, class B>
[[nodiscard]] bool same_key(const A& a, const B& b) noexcept {
  if constexpr (std::is_floating_point_v<A>) {
    return a == b || (a != a && b != b);
  } else if constexpr (detail::is_tuple<A>) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (same_key(std::get<I>(a), std::get<I>(b)) && ...);
    }
    (std::make_index_sequence<std::tuple_size_v<A>>{});
  } else if constexpr (detail::key_struct<A>) {
    bool same = true;
    boost::mp11::mp_for_each<detail::key_members<A>>(
        [&](auto d) { same = same && same_key(a.*d.pointer, b.*d.pointer); });
    return same;
  } else if constexpr (std::is_convertible_v<const A&, std::string_view>) {
    return detail::same_text(a, b);
  } else {
    return a == b;
  }
}

[[nodiscard]] constexpr std::size_t key_group_of(std::uint64_t hash) noexcept {
  return hash >> 57U; // 128 groups by the upper bits; tables use the lower ones
}
static_assert(key_groups == std::size_t{1} << 7U);

/// Groups lie on instances in runs, as even as can be. Precondition: 0 < instances <= key_groups.
[[nodiscard]] constexpr std::size_t instance_of(std::size_t group, std::size_t instances) noexcept {
  return group * instances / key_groups;
}

namespace detail {

/// For messages.
template <class Key>
std::string text_of_key(const Key& key) {
  if constexpr (std::is_same_v<Key, std::string>)
    return "'" + key + "'";
  else if constexpr (std::is_enum_v<Key>)
    return std::to_string(static_cast<std::int64_t>(key));
  else if constexpr (std::is_arithmetic_v<Key>)
    return std::to_string(key);
  else if constexpr (requires { to_string(key); })
    return to_string(key);
  else
    return "of " + std::to_string(key_hash(key)) + " (its hash)";
}

} // namespace detail

} // namespace weir
