// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/credit.hpp>
#include <weir/io/csv_value.hpp>
#include <weir/io/json_keys.hpp>
#include <weir/io/json_reader.hpp>

#include <fast_float/fast_float.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

namespace weir {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr int max_depth = 256;

/// The first quote or backslash from `p` on. There is one: the first stage has found all strings
/// closed.
const char* end_of_plain(const char* p) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t highs = 0x8080808080808080U;
  for (;; p += 8) { // may read past the quote, never past the padding
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, p, 8);
    const auto quotes = bytes ^ (ones * '"');
    const auto slashes = bytes ^ (ones * '\\');
    const auto found = (((quotes - ones) & ~quotes) | ((slashes - ones) & ~slashes)) & highs;
    if (found != 0) return p + __builtin_ctzll(found) / 8;
  }
}

std::string_view without_trailing_space(std::string_view text) noexcept {
  const auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string expectation_of(const field_info& field) {
  if (is_integer(field.kind)) return "a whole number";
  if (is_floating(field.kind)) return "a number";
  switch (field.kind) {
    case field_kind::boolean: return "true or false";
    case field_kind::time: return "a time as text like \"2021-01-01T00:30:10Z\"";
    case field_kind::span: return "a duration as text like \"250ms\"";
    case field_kind::enumeration: return "one of " + list_names(*field.enumeration);
    default: return "text";
  }
}

} // namespace

struct json_reader::content {
  explicit content(const record_info& described)
      : table{&described}, keys{described}, seen_in(described.fields.size(), 0) {}

  bool read(std::string_view json, void* into, char*& text);

  // Each gives false after it has set `reason`.
  bool read_object(ondemand::object object, json_object_keys& at, int depth);
  bool read_value(ondemand::value value, const json_target& to, int depth);
  bool read_nested(ondemand::value value, json_object_keys& at, int depth);
  bool read_field(ondemand::value value, const field_info& field);
  bool read_scalar(ondemand::value value, const field_info& field, void* to);
  template <class Integer>
  bool read_integer(ondemand::value& value, const field_info& field, void* to);
  bool read_float(ondemand::value& value, const field_info& field, void* to);
  bool read_double(ondemand::value& value, const field_info& field, void* to);
  bool read_string(ondemand::value& value, const field_info& field, void* to);
  /// The text of a string value, in the document, or unescaped into `scratch`.
  bool take_string(ondemand::value& value, const field_info& field, std::string_view& found);
  bool unescape(ondemand::raw_json_string raw, std::string_view& found);
  /// Walks through what the record does not name: it is ignored, but must be JSON.
  bool skip(ondemand::value value, int depth);
  bool finish_row();

  const json_target* find(json_object_keys& at, std::size_t place, ondemand::raw_json_string key);
  bool fail(simdjson::error_code code);
  bool mismatch(const field_info& field, ondemand::value& value);
  bool out_of_range(const field_info& field, std::string_view number);

  const record_info* table;
  json_keys keys;
  ondemand::parser parser;
  std::vector<char> padded;
  std::vector<std::uint8_t> scratch;  // for unescaped keys and text
  std::vector<std::uint64_t> seen_in; // per column: the number of the last row that had it
  std::uint64_t row_number = 0;
  std::size_t columns_seen = 0;
  void* row = nullptr;
  char* text_end = nullptr;
  std::string reason;
};

bool json_reader::content::fail(simdjson::error_code code) {
  if (code == simdjson::UTF8_ERROR) {
    reason = "not valid UTF-8";
  } else if (code == simdjson::EMPTY) {
    reason = "empty, expected a JSON object";
  } else {
    std::string_view message = simdjson::error_message(code);
    while (message.ends_with('.') || message.ends_with(' ')) message.remove_suffix(1);
    reason = fmt::format("not valid JSON: {}", message);
  }
  return false;
}

bool json_reader::content::mismatch(const field_info& field, ondemand::value& value) {
  constexpr std::size_t shown_bytes = 40;
  auto found = without_trailing_space(value.raw_json_token());
  if (found.starts_with('{'))
    found = "an object";
  else if (found.starts_with('['))
    found = "an array";
  reason = fmt::format("field '{}': expected {}, found {}{}", field.name, expectation_of(field),
                       found.substr(0, shown_bytes), found.size() > shown_bytes ? "..." : "");
  return false;
}

bool json_reader::content::out_of_range(const field_info& field, std::string_view number) {
  reason = fmt::format("field '{}': {} is out of the range of {}", field.name, number,
                       name_of(field.kind));
  return false;
}

bool json_reader::content::read(std::string_view json, void* into, char*& text) {
  reason.clear();
  if (json.size() > max_row_bytes) {
    reason = fmt::format("{} bytes, a row may have {}", json.size(), max_row_bytes);
    return false;
  }
  const std::size_t needed = json.size() + simdjson::SIMDJSON_PADDING;
  if (padded.size() < needed) {
    padded.resize(2 * needed);
    scratch.resize(2 * needed);
  }
  if (!json.empty()) std::memcpy(padded.data(), json.data(), json.size());
  std::memset(padded.data() + json.size(), ' ', simdjson::SIMDJSON_PADDING);

  row = into;
  text_end = text;
  columns_seen = 0;
  ++row_number;
  ondemand::document document;
  if (auto code = parser.iterate(padded.data(), json.size(), padded.size()).get(document))
    return fail(code);
  ondemand::object object;
  if (auto code = document.get_object().get(object)) {
    if (code != simdjson::INCORRECT_TYPE) return fail(code);
    reason = no_object;
    return false;
  }
  if (!read_object(object, keys.root(), 1)) return false;
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    reason = "not valid JSON: something follows the object";
    return false;
  }
  if (!finish_row()) return false;
  text = text_end;
  return true;
}

bool json_reader::content::read_object(ondemand::object object, json_object_keys& at, int depth) {
  std::size_t place = 0;
  for (auto each : object) {
    ondemand::field member;
    if (auto code = std::move(each).get(member)) return fail(code);
    const json_target* to = find(at, place++, member.key());
    if (to == nullptr) return false;
    if (!read_value(member.value(), *to, depth + 1)) return false;
  }
  return true;
}

const json_target* json_reader::content::find(json_object_keys& at, std::size_t place,
                                              ondemand::raw_json_string key) {
  if (const auto* guess = at.guess(place, key.raw())) return guess;
  const char* end = end_of_plain(key.raw());
  std::string_view name{key.raw(), static_cast<std::size_t>(end - key.raw())};
  const bool is_plain = *end == '"';
  if (!is_plain && !unescape(key, name)) return nullptr;
  const auto& to = at.find(name);
  if (is_plain) at.expect(place, name, to);
  return &to;
}

bool json_reader::content::read_value(ondemand::value value, const json_target& to, int depth) {
  if (to.field == nullptr && to.nested == nullptr) return skip(value, depth);
  if (to.nested != nullptr) {
    ondemand::json_type type{};
    if (auto code = value.type().get(type)) return fail(code);
    if (type == ondemand::json_type::object) return read_nested(value, *to.nested, depth);
    if (to.field == nullptr && type == ondemand::json_type::null) return skip(value, depth);
  }
  if (to.field == nullptr) {
    reason = fmt::format("expected an object where the fields of '{}' are, found {}",
                         to.nested->example(), without_trailing_space(value.raw_json_token()));
    return false;
  }
  auto& seen = seen_in[to.column];
  if (seen == row_number) {
    reason = fmt::format("field '{}' is there twice", to.field->name);
    return false;
  }
  seen = row_number;
  ++columns_seen;
  return read_field(value, *to.field);
}

bool json_reader::content::read_nested(ondemand::value value, json_object_keys& at, int depth) {
  if (at.is_again_in(row_number)) {
    reason = "an object is there twice under one key";
    return false;
  }
  ondemand::object object;
  if (auto code = value.get_object().get(object)) return fail(code);
  return read_object(object, at, depth);
}

bool json_reader::content::read_field(ondemand::value value, const field_info& field) {
  ondemand::json_type type{};
  if (auto code = value.type().get(type)) return fail(code);
  if (type == ondemand::json_type::null) {
    if (!value.is_null().value_unsafe()) return mismatch(field, value);
    if (field.is_optional) {
      field.clear_in(row);
      return true;
    }
    reason = fmt::format("field '{}' is null, but not optional", field.name);
    return false;
  }
  return read_scalar(value, field, field.value_for_writing(row));
}

bool json_reader::content::read_scalar(ondemand::value value, const field_info& field, void* to) {
  switch (field.kind) {
    case field_kind::boolean: {
      const auto read = value.get_bool();
      if (read.error()) return mismatch(field, value);
      *static_cast<bool*>(to) = read.value_unsafe();
      return true;
    }
    case field_kind::int8: return read_integer<std::int8_t>(value, field, to);
    case field_kind::int16: return read_integer<std::int16_t>(value, field, to);
    case field_kind::int32: return read_integer<std::int32_t>(value, field, to);
    case field_kind::int64: return read_integer<std::int64_t>(value, field, to);
    case field_kind::uint8: return read_integer<std::uint8_t>(value, field, to);
    case field_kind::uint16: return read_integer<std::uint16_t>(value, field, to);
    case field_kind::uint32: return read_integer<std::uint32_t>(value, field, to);
    case field_kind::uint64: return read_integer<std::uint64_t>(value, field, to);
    case field_kind::float32: return read_float(value, field, to);
    case field_kind::float64: return read_double(value, field, to);
    default: return read_string(value, field, to);
  }
}

/// A JSON integer: digits with an optional minus, so that `1.0` and `1e3` are told from numbers out
/// of range.
bool is_whole(std::string_view number) noexcept {
  if (number.starts_with('-')) number.remove_prefix(1);
  return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos
         && (number.size() == 1 || number.front() != '0');
}

template <class Integer>
bool json_reader::content::read_integer(ondemand::value& value, const field_info& field, void* to) {
  using wide = std::conditional_t<std::is_signed_v<Integer>, std::int64_t, std::uint64_t>;
  wide number = 0;
  simdjson::error_code code{};
  const auto token = value.raw_json_token();
  if constexpr (std::is_signed_v<Integer>)
    code = value.get_int64().get(number);
  else
    code = value.get_uint64().get(number);
  if (code != simdjson::SUCCESS) {
    const auto shown = without_trailing_space(token);
    return is_whole(shown) ? out_of_range(field, shown) : mismatch(field, value);
  }
  if (!std::in_range<Integer>(number)) return out_of_range(field, without_trailing_space(token));
  *static_cast<Integer*>(to) = static_cast<Integer>(number);
  return true;
}

bool json_reader::content::read_double(ondemand::value& value, const field_info& field, void* to) {
  const auto token = value.raw_json_token();
  if (value.get_double().get(*static_cast<double*>(to)) == simdjson::SUCCESS) return true;
  double number = 0;
  const auto shown = without_trailing_space(token);
  const auto read = fast_float::from_chars(shown.data(), shown.data() + shown.size(), number);
  const bool is_number = read.ptr == shown.data() + shown.size() && !shown.empty()
                         && (shown[0] == '-' || (shown[0] >= '0' && shown[0] <= '9'));
  return is_number && std::isinf(number) ? out_of_range(field, shown) : mismatch(field, value);
}

// Straight from the text: by way of a double it could be rounded twice.
bool json_reader::content::read_float(ondemand::value& value, const field_info& field, void* to) {
  const auto token = without_trailing_space(value.raw_json_token());
  double wide = 0;
  if (!read_double(value, field, &wide)) return false;
  auto& number = *static_cast<float*>(to);
  fast_float::from_chars(token.data(), token.data() + token.size(), number);
  return std::isinf(number) ? out_of_range(field, token) : true;
}

bool json_reader::content::unescape(ondemand::raw_json_string raw, std::string_view& found) {
  auto* to = scratch.data();
  if (auto code = parser.unescape(raw, to).get(found)) return fail(code);
  return true;
}

bool json_reader::content::take_string(ondemand::value& value, const field_info& field,
                                       std::string_view& found) {
  ondemand::raw_json_string raw;
  if (value.get_raw_json_string().get(raw)) return mismatch(field, value);
  const char* end = end_of_plain(raw.raw());
  found = {raw.raw(), static_cast<std::size_t>(end - raw.raw())};
  return *end == '"' || unescape(raw, found);
}

bool json_reader::content::read_string(ondemand::value& value, const field_info& field, void* to) {
  std::string_view found;
  if (!take_string(value, field, found)) return false;
  const auto refuse = [&] {
    reason = fmt::format("field '{}': expected {}, found \"{}\"", field.name, expectation_of(field),
                         found.substr(0, 40));
    return false;
  };
  switch (field.kind) {
    case field_kind::text: static_cast<std::string*>(to)->assign(found); return true;
    case field_kind::text_view:
      std::memcpy(text_end, found.data(), found.size());
      *static_cast<std::string_view*>(to) = {text_end, found.size()};
      text_end += found.size();
      return true;
    case field_kind::time: {
      const auto time = parse_timestamp(found);
      if (!time) return refuse();
      *static_cast<timestamp*>(to) = *time;
      return true;
    }
    case field_kind::span: {
      const auto span = parse_duration(found);
      if (!span) return refuse();
      *static_cast<duration*>(to) = *span;
      return true;
    }
    default: {
      const auto named = field.enumeration->find(found);
      if (!named) return refuse();
      field.enumeration->set(to, *named);
      return true;
    }
  }
}

bool json_reader::content::skip(ondemand::value value, int depth) {
  if (depth > max_depth) {
    reason = fmt::format("nested deeper than {}", max_depth);
    return false;
  }
  ondemand::json_type type{};
  if (auto code = value.type().get(type)) return fail(code);
  switch (type) {
    case ondemand::json_type::object: {
      ondemand::object object;
      if (auto code = value.get_object().get(object)) return fail(code);
      for (auto each : object) {
        ondemand::field member;
        if (auto code = std::move(each).get(member)) return fail(code);
        std::string_view name;
        const auto key = member.key();
        if (*end_of_plain(key.raw()) != '"' && !unescape(key, name)) return false;
        if (!skip(member.value(), depth + 1)) return false;
      }
      return true;
    }
    case ondemand::json_type::array: {
      ondemand::array array;
      if (auto code = value.get_array().get(array)) return fail(code);
      for (auto each : array) {
        ondemand::value element;
        if (auto code = std::move(each).get(element)) return fail(code);
        if (!skip(element, depth + 1)) return false;
      }
      return true;
    }
    case ondemand::json_type::string: {
      ondemand::raw_json_string raw;
      if (auto code = value.get_raw_json_string().get(raw)) return fail(code);
      std::string_view text;
      return *end_of_plain(raw.raw()) == '"' || unescape(raw, text);
    }
    case ondemand::json_type::number: {
      double number = 0;
      if (auto code = value.get_double().get(number)) return fail(code);
      return true;
    }
    case ondemand::json_type::boolean: {
      bool flag = false;
      if (auto code = value.get_bool().get(flag)) return fail(code);
      return true;
    }
    case ondemand::json_type::null: {
      bool is_null = false;
      if (value.is_null().get(is_null) || !is_null) return fail(simdjson::N_ATOM_ERROR);
      return true;
    }
  }
  return fail(simdjson::TAPE_ERROR);
}

bool json_reader::content::finish_row() {
  if (columns_seen == seen_in.size()) return true;
  for (std::size_t column = 0; column < seen_in.size(); ++column) {
    if (seen_in[column] == row_number) continue;
    const auto& field = table->fields[column];
    if (!field.is_optional) {
      reason = fmt::format("field '{}' is missing", field.name);
      return false;
    }
    field.clear_in(row);
  }
  return true;
}

json_reader::json_reader(const record_info& table) : content_{std::make_unique<content>(table)} {}
json_reader::json_reader(json_reader&&) noexcept = default;
json_reader::~json_reader() = default;

bool json_reader::read(std::string_view json, void* row, char*& text) {
  return content_->read(json, row, text);
}

bool json_reader::read(std::string_view json, void* row) {
  ensure(!content_->table->borrows, "room for the text of a record that borrows");
  char* none = nullptr;
  return content_->read(json, row, none);
}

const std::string& json_reader::reason() const noexcept { return content_->reason; }

} // namespace weir
