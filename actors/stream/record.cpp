// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/record.hpp>

#include <boost/core/demangle.hpp>

#include <algorithm>

namespace weir {

std::string_view name_of(field_kind kind) noexcept {
  switch (kind) {
    case field_kind::boolean: return "bool";
    case field_kind::int8: return "int8";
    case field_kind::int16: return "int16";
    case field_kind::int32: return "int32";
    case field_kind::int64: return "int64";
    case field_kind::uint8: return "uint8";
    case field_kind::uint16: return "uint16";
    case field_kind::uint32: return "uint32";
    case field_kind::uint64: return "uint64";
    case field_kind::float32: return "float32";
    case field_kind::float64: return "float64";
    case field_kind::text: return "text";
    case field_kind::text_view: return "text";
    case field_kind::time: return "time";
    case field_kind::span: return "duration";
    case field_kind::enumeration: return "enum";
  }
  return "unknown";
}

std::optional<std::int64_t> enum_info::find(std::string_view name) const noexcept {
  for (const auto& [known, value] : values)
    if (known == name) return value;
  return std::nullopt;
}

std::string_view enum_info::name(std::int64_t value) const noexcept {
  for (const auto& [name, known] : values)
    if (known == value) return name;
  return {};
}

bool field_info::answers_to(std::string_view column) const noexcept {
  return name == column || std::ranges::find(aliases, column) != aliases.end();
}

const field_info* record_info::find(std::string_view column) const noexcept {
  for (const auto& field : fields)
    if (field.name == column) return &field;
  for (const auto& field : fields)
    if (field.answers_to(column)) return &field;
  return nullptr;
}

std::string detail::readable_type_name(const char* mangled) {
  return boost::core::demangle(mangled);
}

} // namespace weir
