// SPDX-License-Identifier: Apache-2.0

#include <weir/io/console_table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace weir {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view gap = "  ";
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// Length of the valid UTF-8 sequence at the front of `text`, 0 when there is none (Unicode 15,
/// table 3-7).
std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto is_tail = [&](std::size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const unsigned first = at(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  if (first >= 0xC2 && first <= 0xDF) return is_tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
    return at(1) >= low && at(1) <= high && is_tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
    return at(1) >= low && at(1) <= high && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

/// Calls `whole` with each character and `control` with each that would steer a terminal (C0, DEL,
/// and C1 in UTF-8).
template <class Whole, class Control>
void for_each_character(std::string_view text, Whole whole, Control control) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    const bool is_c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (length == 0)
      whole(replacement);
    else if (first < 0x20 || first == 0x7F)
      control(first);
    else if (is_c1)
      control(static_cast<unsigned char>(text[1]));
    else
      whole(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

/// A line feed is shown as `line_break`.
void append_shown_text(std::string& out, std::string_view text, std::size_t width,
                       std::string_view line_break) {
  std::size_t shown = 0;
  std::size_t end_of_fitting = out.size(); // where the ellipsis goes if the text is too long
  const auto add = [&](std::string_view piece, std::size_t columns) {
    if (shown > width) return;
    if (shown + 1 <= width) end_of_fitting = out.size();
    out += piece;
    shown += columns;
  };
  for_each_character(
      text, [&](std::string_view character) { add(character, 1); },
      [&](unsigned char c) {
        if (c == '\n')
          add(line_break, line_break.front() == '\n' ? 1 : 2);
        else if (c == '\t' || c == '\r')
          add(c == '\t' ? "\\t" : "\\r", 2);
        else
          add(fmt::format("\\x{:02x}", c), 4);
      });
  if (shown > width) {
    out.erase(end_of_fitting);
    out += ellipsis;
  }
}

template <class T>
void append_number(std::string& out, const void* value) {
  fmt::format_to(std::back_inserter(out), "{}", *static_cast<const T*>(value));
}

/// A table is for people: at most six decimals, where that leaves three digits that count. JSON
/// Lines have every bit.
template <class T>
void append_decimals(std::string& out, const void* value) {
  const T number = *static_cast<const T*>(value);
  const auto begin = out.size();
  append_number<T>(out, value);
  const auto point = out.find('.', begin);
  constexpr std::size_t most = 6;
  if (point == std::string::npos || out.size() - point - 1 <= most || std::abs(number) < T(1e-3)
      || out.find('e', point) != std::string::npos)
    return;
  out.resize(begin);
  fmt::format_to(std::back_inserter(out), "{:.6f}", number);
  out.resize(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out += '0';
}

std::string_view text_of(const field_info& field, const void* value) {
  return field.kind == field_kind::text ? std::string_view{*static_cast<const std::string*>(value)}
                                        : *static_cast<const std::string_view*>(value);
}

/// Everything but text.
void append_plain(std::string& out, const field_info& field, const void* value) {
  switch (field.kind) {
    case field_kind::boolean: out += *static_cast<const bool*>(value) ? "true" : "false"; break;
    case field_kind::int8: append_number<std::int8_t>(out, value); break;
    case field_kind::int16: append_number<std::int16_t>(out, value); break;
    case field_kind::int32: append_number<std::int32_t>(out, value); break;
    case field_kind::int64: append_number<std::int64_t>(out, value); break;
    case field_kind::uint8: append_number<std::uint8_t>(out, value); break;
    case field_kind::uint16: append_number<std::uint16_t>(out, value); break;
    case field_kind::uint32: append_number<std::uint32_t>(out, value); break;
    case field_kind::uint64: append_number<std::uint64_t>(out, value); break;
    case field_kind::float32: append_decimals<float>(out, value); break;
    case field_kind::float64: append_decimals<double>(out, value); break;
    case field_kind::time: append_timestamp(out, *static_cast<const timestamp*>(value)); break;
    case field_kind::span: out += to_string(*static_cast<const duration*>(value)); break;
    case field_kind::enumeration: {
      const auto number = field.enumeration->get(value);
      const auto name = field.enumeration->name(number);
      out += name.empty() ? std::to_string(number) : std::string{name};
      break;
    }
    case field_kind::text:
    case field_kind::text_view: break;
  }
}

/// Columns a text takes on a terminal: one for each code point.
std::size_t display_width(std::string_view text) noexcept {
  std::size_t columns = 0;
  for (char c : text) columns += (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  return columns;
}

/// The value of a field as a person reads it; empty when it is missing.
void append_cell(std::string& out, const field_info& field, const void* row, std::size_t text_width,
                 std::string_view line_break) {
  const void* value = field.value_in(row);
  if (value == nullptr) return;
  if (is_text(field.kind))
    append_shown_text(out, text_of(field, value), text_width, line_break);
  else
    append_plain(out, field, value);
}

bool is_right_aligned(const field_info& field) {
  return is_integer(field.kind) || is_floating(field.kind);
}

} // namespace

console_table::console_table(const record_info& table, look how) : table_{table}, how_{how} {
  for (const auto& field : table.fields) {
    widths_.push_back(display_width(field.name));
    widest_name_ = std::max(widest_name_, widths_.back());
  }
}

void console_table::append(std::string& out, const std::byte* rows, std::size_t count) {
  show(rows, count);
  if (!has_begun_) {
    begin(out, count);
    if (is_block_) show(rows, count);
  }
  for (std::size_t i = 0; i < count; ++i) append_row(out, &cells_[i * table_.fields.size()]);
}

void console_table::show(const std::byte* rows, std::size_t count) {
  const auto line_break =
      is_block_ ? "\n" + std::string(widest_name_ + gap.size(), ' ') : std::string{"\\n"};
  cells_.resize(count * table_.fields.size());
  auto* cell = cells_.data();
  for (std::size_t i = 0; i < count; ++i)
    for (const auto& field : table_.fields) {
      cell->clear();
      append_cell(*cell++, field, rows + i * table_.row_bytes, how_.text_width, line_break);
    }
}

void console_table::widen(const std::string* cells) {
  for (std::size_t i = 0; i < widths_.size(); ++i)
    widths_[i] = std::max(widths_[i], display_width(cells[i]));
}

void console_table::begin(std::string& out, std::size_t rows) {
  has_begun_ = true;
  for (std::size_t i = 0; i < rows; ++i) widen(&cells_[i * table_.fields.size()]);
  std::size_t line = 0;
  for (auto width : widths_) line += width + gap.size();
  is_block_ = how_.has_blocks || (how_.width > 0 && line > how_.width + gap.size());
  if (is_block_) return;
  if (how_.has_color) out += "\x1B[1m";
  std::vector<std::string> names;
  for (const auto& field : table_.fields) names.push_back(field.name);
  append_line(out, names.data());
  if (how_.has_color) out.insert(out.size() - 1, "\x1B[0m");
}

void console_table::append_row(std::string& out, const std::string* cells) {
  if (!is_block_) {
    widen(cells);
    return append_line(out, cells);
  }
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    const auto& name = table_.fields[i].name;
    out += name;
    out.append(widest_name_ - display_width(name), ' ');
    out += gap;
    out += cells[i];
    out += '\n';
  }
  out += '\n';
}

void console_table::append_line(std::string& out, const std::string* cells) {
  const auto begin = out.size();
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    if (i > 0) out += gap;
    const std::size_t blanks = widths_[i] - std::min(widths_[i], display_width(cells[i]));
    if (is_right_aligned(table_.fields[i])) out.append(blanks, ' ');
    out += cells[i];
    if (!is_right_aligned(table_.fields[i])) out.append(blanks, ' ');
  }
  out.erase(std::max(out.find_last_not_of(' ') + 1, begin));
  out += '\n';
}

} // namespace weir
