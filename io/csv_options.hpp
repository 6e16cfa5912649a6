// SPDX-License-Identifier: Apache-2.0
//
// csv_options: how CSV files are written, as far as it differs from RFC 4180. Source and sink take
// the same options, so that what one writes the other reads. Every field has a default that works.

#pragma once

#include <weir/actors/stream/credit.hpp>
#include <weir/actors/stream/error.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

/// Whether a file begins with the names of its columns.
enum class csv_header : std::uint8_t {
  detect,  ///< It does if its first row holds the name or alias of any column of the record.
  present, ///< Always.
  absent,  ///< Never: columns are taken by position, or are those of `csv_options::columns`.
};
BOOST_DESCRIBE_ENUM(csv_header, detect, present, absent)

/// What `csv` may be told.
struct csv_options {
  /// One character between fields; `tab` and `\t` are understood.
  std::string delimiter = ",";
  /// One character around fields that hold delimiters, quotes or line feeds; empty: there is no
  /// quoting.
  std::string quote = "\"";
  csv_header header = csv_header::detect;
  /// What a header would say, for files without one: names separated by the delimiter.
  std::string columns = {};
  /// Spellings of a missing value beside the empty one, separated by `|`; in text only without
  /// quotes.
  std::string nulls = "NA|N/A|NULL|null|None|\\N";
  /// Whether `nulls` also mean missing in text: there `NA` may be Namibia.
  bool null_text = false;
  /// A longer row is rejected without being held.
  std::uint64_t max_row_bytes = weir::max_row_bytes;
  /// How many files are parsed at once; 0: one a core, at most 8.
  std::uint32_t threads = 0;
  /// Whether the sink ends lines with CRLF. The source takes both.
  bool crlf = false;
};
BOOST_DESCRIBE_STRUCT(csv_options, (),
                      (delimiter, quote, header, columns, nulls, null_text, max_row_bytes, threads,
                       crlf))

/// The characters an options struct means.
struct csv_dialect {
  char delimiter = ',';
  char quote = '"'; ///< A line feed when there is no quoting.
};

/// Checks the options; errc::config says which one makes no sense, and why.
[[nodiscard]] result<csv_dialect> dialect_of(const csv_options& options);

/// The names in the option `columns`.
[[nodiscard]] std::vector<std::string> columns_of(const csv_options& options, csv_dialect dialect);

} // namespace weir
