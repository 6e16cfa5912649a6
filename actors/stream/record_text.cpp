// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/record_text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace weir {
namespace {

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"true", "yes", "on", "1"})
    if (text == yes) return true;
  for (const std::string_view no : {"false", "no", "off", "0"})
    if (text == no) return false;
  return std::nullopt;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> parse_name(const enum_info& names, std::string_view text) {
  return names.find(text);
}

/// Calls `use` with a pointer to the value of the field's kind.
template <class Use>
auto with_type(field_kind kind, const void* at, Use use) {
  switch (kind) {
    case field_kind::boolean: return use(static_cast<const bool*>(at));
    case field_kind::int8: return use(static_cast<const std::int8_t*>(at));
    case field_kind::int16: return use(static_cast<const std::int16_t*>(at));
    case field_kind::int32: return use(static_cast<const std::int32_t*>(at));
    case field_kind::int64: return use(static_cast<const std::int64_t*>(at));
    case field_kind::uint8: return use(static_cast<const std::uint8_t*>(at));
    case field_kind::uint16: return use(static_cast<const std::uint16_t*>(at));
    case field_kind::uint32: return use(static_cast<const std::uint32_t*>(at));
    case field_kind::uint64: return use(static_cast<const std::uint64_t*>(at));
    case field_kind::float32: return use(static_cast<const float*>(at));
    case field_kind::float64: return use(static_cast<const double*>(at));
    case field_kind::text: return use(static_cast<const std::string*>(at));
    case field_kind::text_view: return use(static_cast<const std::string_view*>(at));
    case field_kind::time: return use(static_cast<const timestamp*>(at));
    case field_kind::span: return use(static_cast<const duration*>(at));
    case field_kind::enumeration: return use(static_cast<const enum_info*>(nullptr));
  }
  return use(static_cast<const bool*>(at));
}

template <class Value>
std::optional<Value> parse(const Value*, std::string_view text) {
  if constexpr (std::is_same_v<Value, bool>)
    return parse_bool(text);
  else if constexpr (std::is_arithmetic_v<Value>)
    return parse_number<Value>(text);
  else if constexpr (std::is_same_v<Value, std::string>)
    return std::string{text};
  else if constexpr (std::is_same_v<Value, timestamp>)
    return parse_timestamp(text);
  else if constexpr (std::is_same_v<Value, duration>)
    return parse_duration(text);
  else
    return std::nullopt; // a borrowed text has nobody to own it
}

std::string values_of(const enum_info& names) {
  std::string all;
  for (const auto& [name, value] : names.values)
    all += (all.empty() ? "" : "|") + std::string{name};
  return all;
}

} // namespace

result<void> write_field(const field_info& field, void* row, std::string_view text) {
  if (field.is_optional && text.empty()) {
    field.clear_in(row);
    return {};
  }
  const bool is_written = with_type(field.kind, nullptr, [&]<class Value>(const Value* type) {
    if constexpr (std::is_same_v<Value, enum_info>) {
      const auto value = parse_name(*field.enumeration, text);
      if (value) field.enumeration->set(field.value_for_writing(row), *value);
      return value.has_value();
    } else {
      auto value = parse(type, text);
      if (value) *static_cast<Value*>(field.value_for_writing(row)) = std::move(*value);
      return value.has_value();
    }
  });
  if (is_written) return {};
  return error{errc::config, fmt::format("'{}' is not a {}", text, word_for(field))};
}

std::string read_field(const field_info& field, const void* row) {
  const void* value = field.value_in(row);
  if (value == nullptr) return "-";
  return with_type(field.kind, value, [&]<class Value>(const Value* held) -> std::string {
    if constexpr (std::is_same_v<Value, enum_info>)
      return std::string{field.enumeration->name(field.enumeration->get(value))};
    else if constexpr (std::is_same_v<Value, bool>)
      return *held ? "true" : "false";
    else if constexpr (std::is_arithmetic_v<Value>)
      return fmt::format("{}", *held);
    else if constexpr (std::is_same_v<Value, timestamp> || std::is_same_v<Value, duration>)
      return to_string(*held);
    else
      return std::string{*held};
  });
}

std::string read_fields(const record_info& table, const void* row) {
  std::string text;
  for (const auto& field : table.fields)
    text += (text.empty() ? "" : ", ") + field.name + ": " + read_field(field, row);
  return text;
}

std::string word_for(const field_info& field) {
  if (is_integer(field.kind))
    return fmt::format("whole number {}({})", field.kind >= field_kind::uint8 ? "from 0 " : "",
                       name_of(field.kind));
  if (is_floating(field.kind)) return "number";
  if (is_text(field.kind)) return "text";
  switch (field.kind) {
    case field_kind::boolean: return "bool (true or false)";
    case field_kind::time: return "time such as 2021-01-31T12:00:00Z";
    case field_kind::span: return "duration such as 30s or 250ms";
    case field_kind::enumeration: return "value of " + values_of(*field.enumeration);
    default: return std::string{name_of(field.kind)};
  }
}

} // namespace weir
