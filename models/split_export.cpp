// SPDX-License-Identifier: Apache-2.0

#include <weir/models/split_export.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace weir {

namespace {

template <class V>
void append_number(std::string& onto, V value) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  onto.append(digits, end);
}

template <class V>
void append_as(std::string& onto, const void* value) {
  V read;
  std::memcpy(&read, value, sizeof(V));
  append_number(onto, read);
}

void append_text(std::string& onto, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    onto += text;
    return;
  }
  onto += '"';
  for (const char c : text) onto.append(c == '"' ? 2 : 1, c);
  onto += '"';
}

void append_value(std::string& onto, const field_info& field, const void* value) {
  switch (field.kind) {
    case field_kind::boolean: onto += *static_cast<const bool*>(value) ? "true" : "false"; return;
    case field_kind::int8:
      append_number(onto, int{*static_cast<const signed char*>(value)});
      return;
    case field_kind::int16: return append_as<std::int16_t>(onto, value);
    case field_kind::int32: return append_as<std::int32_t>(onto, value);
    case field_kind::int64: return append_as<std::int64_t>(onto, value);
    case field_kind::uint8:
      append_number(onto, unsigned{*static_cast<const unsigned char*>(value)});
      return;
    case field_kind::uint16: return append_as<std::uint16_t>(onto, value);
    case field_kind::uint32: return append_as<std::uint32_t>(onto, value);
    case field_kind::uint64: return append_as<std::uint64_t>(onto, value);
    case field_kind::float32: return append_as<float>(onto, value);
    case field_kind::float64: return append_as<double>(onto, value);
    case field_kind::text: return append_text(onto, *static_cast<const std::string*>(value));
    case field_kind::text_view:
      return append_text(onto, *static_cast<const std::string_view*>(value));
    case field_kind::time: return append_timestamp(onto, *static_cast<const timestamp*>(value));
    case field_kind::span: onto += to_string(*static_cast<const duration*>(value)); return;
    case field_kind::enumeration:
      onto += field.enumeration->name(field.enumeration->get(value));
      return;
  }
}

} // namespace

void append_split_line(std::string& onto, const feature_reader& reader, const void* row,
                       const origin& where, double label, bool is_held_out) {
  if (where.partition != nullptr) append_text(onto, where.partition->name);
  onto += ',';
  append_number(onto, where.position);
  for (const auto* field : reader.fields()) {
    onto += ',';
    if (const void* value = field->value_in(row)) append_value(onto, *field, value);
  }
  onto += ',';
  append_number(onto, label);
  onto += is_held_out ? ",1\n" : ",0\n";
}

split_export::split_export(const std::string& path, const feature_reader& reader)
    : path_{path}, file_{std::fopen((path + ".part").c_str(), "wb")} {
  if (!file_) fail("create");
  std::string header{begin};
  for (const auto* field : reader.fields()) {
    header += ',';
    append_text(header, field->name);
  }
  write(header + ",label,held_out,prediction\n");
}

void split_export::add(std::string_view lines, const double* predictions) {
  std::string text;
  while (!lines.empty()) {
    // A line may hold newlines of quoted text: its end is the first one outside of quotes.
    std::size_t end = 0;
    for (bool is_quoted = false; is_quoted || lines[end] != '\n'; ++end)
      is_quoted ^= lines[end] == '"';
    text += lines.substr(0, end);
    text += ',';
    append_number(text, *predictions++);
    text += '\n';
    lines.remove_prefix(end + 1);
  }
  write(text);
}

void split_export::finish() {
  if (std::fclose(file_.release()) != 0) fail("write");
  if (std::rename((path_ + ".part").c_str(), path_.c_str()) != 0) fail("rename");
}

void split_export::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) fail("write");
}

void split_export::fail(const std::string& what) const {
  throw std::runtime_error{
      fmt::format("cannot {} '{}' (export_split): {}", what, path_, std::strerror(errno))};
}

} // namespace weir
