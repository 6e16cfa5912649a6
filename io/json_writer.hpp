// SPDX-License-Identifier: Apache-2.0
//
// json_writer: writes a row as one JSON object on one line, by the record's table. Compiled once
// for all records.
//
// Doubles are the shortest text that reads back to the same bits; NaN and infinities become null,
// as JSON has none. Nested records become nested objects, empty optionals null, enums their names,
// times ISO 8601 in UTC, durations `250ms`. Bytes that are no UTF-8 become U+FFFD. What it writes,
// json_reader reads back. Immutable: any thread may use it.
//
//   json_writer writer{record_of<quote>()};
//   writer.append(line, &row);               // {"id":17,"price":8.79,"at":"2021-01-01T00:30:10Z"}

#pragma once

#include <weir/actors/stream/record.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class json_writer {
public:
  explicit json_writer(const record_info& table);

  /// Appends one object, without a line end.
  void append(std::string& out, const void* row) const;

  /// The most bytes `write` needs for this row.
  [[nodiscard]] std::size_t bound(const void* row) const noexcept;
  /// Writes one object at `to`, where `bound(row)` bytes are free; gives its end.
  [[nodiscard]] char* write(char* to, const void* row) const;

private:
  struct column {
    const field_info* field;
    std::string before; ///< Braces, comma and key up to the value.
  };
  std::vector<column> columns_;
  std::string after_;
  std::size_t fixed_bytes_ = 0;
};

/// Appends a field's value alone, a name or a time without quotes; `value` is not missing.
void append_json_value(std::string& out, const field_info& field, const void* value);

/// Writes text as a JSON string, quotes included; at most `6 * text.size() + 2` bytes.
[[nodiscard]] char* write_json_string(char* to, std::string_view text);

} // namespace weir
