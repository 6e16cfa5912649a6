// SPDX-License-Identifier: Apache-2.0
//
// hdf5_rows: makes rows of a record from the columns of one HDF5 file, by the record's table;
// compiled once for all.
//
// Columns are found by a field's name, then its aliases; others are not read. Values are converted
// window by window into typed arrays (same type: not at all), then stored into rows column by
// column, a few hundred rows at a time so that the rows stay in cache. What does not fit a field
// (out of range, no value where one must be, an unknown enum name) makes a bad row, not an error;
// what makes the columns no rows at all (missing, other type, other length) is one. One thread
// at a time; `read` calls the library only for rows that `reach` did not read.
//
//   field           reads columns of
//   bool            whole numbers 0 and 1
//   integer         whole numbers; floating ones, if whole
//   float, double   whole and floating numbers
//   text            text of any length, enum names
//   enum            an HDF5 enum, or text, by name
//   time            whole or floating numbers with a `unit`; ISO text
//   duration        the same; text such as `250ms`
//   optional        the same; missing: 0 in `<name>.valid`, else NaN
//
//   auto rows = hdf5_rows::bind(record_of<trip>(), "trips.h5", {});
//   auto step = (*rows)->read(batch.tail(), batch.room(), bytes);

#pragma once

#include <weir/actors/stream/batch.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/hdf5_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir {

class hdf5_rows {
public:
  /// A row that does not fit the record: which of those read, and why.
  struct bad_row {
    std::size_t index = 0;
    std::string reason; ///< `dataset 'passengers': 300 does not fit uint8`
    std::string raw;    ///< The value that did not fit.
  };
  /// What one `read` filled.
  struct run {
    std::size_t rows = 0;     ///< Written from the front of the room given, bad ones included.
    std::uint64_t first = 0;  ///< Row of the file the run begins with.
    std::vector<bad_row> bad; ///< By ascending index.
    kept_text text; ///< What std::string_view fields point into; no owner when there are none.
  };

  /// Opens the file and finds the record's columns in it.
  [[nodiscard]] static result<std::unique_ptr<hdf5_rows>>
  bind(const record_info& table, const std::string& path, const hdf5_options& options);
  ~hdf5_rows();

  [[nodiscard]] std::uint64_t size() const noexcept;
  [[nodiscard]] std::uint64_t next() const noexcept;
  void seek(std::uint64_t row) noexcept;

  /// Reads the windows that hold row `next()`, unless they are there; gives how many rows `read`
  /// makes of them without reading the file.
  [[nodiscard]] result<std::size_t> reach();
  /// Fills constructed rows at `to`: at most `rows`, and no more than fit `bytes` with their text,
  /// but one at least.
  [[nodiscard]] result<run> read(void* to, std::size_t rows, std::size_t bytes);

private:
  struct content;
  explicit hdf5_rows(std::unique_ptr<content> content);
  std::unique_ptr<content> content_;
};

} // namespace weir
