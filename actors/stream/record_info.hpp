// SPDX-License-Identifier: Apache-2.0
//
// record_info: the table of a record: the names, kinds and places of its fields, and how to read
// and write them in a row whose type is not known.
//
// Codecs are compiled once and read it; `record_of<T>()` (record.hpp) makes it. Tables are
// immutable: any thread may read them.
//
//   if (const auto* field = record_of<trip>().find("distance"))
//     if (const void* value = field->value_in(&row)) use(field->kind, value);

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// What a field holds. An optional field has the kind of its value.
enum class field_kind : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float32,
  float64,
  text,      ///< std::string
  text_view, ///< std::string_view: borrows from the text its batch keeps
  time,      ///< weir::timestamp
  span,      ///< weir::duration
  enumeration,
};

/// `int32`, `text`, `time`, ...: the names used in messages, model files and `--types`.
[[nodiscard]] std::string_view name_of(field_kind kind) noexcept;
[[nodiscard]] constexpr bool is_integer(field_kind k) noexcept {
  return k >= field_kind::int8 && k <= field_kind::uint64;
}
[[nodiscard]] constexpr bool is_floating(field_kind k) noexcept {
  return k == field_kind::float32 || k == field_kind::float64;
}
[[nodiscard]] constexpr bool is_text(field_kind k) noexcept {
  return k == field_kind::text || k == field_kind::text_view;
}

/// The values of a described enum, in order of declaration, and how to read and write one.
struct enum_info {
  std::vector<std::pair<std::string_view, std::int64_t>> values;
  std::int64_t (*get)(const void* value) = nullptr;
  void (*set)(void* value, std::int64_t to) = nullptr;

  [[nodiscard]] std::optional<std::int64_t> find(std::string_view name) const noexcept;
  /// Empty when no name belongs to the value.
  [[nodiscard]] std::string_view name(std::int64_t value) const noexcept;
};

/// One column of a record.
struct field_info {
  std::string name; ///< Dotted for fields of nested records.
  std::vector<std::string> aliases;
  field_kind kind{};
  bool is_optional = false;
  std::size_t offset = 0; ///< Of the field (the std::optional, if it is one) in the row.
  const enum_info* enumeration = nullptr;
  void* (*engage)(void* field) = nullptr; ///< Makes an optional hold a value; gives its address.
  void (*clear)(void* field) = nullptr; ///< Empties an optional; a plain field becomes its default.
  const void* (*get)(const void* field) = nullptr; ///< The value's address, nullptr when empty.

  /// Where to write this field's value in `row`.
  [[nodiscard]] void* value_for_writing(void* row) const {
    auto* field = static_cast<std::byte*>(row) + offset;
    return is_optional ? engage(field) : field;
  }
  /// This field's value in `row`; nullptr when it is missing.
  [[nodiscard]] const void* value_in(const void* row) const {
    const auto* field = static_cast<const std::byte*>(row) + offset;
    return is_optional ? get(field) : field;
  }
  void clear_in(void* row) const { clear(static_cast<std::byte*>(row) + offset); }
  [[nodiscard]] bool answers_to(std::string_view column) const noexcept;
};

/// The table of a record.
struct record_info {
  std::string name;
  std::size_t row_bytes = 0; ///< sizeof
  std::vector<field_info> fields;
  bool borrows =
      false; ///< Has a std::string_view, so rows live no longer than the text of their batch.
  bool owns_heap = false; ///< Has a std::string.

  /// By name first, then by alias; nullptr when there is none.
  [[nodiscard]] const field_info* find(std::string_view column) const noexcept;
};

} // namespace weir
