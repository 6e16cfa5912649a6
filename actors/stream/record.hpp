// SPDX-License-Identifier: Apache-2.0
//
// record: one description of a row type, from which CSV, JSON, HDF5, console, features, wire and
// snapshots follow.
//
// `BOOST_DESCRIBE_STRUCT(trip, (), (pickup, distance))` beside a struct makes it a record.
// `record_of<trip>()` is its table: names, aliases, kinds, offsets and accessors, built once, read
// by codecs that are compiled once. Nested records become dotted columns. A scalar is a record of
// one column named `value`. A field of any other type is a compile error that names the field. The
// tables are immutable: any thread may read them.
//
//   struct trip { weir::timestamp pickup; double distance; };
//   BOOST_DESCRIBE_STRUCT(trip, (), (pickup, distance))
//   // optional, found beside the record:
//   inline auto aliases(weir::of<trip>) {
//     return weir::alias_list<trip>{{&trip::pickup, {"tpep_pickup_datetime", "pickup_datetime"}}};
//   }

#pragma once

#include <weir/actors/stream/record_info.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// Names a record type for `aliases`.
template <class T>
struct of {};

/// Other names by which the fields of a record are known in files, as many each as there are in the
/// wild.
template <class T>
class alias_list {
public:
  struct entry {
    template <class Member>
    entry(Member T::*field, std::initializer_list<std::string_view> names);
    std::size_t offset;
    std::vector<std::string_view> names;
  };
  alias_list(std::initializer_list<entry> entries) : entries_{entries} {}
  [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }

private:
  std::vector<entry> entries_;
};

namespace detail {

template <class T>
struct optional_value {
  using type = T;
  static constexpr bool is_optional = false;
};
template <class T>
struct optional_value<std::optional<T>> {
  using type = T;
  static constexpr bool is_optional = true;
};

template <class T, class... Others>
constexpr bool is_one_of = (false || ... || std::is_same_v<T, Others>);

template <class T>
concept described_struct = std::is_class_v<T> &&(boost::describe::has_describe_members<T>::value)
                           && (!std::is_same_v<T, timestamp>);

template <class T>
constexpr bool is_integer_field =
    (std::is_integral_v<T>)&&(!is_one_of<T, bool, char, wchar_t, char8_t, char16_t, char32_t>);

template <class T>
constexpr bool is_described_enum =
    std::conjunction_v<std::is_enum<T>, boost::describe::has_describe_enumerators<T>>;

template <class T>
constexpr bool is_scalar_field =
    (is_one_of<T, bool, float, double, std::string, std::string_view, timestamp, duration>)
    || (is_integer_field<T>) || (is_described_enum<T>);

template <class T>
constexpr field_kind kind_of() {
  if constexpr (std::is_same_v<T, bool>)
    return field_kind::boolean;
  else if constexpr (std::is_enum_v<T>)
    return field_kind::enumeration;
  else if constexpr (std::is_same_v<T, float>)
    return field_kind::float32;
  else if constexpr (std::is_same_v<T, double>)
    return field_kind::float64;
  else if constexpr (std::is_same_v<T, std::string>)
    return field_kind::text;
  else if constexpr (std::is_same_v<T, std::string_view>)
    return field_kind::text_view;
  else if constexpr (std::is_same_v<T, timestamp>)
    return field_kind::time;
  else if constexpr (std::is_same_v<T, duration>)
    return field_kind::span;
  else {
    constexpr int base = std::is_signed_v<T> ? static_cast<int>(field_kind::int8)
                                             : static_cast<int>(field_kind::uint8);
    constexpr int step = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return static_cast<field_kind>(base + step);
  }
}

/// `Owner` is T, or a base of it that declares the field.
template <class T, class Owner, class Member>
std::size_t offset_of(Member Owner::*field) {
  alignas(T) static std::byte room[sizeof(T)];
  auto* row = reinterpret_cast<T*>(room); // never dereferenced: an address only
  return static_cast<std::size_t>(reinterpret_cast<std::byte*>(&(row->*field)) - room);
}

template <class E>
const enum_info* enum_of() {
  static const enum_info info = [] {
    enum_info made;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
        [&](auto d) { made.values.emplace_back(d.name, static_cast<std::int64_t>(d.value)); });
    made.get = [](const void* v) { return static_cast<std::int64_t>(*static_cast<const E*>(v)); };
    made.set = [](void* v, std::int64_t to) { *static_cast<E*>(v) = static_cast<E>(to); };
    return made;
  }();
  return &info;
}

/// The pointer to the offending member is an argument, so that the compiler's note shows which
/// field is meant.
template <auto FieldOfRecord, class Type>
constexpr void check_field() {
  using value = typename optional_value<Type>::type;
  static_assert(
      is_scalar_field<value> || (described_struct<value> && !optional_value<Type>::is_optional),
      "weir: this field's type can't be part of a record: use bool, an integer, float, "
      "double, std::string, std::string_view, weir::timestamp, weir::duration, a described "
      "enum, std::optional of these, or a nested described struct");
}

template <class T>
void add_scalar(record_info& into, std::string name, std::size_t offset,
                std::vector<std::string> aliases) {
  using value = typename optional_value<T>::type;
  field_info field;
  field.name = std::move(name);
  field.aliases = std::move(aliases);
  field.kind = kind_of<value>();
  field.is_optional = optional_value<T>::is_optional;
  field.offset = offset;
  if constexpr (std::is_enum_v<value>) field.enumeration = enum_of<value>();
  if constexpr (optional_value<T>::is_optional) {
    field.engage = [](void* f) -> void* {
      auto& held = *static_cast<T*>(f);
      return held ? &*held : &held.emplace();
    };
    field.clear = [](void* f) { static_cast<T*>(f)->reset(); };
    field.get = [](const void* f) -> const void* {
      const auto& held = *static_cast<const T*>(f);
      return held ? &*held : nullptr;
    };
  } else {
    field.engage = [](void* f) { return f; };
    field.clear = [](void* f) { *static_cast<T*>(f) = T{}; };
    field.get = [](const void* f) { return f; };
  }
  into.borrows |= field.kind == field_kind::text_view;
  into.owns_heap |= field.kind == field_kind::text;
  into.fields.push_back(std::move(field));
}

template <class T>
concept has_aliases = requires {
  aliases(of<T>{});
};

template <class T>
void add_fields(record_info& into, const std::string& prefix, std::size_t base) {
  using members = boost::describe::describe_members<T, boost::describe::mod_public
                                                           | boost::describe::mod_inherited>;
  boost::mp11::mp_for_each<members>([&](auto d) {
    using type = std::remove_cvref_t<decltype(std::declval<T&>().*d.pointer)>;
    check_field<d.pointer, type>();
    const std::size_t own = offset_of<T>(d.pointer);
    if constexpr (described_struct<type>) {
      add_fields<type>(into, prefix + d.name + ".", base + own);
    } else if constexpr (is_scalar_field<typename optional_value<type>::type>) {
      std::vector<std::string> names;
      if constexpr (has_aliases<T>) {
        static const auto list = aliases(of<T>{});
        for (const auto& entry : list.entries())
          if (entry.offset == own)
            for (auto name : entry.names) names.push_back(prefix + std::string{name});
      }
      add_scalar<type>(into, prefix + d.name, base + own, std::move(names));
    }
  });
}

std::string readable_type_name(const char* mangled);

} // namespace detail

template <class T>
template <class Member>
alias_list<T>::entry::entry(Member T::*field, std::initializer_list<std::string_view> all)
    : offset{detail::offset_of<T>(field)}, names{all} {}

/// A described struct.
template <class T>
concept record = detail::described_struct<T>;

/// A type with a table: a record, or a scalar that stands for a record of one column named `value`.
template <class T>
concept tabular = record<T> || detail::is_scalar_field<T>;

/// Can be a field of a record.
template <class T>
concept column = tabular<typename detail::optional_value<T>::type>;

/// What may travel in a batch.
template <class T>
concept row = std::default_initializable<T> && std::movable<T>;

/// The table of T. Built at first use, the same object ever after.
template <tabular T>
const record_info& record_of() {
  static const record_info info = [] {
    record_info made;
    made.name = detail::readable_type_name(typeid(T).name());
    made.row_bytes = sizeof(T);
    if constexpr (record<T>)
      detail::add_fields<T>(made, "", 0);
    else
      detail::add_scalar<T>(made, "value", 0, {});
    return made;
  }();
  return info;
}

namespace detail {

template <class T>
constexpr bool borrows_text() {
  using value = typename optional_value<T>::type;
  if constexpr (std::is_arithmetic_v<value> || (std::is_enum_v<value>)
                || (is_one_of<value, std::string, timestamp, duration>)) {
    return false;
  } else if constexpr (described_struct<value>) {
    using members = boost::describe::describe_members<value, boost::describe::mod_public
                                                                 | boost::describe::mod_inherited>;
    return []<class... D>(boost::mp11::mp_list<D...>) {
      return (false || ...
              || borrows_text<std::remove_cvref_t<decltype(std::declval<value&>().*D::pointer)>>());
    }(boost::mp11::mp_rename<members, boost::mp11::mp_list>{});
  } else {
    return true; // a view, or a type we can't look into: its batch keeps the text
  }
}

} // namespace detail

/// Whether rows of T may point into text their batch keeps. True for what we can't look into.
template <class T>
inline constexpr bool borrows = detail::borrows_text<T>();

} // namespace weir
