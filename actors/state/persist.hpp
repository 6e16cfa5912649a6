// SPDX-License-Identifier: Apache-2.0
//
// save_value and load_value: put any persistent value into a snapshot and get it back.
//
// Persistent are numbers, enums, std::string, times and spans, optionals, pairs, tuples, arrays and
// vectors of what is persistent, described structs of it (all their public members), and classes
// with `save` and `load` of their own. Text that is only borrowed is not: state outlives the batch
// that keeps it. A damaged snapshot makes load_value false; it never allocates more than a fixed
// multiple of the bytes that are there. Pure functions: safe wherever the value itself is.
//
//   save_value(writer, totals_);
//   if (!load_value(reader, totals_)) ...

#pragma once

#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/stream/record.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {
namespace detail {

/// Writes and reads itself.
template <class T>
concept saves_itself = std::is_class_v<T> && requires(const T& from, T& to, snapshot_writer& writer,
                                                      snapshot_reader& reader) {
  from.save(writer);
  to.load(reader);
};

/// How values of T are persistent; the general one: not at all. `least_bytes` is what a value
/// writes at least, so that a length can be checked against what is left.
template <class T>
struct persistence {
  static constexpr bool is_possible = false;
};

template <class T>
concept bits = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <bits T>
struct persistence<T> {
  static constexpr bool is_possible = true;
  static constexpr std::size_t least_bytes = sizeof(T);
  static void save(snapshot_writer& to, T value) { to.write(value); }
  static void load(snapshot_reader& from, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      if (from.read(byte).ok() && byte > 1) from.fail();
      value = byte == 1;
    } else {
      from.read(value);
    }
  }
};

template <>
struct persistence<std::string> {
  static constexpr bool is_possible = true;
  static constexpr std::size_t least_bytes = sizeof(std::uint64_t);
  static void save(snapshot_writer& to, const std::string& text) { to.write(text); }
  static void load(snapshot_reader& from, std::string& text) { from.read(text); }
};

template <bits Count, class Period>
struct persistence<std::chrono::duration<Count, Period>> {
  static constexpr bool is_possible = true;
  static constexpr std::size_t least_bytes = sizeof(Count);
  static void save(snapshot_writer& to, std::chrono::duration<Count, Period> span) {
    to.write(span.count());
  }
  static void load(snapshot_reader& from, std::chrono::duration<Count, Period>& span) {
    Count count{};
    from.read(count);
    span = std::chrono::duration<Count, Period>{count};
  }
};

template <class Clock, class Span>
struct persistence<std::chrono::time_point<Clock, Span>> {
  using span = persistence<Span>;
  static constexpr bool is_possible = span::is_possible;
  static constexpr std::size_t least_bytes = sizeof(Span);
  static void save(snapshot_writer& to, std::chrono::time_point<Clock, Span> time) {
    span::save(to, time.time_since_epoch());
  }
  static void load(snapshot_reader& from, std::chrono::time_point<Clock, Span>& time) {
    Span since{};
    span::load(from, since);
    time = std::chrono::time_point<Clock, Span>{since};
  }
};

template <class T>
requires persistence<T>::is_possible struct persistence<std::optional<T>> {
  static constexpr bool is_possible = true;
  static constexpr std::size_t least_bytes = 1;
  static void save(snapshot_writer& to, const std::optional<T>& value) {
    to.write(value.has_value());
    if (value) persistence<T>::save(to, *value);
  }
  static void load(snapshot_reader& from, std::optional<T>& value) {
    bool has_value = false;
    persistence<bool>::load(from, has_value);
    value.reset();
    if (has_value) persistence<T>::load(from, value.emplace());
  }
};

/// Parts one behind the other.
template <class Whole, class... Parts>
struct persistence_of_parts {
  static constexpr bool is_possible = (persistence<Parts>::is_possible && ...);
  static constexpr std::size_t least_bytes = [] {
    if constexpr (is_possible)
      return (std::size_t{0} + ... + persistence<Parts>::least_bytes);
    else
      return 0;
  }();
  static void save(snapshot_writer& to, const Whole& whole) {
    std::apply([&](const Parts&... part) { (persistence<Parts>::save(to, part), ...); }, whole);
  }
  static void load(snapshot_reader& from, Whole& whole) {
    std::apply([&](Parts&... part) { (persistence<Parts>::load(from, part), ...); }, whole);
  }
};
template <class A, class B>
struct persistence<std::pair<A, B>> : persistence_of_parts<std::pair<A, B>, A, B> {};
template <class... Parts>
struct persistence<std::tuple<Parts...>> : persistence_of_parts<std::tuple<Parts...>, Parts...> {};

template <class T, std::size_t N>
requires persistence<T>::is_possible struct persistence<std::array<T, N>> {
  static constexpr bool is_possible = true;
  static constexpr std::size_t least_bytes = N * persistence<T>::least_bytes;
  static void save(snapshot_writer& to, const std::array<T, N>& values) {
    for (const T& value : values) persistence<T>::save(to, value);
  }
  static void load(snapshot_reader& from, std::array<T, N>& values) {
    for (T& value : values) persistence<T>::load(from, value);
  }
};

/// A length, then the values. A value that may write nothing has a byte before it, so that there is
/// no length without bytes behind it.
template <class T>
requires persistence<T>::is_possible struct persistence<std::vector<T>> {
  static constexpr bool is_possible = true;
  static constexpr std::size_t least_bytes = sizeof(std::uint64_t);
  static constexpr bool marks_each = persistence<T>::least_bytes == 0;
  static constexpr bool is_flat = bits<T> && !std::is_same_v<T, bool>;

  static void save(snapshot_writer& to, const std::vector<T>& values) {
    to.write(std::uint64_t{values.size()});
    if constexpr (is_flat) {
      to.write_bytes(values.data(), values.size() * sizeof(T));
    } else {
      for (const auto& value : values) {
        if constexpr (marks_each) to.write(true);
        persistence<T>::save(to, value);
      }
    }
  }
  static void load(snapshot_reader& from, std::vector<T>& values) {
    std::uint64_t size = 0;
    values.clear();
    if (!from.read(size).ok()) return;
    if (size > from.left() / (marks_each ? 1 : persistence<T>::least_bytes)) {
      from.fail();
      return;
    }
    if constexpr (is_flat) {
      values.resize(size);
      from.read_bytes(values.data(), size * sizeof(T));
    } else {
      values.reserve(size);
      for (; size > 0 && from.ok(); --size) {
        T value{};
        bool mark = false;
        if constexpr (marks_each) persistence<bool>::load(from, mark);
        persistence<T>::load(from, value);
        values.push_back(std::move(value));
      }
    }
  }
};

template <saves_itself T>
struct persistence<T> {
  static constexpr bool is_possible = true;
  static constexpr std::size_t least_bytes = 0;
  static void save(snapshot_writer& to, const T& value) { value.save(to); }
  static void load(snapshot_reader& from, T& value) {
    if constexpr (std::is_same_v<decltype(value.load(from)), bool>) {
      if (!value.load(from)) from.fail();
    } else {
      value.load(from);
    }
  }
};

template <class T>
using hidden_members = boost::describe::describe_members<T, boost::describe::mod_private
                                                                | boost::describe::mod_protected>;

/// Members that are described but not public can't be meant to be left out.
template <class T>
concept open_struct =
    described_struct<T> && !saves_itself<T> && (boost::mp11::mp_empty<hidden_members<T>>::value);

template <class T>
using public_members = boost::describe::describe_members<T, boost::describe::mod_public
                                                                | boost::describe::mod_inherited>;

template <class T, class Member>
using type_of_member = std::remove_cvref_t<decltype(std::declval<T&>().*Member::pointer)>;

template <open_struct T>
struct persistence<T> {
  static constexpr bool is_possible = []<class... M>(boost::mp11::mp_list<M...>) {
    return (true && ... && persistence<type_of_member<T, M>>::is_possible);
  }(boost::mp11::mp_rename<public_members<T>, boost::mp11::mp_list>{});
  static constexpr std::size_t least_bytes = []<class... M>(boost::mp11::mp_list<M...>) {
    if constexpr (is_possible)
      return (std::size_t{0} + ... + persistence<type_of_member<T, M>>::least_bytes);
    else
      return std::size_t{0};
  }(boost::mp11::mp_rename<public_members<T>, boost::mp11::mp_list>{});

  static void save(snapshot_writer& to, const T& value) {
    boost::mp11::mp_for_each<public_members<T>>([&](auto member) {
      persistence<type_of_member<T, decltype(member)>>::save(to, value.*member.pointer);
    });
  }
  static void load(snapshot_reader& from, T& value) {
    boost::mp11::mp_for_each<public_members<T>>([&](auto member) {
      persistence<type_of_member<T, decltype(member)>>::load(from, value.*member.pointer);
    });
  }
};

} // namespace detail

/// What may be part of a state: it owns all it refers to, and a snapshot can hold it.
template <class T>
concept persistent =
    std::default_initializable<T> && std::movable<T> && detail::persistence<T>::is_possible;

/// Appends `value` to the snapshot.
template <persistent T>
void save_value(snapshot_writer& to, const T& value) {
  detail::persistence<T>::save(to, value);
}

/// Reads into `value` what save_value wrote. False when the snapshot ends too early or holds what
/// no value can be; `value` may then be anything.
template <persistent T>
[[nodiscard]] bool load_value(snapshot_reader& from, T& value) {
  detail::persistence<T>::load(from, value);
  return from.ok();
}

} // namespace weir
