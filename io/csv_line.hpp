// SPDX-License-Identifier: Apache-2.0
//
// csv_line: one line of CSV that came by itself, as a message for instance, to one row. Which
// columns it has is said by the option `columns`; without it they are the record's fields in order.
// What is inside is read as in a file (csv_source.hpp). Holds a copy of the line and its marks.
// Used by one thread.
//
//   auto line = csv_line::make(record_of<trip>(), {.columns = "pickup,distance"});
//   if (!line->read("2021-01-01 00:30:10,2.1", &row, text)) divert(line->reason());

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/csv_options.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace weir {

class csv_line {
public:
  /// errc::config when the columns do not fit the record.
  static result<csv_line> make(const record_info& table, const csv_options& options);
  csv_line(csv_line&&) noexcept;
  csv_line& operator=(csv_line&&) noexcept;
  ~csv_line();

  /// Fills all fields of `row`. Text it borrows is written to `text`, which moves on by at most the
  /// line's size. False: see `reason`; the row is then in any state.
  [[nodiscard]] bool read(std::string_view line, void* row, char*& text);
  /// Why the last line could not be read.
  [[nodiscard]] const std::string& reason() const noexcept;

private:
  struct content;
  explicit csv_line(std::unique_ptr<content> content);
  std::unique_ptr<content> content_;
};

} // namespace weir
