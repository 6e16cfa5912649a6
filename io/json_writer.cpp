// SPDX-License-Identifier: Apache-2.0

#include <weir/io/json_writer.hpp>

#include <fmt/compile.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace weir {
namespace {

constexpr std::size_t number_bytes = 32; // any number, bool, null, time or duration

char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

/// Whether any of eight bytes is a control character, a quote, a backslash, or not ASCII.
bool has_special(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t highs = 0x8080808080808080U;
  const auto quotes = bytes ^ (ones * '"');
  const auto slashes = bytes ^ (ones * '\\');
  return (((bytes - ones * 0x20) | (quotes - ones) | (slashes - ones) | bytes) & highs) != 0;
}

/// Length of the UTF-8 sequence at the front of `text` (Unicode 15, table 3-7), 0 if there is none.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return byte(1) >= low && byte(1) <= high && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return byte(1) >= low && byte(1) <= high && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/// Writes the character at the front of `text`, escaped where it must be, and takes it off.
char* put_special(char* to, std::string_view& text) {
  const char c = text.front();
  const std::size_t length = sequence_length(text);
  std::string_view written = length == 0 ? "\xef\xbf\xbd" : text.substr(0, length);
  text.remove_prefix(length == 0 ? 1 : length);
  switch (c) {
    case '"': return put(to, "\\\"");
    case '\\': return put(to, "\\\\");
    case '\n': return put(to, "\\n");
    case '\r': return put(to, "\\r");
    case '\t': return put(to, "\\t");
    case '\b': return put(to, "\\b");
    case '\f': return put(to, "\\f");
    default: break;
  }
  if (static_cast<unsigned char>(c) >= 0x20) return put(to, written);
  constexpr std::string_view digits = "0123456789abcdef";
  to = put(to, "\\u00");
  *to++ = digits[static_cast<unsigned char>(c) >> 4U];
  *to++ = digits[static_cast<unsigned char>(c) & 15U];
  return to;
}

template <class Integer>
char* put_integer(char* to, const void* value) {
  return std::to_chars(to, to + number_bytes, *static_cast<const Integer*>(value)).ptr;
}

template <class Float>
char* put_float(char* to, const void* value) {
  const auto number = *static_cast<const Float*>(value);
  return std::isfinite(number) ? fmt::format_to(to, FMT_COMPILE("{}"), number) : put(to, "null");
}

char* put_digits(char* to, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    to[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return to + digits;
}

char* put_time(char* to, timestamp time) {
  using namespace std::chrono;
  constexpr timestamp first = sys_days{year{0} / January / 1};
  constexpr timestamp behind = sys_days{year{10'000} / January / 1};
  if (time < first || time >= behind) { // not four digits
    std::string text;
    append_timestamp(text, time);
    return put(to, text);
  }
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const auto micros = static_cast<std::uint64_t>((time - midnight).count());
  const auto in_day = static_cast<unsigned>(micros / 1'000'000);
  to = put_digits(to, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *to++ = '-';
  to = put_digits(to, static_cast<unsigned>(date.month()), 2);
  *to++ = '-';
  to = put_digits(to, static_cast<unsigned>(date.day()), 2);
  *to++ = 'T';
  to = put_digits(to, in_day / 3600, 2);
  *to++ = ':';
  to = put_digits(to, in_day / 60 % 60, 2);
  *to++ = ':';
  to = put_digits(to, in_day % 60, 2);
  if (const auto fraction = static_cast<unsigned>(micros % 1'000'000); fraction != 0) {
    *to++ = '.';
    to = put_digits(to, fraction, 6);
  }
  *to++ = 'Z';
  return to;
}

char* put_enum(char* to, const enum_info& names, const void* value) {
  const auto number = names.get(value);
  const auto name = names.name(number);
  return name.empty() ? put_integer<std::int64_t>(to, &number) : write_json_string(to, name);
}

char* put_value(char* to, const field_info& field, const void* value) {
  switch (field.kind) {
    case field_kind::boolean: return put(to, *static_cast<const bool*>(value) ? "true" : "false");
    case field_kind::int8: return put_integer<std::int8_t>(to, value);
    case field_kind::int16: return put_integer<std::int16_t>(to, value);
    case field_kind::int32: return put_integer<std::int32_t>(to, value);
    case field_kind::int64: return put_integer<std::int64_t>(to, value);
    case field_kind::uint8: return put_integer<std::uint8_t>(to, value);
    case field_kind::uint16: return put_integer<std::uint16_t>(to, value);
    case field_kind::uint32: return put_integer<std::uint32_t>(to, value);
    case field_kind::uint64: return put_integer<std::uint64_t>(to, value);
    case field_kind::float32: return put_float<float>(to, value);
    case field_kind::float64: return put_float<double>(to, value);
    case field_kind::text: return write_json_string(to, *static_cast<const std::string*>(value));
    case field_kind::text_view:
      return write_json_string(to, *static_cast<const std::string_view*>(value));
    case field_kind::time:
      *to++ = '"';
      to = put_time(to, *static_cast<const timestamp*>(value));
      *to++ = '"';
      return to;
    case field_kind::span:
      return write_json_string(to, to_string(*static_cast<const duration*>(value)));
    case field_kind::enumeration: return put_enum(to, *field.enumeration, value);
  }
  return to;
}

std::size_t text_bytes(const field_info& field, const void* value) noexcept {
  if (field.kind == field_kind::text) return static_cast<const std::string*>(value)->size();
  if (field.kind == field_kind::text_view)
    return static_cast<const std::string_view*>(value)->size();
  return 0;
}

/// How many leading parts, dots included, two dotted names share: `from.` of `from.zone` and
/// `from.x`.
std::size_t shared_prefix(std::string_view a, std::string_view b) noexcept {
  std::size_t shared = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size() && a[i] == b[i]; ++i)
    if (a[i] == '.') shared = i + 1;
  return shared;
}

std::size_t dots(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '.'));
}

} // namespace

char* write_json_string(char* to, std::string_view text) {
  *to++ = '"';
  while (!text.empty()) {
    while (text.size() >= 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, text.data(), 8);
      if (has_special(bytes)) break;
      std::memcpy(to, &bytes, 8);
      to += 8;
      text.remove_prefix(8);
    }
    for (std::size_t i = std::min<std::size_t>(8, text.size()); i > 0 && !text.empty(); --i) {
      const auto c = static_cast<unsigned char>(text.front());
      if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
        to = put_special(to, text);
      } else {
        *to++ = text.front();
        text.remove_prefix(1);
      }
    }
  }
  *to++ = '"';
  return to;
}

void append_json_value(std::string& out, const field_info& field, const void* value) {
  const std::size_t size = out.size();
  std::size_t room = number_bytes + 6 * text_bytes(field, value);
  if (field.enumeration != nullptr)
    room += field.enumeration->name(field.enumeration->get(value)).size();
  out.resize(size + room);
  char* begin = out.data() + size;
  char* end = put_value(begin, field, value);
  if (*begin == '"') {
    std::memmove(begin, begin + 1, static_cast<std::size_t>(end - begin) - 2);
    end -= 2;
  }
  out.resize(static_cast<std::size_t>(end - out.data()));
}

// Fields of one nested record lie side by side in the table, so an object opens where the shared
// prefix of two neighbours' names ends, and closes where it is left.
json_writer::json_writer(const record_info& table) {
  std::string_view before;
  std::string text = "{";
  for (const auto& field : table.fields) {
    const std::size_t shared = shared_prefix(before, field.name);
    text.append(dots(before.substr(shared)), '}');
    if (!columns_.empty()) text += ',';
    std::string_view rest = std::string_view{field.name}.substr(shared);
    for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
      text.append("\"").append(rest.substr(0, dot)).append("\":{");
      rest.remove_prefix(dot + 1);
    }
    text.append("\"").append(rest).append("\":");
    fixed_bytes_ += text.size() + number_bytes;
    if (field.enumeration != nullptr)
      for (const auto& [name, value] : field.enumeration->values) fixed_bytes_ += name.size();
    columns_.push_back({&field, std::move(text)});
    text.clear();
    before = field.name;
  }
  after_ = text + std::string(dots(before) + 1, '}');
  fixed_bytes_ += after_.size();
}

std::size_t json_writer::bound(const void* row) const noexcept {
  std::size_t bytes = fixed_bytes_;
  for (const auto& each : columns_)
    if (is_text(each.field->kind))
      if (const void* value = each.field->value_in(row))
        bytes += 6 * text_bytes(*each.field, value);
  return bytes;
}

char* json_writer::write(char* to, const void* row) const {
  for (const auto& each : columns_) {
    to = put(to, each.before);
    const void* value = each.field->value_in(row);
    to = value == nullptr ? put(to, "null") : put_value(to, *each.field, value);
  }
  return put(to, after_);
}

void json_writer::append(std::string& out, const void* row) const {
  const std::size_t size = out.size();
  out.resize(size + bound(row));
  out.resize(static_cast<std::size_t>(write(out.data() + size, row) - out.data()));
}

} // namespace weir
