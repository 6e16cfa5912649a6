// SPDX-License-Identifier: Apache-2.0
//
// hdf5_writer: writes one HDF5 file column by column. It knows no records: columns are told when it
// is made, values come by column, one a row, in order.
//
// Values wait until a chunk is full, so memory is bounded by `chunk_rows` values a column and
// `text_block_bytes` of text. The file is `x.h5.part` until `finish`, which syncs it, writes its
// checksum and publishes both (hdf5_manifest.hpp); destroyed before, it leaves nothing. Files of
// the same values are the same bytes. One thread at a time.
//
//   auto file = hdf5_writer::create("trips.h5", {{"distance", field_kind::float64}}, {});
//   (*file)->append(0, &distance); (*file)->end_rows(1); (*file)->finish();
//
//   kind            dataset, with an attribute `kind`: the kind's name
//   bool            uint8
//   integers        the same type
//   float, double   the same type, NaN where missing
//   time, duration  int64, attribute unit = "us"
//   enum            HDF5 enum of int64, with the names
//   text            UTF-8 text of any length
//   optional        the same, and `<name>.valid` uint8: 1 where there is a value

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/hdf5_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir {

/// A column to be written.
struct hdf5_column {
  std::string name;
  field_kind kind{};
  bool is_optional = false;
  const enum_info* enumeration = nullptr; ///< Of an enum; outlives the writer.
};

class hdf5_writer {
public:
  /// Text that may wait in all columns before it is written.
  static constexpr std::size_t text_block_bytes = 4 * 1024 * 1024;

  [[nodiscard]] static result<std::unique_ptr<hdf5_writer>>
  create(const std::string& path, std::vector<hdf5_column> columns, const hdf5_options& options);
  ~hdf5_writer();

  /// Adds a value of the column's kind (text: std::string, text_view: std::string_view); nullptr:
  /// missing.
  [[nodiscard]] result<void> append(std::size_t column, const void* value);
  /// So many values were added to every column. At most `room()` at a time.
  [[nodiscard]] result<void> end_rows(std::size_t rows);
  /// Rows that may be added before `end_rows`.
  [[nodiscard]] std::size_t room() const noexcept;
  [[nodiscard]] std::uint64_t rows() const noexcept;

  /// Adds the rows of a file that a writer of the same columns and options has finished.
  [[nodiscard]] result<void> append_file(const std::string& path);

  /// Writes what waits, closes and publishes the file.
  [[nodiscard]] result<void> finish();
  /// The same under another name in the same folder.
  [[nodiscard]] result<void> finish_as(const std::string& path);

private:
  struct content;
  explicit hdf5_writer(std::unique_ptr<content> content);
  std::unique_ptr<content> content_;
};

} // namespace weir
