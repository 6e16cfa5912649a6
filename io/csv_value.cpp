// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_value.hpp>

#include <fast_float/fast_float.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>

namespace weir {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view without_plus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+';
  return plus ? text.substr(1) : text;
}

/// `12.000` to `12`: an integer written as a decimal. Anything else stays as it is.
std::string_view without_zero_fraction(std::string_view text) {
  const auto point = text.find('.');
  if (point == std::string_view::npos || point == 0
      || text.find_first_not_of('0', point + 1) != std::string_view::npos)
    return text;
  return text.substr(0, point);
}

enum class outcome { good, malformed, out_of_range };

template <class Integer>
outcome read_integer(std::string_view text, Integer& value) {
  text = without_zero_fraction(without_plus(text));
  if constexpr (std::is_unsigned_v<Integer>) {
    if (text.size() > 1 && text[0] == '-') {
      std::int64_t below = 0;
      const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), below);
      if (end != text.data() + text.size() || failed == std::errc::invalid_argument)
        return outcome::malformed;
      value = 0;
      return below == 0 && failed == std::errc{} ? outcome::good : outcome::out_of_range;
    }
  }
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || failed == std::errc::invalid_argument)
    return outcome::malformed;
  return failed == std::errc{} ? outcome::good : outcome::out_of_range;
}

template <class Float>
outcome read_float(std::string_view text, Float& value) {
  text = without_plus(text);
  const char* last = text.data() + text.size();
  const auto [end, failed] = fast_float::from_chars(text.data(), last, value);
  if (end != last || failed == std::errc::invalid_argument || text.empty())
    return outcome::malformed;
  // Digits that make an infinity are too large; those that make a zero are just small.
  const bool is_word = text.find_first_of("iI") != std::string_view::npos;
  return std::isinf(value) && !is_word ? outcome::out_of_range : outcome::good;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a[i] | 0x20) != b[i]) return false;
  return true;
}

outcome read_bool(std::string_view text, bool& value) {
  for (std::string_view word : {"1", "true", "t", "yes", "y"})
    if (equal_ignoring_case(text, word)) {
      value = true;
      return outcome::good;
    }
  for (std::string_view word : {"0", "false", "f", "no", "n"})
    if (equal_ignoring_case(text, word)) {
      value = false;
      return outcome::good;
    }
  return outcome::malformed;
}

/// `1500ms`: a whole number of a unit, exactly; parse_duration goes through a double. Nothing: it
/// is of another form.
std::optional<duration> read_exact_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failed != std::errc{}) return std::nullopt;
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.empty() || unit.find_first_of("0123456789.eE+- ") != std::string_view::npos)
    return std::nullopt;
  const auto one = parse_duration("1" + std::string{unit});
  std::int64_t micros = 0;
  if (!one || __builtin_mul_overflow(count, one->count(), &micros)) return std::nullopt;
  return duration{micros};
}

/// Reads into the value at `to`, of the field's kind.
outcome read_into(const field_info& field, std::string_view text, void* to) {
  switch (field.kind) {
    case field_kind::boolean: return read_bool(text, *static_cast<bool*>(to));
    case field_kind::int8: return read_integer(text, *static_cast<std::int8_t*>(to));
    case field_kind::int16: return read_integer(text, *static_cast<std::int16_t*>(to));
    case field_kind::int32: return read_integer(text, *static_cast<std::int32_t*>(to));
    case field_kind::int64: return read_integer(text, *static_cast<std::int64_t*>(to));
    case field_kind::uint8: return read_integer(text, *static_cast<std::uint8_t*>(to));
    case field_kind::uint16: return read_integer(text, *static_cast<std::uint16_t*>(to));
    case field_kind::uint32: return read_integer(text, *static_cast<std::uint32_t*>(to));
    case field_kind::uint64: return read_integer(text, *static_cast<std::uint64_t*>(to));
    case field_kind::float32: return read_float(text, *static_cast<float*>(to));
    case field_kind::float64: return read_float(text, *static_cast<double*>(to));
    case field_kind::text:
      static_cast<std::string*>(to)->assign(text);
      return is_clean_text(text) ? outcome::good : outcome::malformed;
    case field_kind::text_view:
      *static_cast<std::string_view*>(to) = text;
      return is_clean_text(text) ? outcome::good : outcome::malformed;
    case field_kind::time:
      if (const auto time = parse_timestamp(text)) {
        *static_cast<timestamp*>(to) = *time;
        return outcome::good;
      }
      return outcome::malformed;
    case field_kind::span:
      if (const auto exact = read_exact_duration(text)) {
        *static_cast<duration*>(to) = *exact;
        return outcome::good;
      }
      if (const auto span = parse_duration(text)) {
        *static_cast<duration*>(to) = *span;
        return outcome::good;
      }
      return outcome::malformed;
    case field_kind::enumeration:
      if (const auto value = field.enumeration->find(text)) {
        field.enumeration->set(to, *value);
        return outcome::good;
      }
      return outcome::malformed;
  }
  return outcome::malformed;
}

std::string_view as_read(const field_info& field, std::string_view text) {
  return is_text(field.kind) ? text : trimmed(text);
}

/// Whether a value of this kind, malformed or not, is out of range. A value to read into is made on
/// the spot.
bool is_out_of_range(const field_info& field, std::string_view text) {
  if (!is_integer(field.kind) && !is_floating(field.kind)) return false;
  alignas(8) std::array<std::byte, 8> room{};
  return read_into(field, text, room.data()) == outcome::out_of_range;
}

std::size_t bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!is_clean_text(text.substr(0, i + 1))
        && (i + 4 > text.size() || !is_clean_text(text.substr(0, i + 2)))
        && (i + 3 > text.size() || !is_clean_text(text.substr(0, i + 3))))
      return i;
  return 0;
}

/// How long the UTF-8 sequence at the front is; 0: it is none. (Unicode 15, table 3-7.)
std::size_t sequence_length(const unsigned char* s, std::size_t left) noexcept {
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < left && s[i] >= low && s[i] <= high;
  };
  const unsigned c = s[0];
  if (c < 0x80) return c == 0 ? 0 : 1;
  if (c >= 0xc2 && c <= 0xdf) return follows(1) ? 2 : 0;
  if ((c & 0xf0U) == 0xe0)
    return follows(1, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  if (c >= 0xf0 && c <= 0xf4)
    return follows(1, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3)
               ? 4
               : 0;
  return 0;
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 64> text{};
  const auto [end, failed] = std::to_chars(text.data(), text.data() + text.size(), value);
  static_cast<void>(failed); // 64 characters hold any shortest form
  out.append(text.data(), end);
}

} // namespace

bool read_csv_value(const field_info& field, std::string_view text, void* row) {
  return read_into(field, as_read(field, text), field.value_for_writing(row)) == outcome::good;
}

std::string list_names(const enum_info& values) {
  std::string names;
  for (std::size_t i = 0; i < values.values.size(); ++i) {
    if (i == 8) return names + ", ...";
    names.append(i == 0 ? "" : ", ").append(values.values[i].first);
  }
  return names;
}

std::string explain_csv_value(const field_info& field, std::string_view column,
                              std::string_view text) {
  std::string reason = "column '" + std::string{column} + "': ";
  text = as_read(field, text);
  if (text.empty() && !is_text(field.kind))
    return reason
           + "is empty, and the field can't be missing: make it a std::optional to take such rows";
  const std::string shown = quoted_for_message(text);
  if (is_text(field.kind)) {
    const std::size_t at = bad_byte(text);
    if (text[at] == '\0') return reason + shown + " holds a NUL byte at byte " + std::to_string(at);
    return reason + shown + " is no UTF-8 from byte " + std::to_string(at)
           + " on: convert the file, for instance with iconv";
  }
  if (is_out_of_range(field, text))
    return reason + shown + " is out of range for " + std::string{name_of(field.kind)};
  if (field.kind == field_kind::enumeration)
    return reason + shown + " is none of " + list_names(*field.enumeration);
  if (is_integer(field.kind)) return reason + shown + " is no whole number";
  if (is_floating(field.kind)) return reason + shown + " is no number";
  if (field.kind == field_kind::time)
    return reason + shown + " is no time like 2021-01-31 23:59:00 or 2021-01-31T23:59:00Z";
  if (field.kind == field_kind::span)
    return reason + shown + " is no duration like 250ms, 30s or 1.5h";
  return reason + shown + " is neither true nor false";
}

void append_csv_value(std::string& out, const field_info& field, const void* row) {
  const void* value = field.value_in(row);
  if (value == nullptr) return;
  switch (field.kind) {
    case field_kind::boolean: out += *static_cast<const bool*>(value) ? "true" : "false"; break;
    case field_kind::int8: append_number(out, *static_cast<const std::int8_t*>(value)); break;
    case field_kind::int16: append_number(out, *static_cast<const std::int16_t*>(value)); break;
    case field_kind::int32: append_number(out, *static_cast<const std::int32_t*>(value)); break;
    case field_kind::int64: append_number(out, *static_cast<const std::int64_t*>(value)); break;
    case field_kind::uint8: append_number(out, *static_cast<const std::uint8_t*>(value)); break;
    case field_kind::uint16: append_number(out, *static_cast<const std::uint16_t*>(value)); break;
    case field_kind::uint32: append_number(out, *static_cast<const std::uint32_t*>(value)); break;
    case field_kind::uint64: append_number(out, *static_cast<const std::uint64_t*>(value)); break;
    case field_kind::float32: append_number(out, *static_cast<const float*>(value)); break;
    case field_kind::float64: append_number(out, *static_cast<const double*>(value)); break;
    case field_kind::text: out += *static_cast<const std::string*>(value); break;
    case field_kind::text_view: out += *static_cast<const std::string_view*>(value); break;
    case field_kind::time: append_timestamp(out, *static_cast<const timestamp*>(value)); break;
    case field_kind::span: out += to_string(*static_cast<const duration*>(value)); break;
    case field_kind::enumeration: {
      const std::int64_t number = field.enumeration->get(value);
      const auto name = field.enumeration->name(number);
      if (name.empty())
        append_number(out, number); // no name belongs to it: shown, though it can't be read back
      else
        out += name;
      break;
    }
  }
}

bool is_clean_text(std::string_view text) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t left = text.size();
  while (left != 0) {
    if (left >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      // No byte is above 0x7f, and none is zero (taking one off each would borrow from a zero
      // byte).
      if (((word | (word - 0x0101010101010101U)) & 0x8080808080808080U) == 0) {
        at += 8;
        left -= 8;
        continue;
      }
    }
    const std::size_t length = sequence_length(at, left);
    if (length == 0) return false;
    at += length;
    left -= length;
  }
  return true;
}

std::string quoted_for_message(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string shown = "'";
  for (const char c : text.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      shown += c;
      continue;
    }
    std::array<char, 8> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "\\x%02x", byte);
    shown += escaped.data();
  }
  return shown + (text.size() > most ? "...'" : "'");
}

} // namespace weir
