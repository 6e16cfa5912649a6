// SPDX-License-Identifier: Apache-2.0
//
// json_reader: reads one JSON object into a row, by the record's table. Compiled once for all
// records.
//
// Strict: the text is one object and nothing else, valid UTF-8, all of it well-formed, also what
// the record does not name. A number fits its field exactly in kind and range (no fraction or
// exponent for an integer, no quotes around it); a bool is true or false; an enum is written by
// name; a time is ISO text and a duration text like `250ms`, because a bare number would have to be
// guessed. A field of a nested record may be written nested or dotted, and under any of its
// aliases, but once. A missing or null field empties an optional, and rejects the row otherwise.
// Keys the record does not name are ignored. Nothing is allocated for a row once its strings have
// their size. One thread at a time.
//
//   json_reader reader{record_of<trip>()};
//   if (!reader.read(payload, &row, text)) divert(payload, reader.reason());
//
//   {"pickup":"2021-01-01T00:30:10Z","from":{"zone":7}}    ==
//   {"from.zone":7,"tpep_pickup_datetime":"2021-01-01 00:30:10"}

#pragma once

#include <weir/actors/stream/record.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

class json_reader {
public:
  /// Room that `read` wants behind `text`, beyond the size of the document.
  static constexpr std::size_t text_slack = 64;
  /// The reason where there is something else.
  static constexpr const char* no_object = "not a JSON object";

  explicit json_reader(const record_info& table);
  json_reader(json_reader&&) noexcept;
  ~json_reader();

  /// Fills all fields of `row`, a row of the table's record. Text of std::string_view fields is
  /// written to `text`, which moves on behind it; `json.size() + text_slack` bytes must be free
  /// there, none for a record that does not borrow. False: rejected, `reason()` says why, and the
  /// row holds anything.
  [[nodiscard]] bool read(std::string_view json, void* row, char*& text);

  /// For records that do not borrow.
  [[nodiscard]] bool read(std::string_view json, void* row);

  /// Why the last row was rejected: `field 'distance': expected a number, found "far"`.
  [[nodiscard]] const std::string& reason() const noexcept;

private:
  struct content;
  std::unique_ptr<content> content_;
};

} // namespace weir
