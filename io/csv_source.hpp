// SPDX-License-Identifier: Apache-2.0
//
// csv: records from CSV files, and to one. RFC 4180 and what people really have.
//
// Columns are found by their names in the header, in any order; without header by position. Files
// are parsed ahead in parallel and delivered in the order of their names, each a partition called
// by the file's stem; positions count parsed rows. Rows that can't be read are rejected with
// file:line, bytes and reason. std::string_view fields point into what was read. Memory: `threads`
// files at once, each with a block of 256 KiB (or one row, at most `max_row_bytes`), its index, and
// its pump's batches.
//
// Taken as they are: CRLF, a byte order mark, blanks around numbers, `1.0` in an integer column,
// quotes inside text that does not begin with one, blank lines (skipped, unless there is one column
// only). Rejected: another number of fields than the header has, a value that is none of its
// field's kind or out of its range, an empty value of a field that is not optional, a NUL byte or
// broken UTF-8 in text, quotes that are never closed (that line only).
//
//   app.from(csv<trip>("yellow_2019-*.csv"))
//   app.from(csv<trip>({"a.csv", "b.csv"}, {.delimiter = ";", .nulls = "-"}))
//   rows | to(csv<trip>("copy.csv"))

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/io/csv_options.hpp>
#include <weir/io/csv_sink.hpp>
#include <weir/io/glob.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace weir {

namespace detail {

/// How the compiled reader reaches the rows of a typed batch.
struct csv_rows {
  const row_type* type;
  void* (*tail)(batch_base& rows);                  ///< Where the next rows go.
  void (*add)(batch_base& rows, std::size_t count); ///< What was written there becomes rows.
  bool one_by_one; ///< Rows own heap that counts against the batch's room.
};

template <tabular T>
csv_rows csv_rows_of() {
  return {&row_type_of<T>(),
          [](batch_base& rows) -> void* { return static_cast<batch<T>&>(rows).tail(); },
          [](batch_base& rows, std::size_t count) {
            if constexpr (owns_heap<T>())
              for (; count != 0; --count) static_cast<batch<T>&>(rows).push_next();
            else
              rows.rows_added(count);
          },
          owns_heap<T>()};
}

/// One file, read by whoever polls: no pump, nothing ahead.
std::unique_ptr<any_source> make_csv_file(const csv_rows& rows, std::string path,
                                          std::string partition, const csv_options& options);
result<std::unique_ptr<any_source>> make_csv_source(const csv_rows& rows, const file_list& files,
                                                    const csv_options& options);

} // namespace detail

/// A source_spec: CSV files to be read; in `to`, the CSV file to be written.
template <tabular T>
class csv_files {
public:
  using row = T;
  static constexpr bool is_bounded = true;

  csv_files(file_list files, csv_options options)
      : files_{std::move(files)}, options_{std::make_shared<csv_options>(std::move(options))} {}

  [[nodiscard]] std::string describe() const { return "csv(" + files_.describe() + ")"; }
  [[nodiscard]] options_ref options() const { return make_options_ref(options_); }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    return detail::make_csv_source(detail::csv_rows_of<T>(), files_, *options_);
  }

  /// The file as a sink.
  template <class U>
  [[nodiscard]] csv_sink<T> bind() const {
    static_assert(std::same_as<T, U>, "weir: this sink takes another record than the stream has: "
                                      "bring the rows to it by map");
    return {files_.patterns().size() == 1 ? files_.patterns().front() : std::string{}, options_};
  }

private:
  file_list files_;
  std::shared_ptr<csv_options> options_;
};

/// Records of T in these files: one name or pattern, or a list.
template <class T>
[[nodiscard]] auto csv(file_list files, csv_options options = {}) {
  static_assert(tabular<T>, "weir: csv reads and writes records: describe the row's struct with "
                            "BOOST_DESCRIBE_STRUCT");
  return csv_files<T>{std::move(files), std::move(options)};
}

} // namespace weir
