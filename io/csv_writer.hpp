// SPDX-License-Identifier: Apache-2.0
//
// csv_writer: rows to CSV text, by their record's table. Quotes only what needs them, and text that
// would be taken for a missing value. Pure but for the buffer it appends to.

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/csv_options.hpp>

#include <string>
#include <string_view>

namespace weir {

class csv_writer {
public:
  csv_writer(const record_info& table, const csv_options& options);

  /// The line of column names.
  void append_header(std::string& out) const;
  /// One line. Text that can't be written without quotes while there is no quoting: errc::failed.
  result<void> append_row(std::string& out, const void* row) const;

private:
  [[nodiscard]] bool needs_quotes(std::string_view text) const;
  void append_quoted(std::string& out, std::string_view text) const;
  bool append_text(std::string& out, std::string_view text, bool is_optional) const;

  const record_info* table_;
  csv_dialect dialect_;
  std::string_view line_end_;
  std::string nulls_; ///< Between bars, as they are looked for.
};

} // namespace weir
