// SPDX-License-Identifier: Apache-2.0
//
// hdf5_reader: one open HDF5 file whose columns are read run by run. It knows no records: hdf5_rows
// binds it to one.
//
// A column is a one-dimensional dataset of whole or floating numbers, text or an enum. Only columns
// that were opened are read. Values of a run lie in buffers that are reused, so they are valid
// until the next `read` of that column; memory is bounded by `window_rows()` values a column, and
// one chunk of at most `max_chunk_bytes` each where chunks are larger.
//
//   auto file = hdf5_reader::open("trips.h5", {});
//   auto distance = (*file)->open_column("distance");           // its index
//   auto values = (*file)->read(*distance, 0, 4096);
//
//   /                     the group
//   ├── distance          float64 [rows]
//   ├── passengers        int32   [rows]
//   ├── passengers.valid  uint8   [rows]     1 where there is a value; only Weir writes it
//   └── pickup            int64   [rows]     attribute unit = "us"

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/hdf5_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// A chunk larger than this is refused: reading one row of it would need this much memory.
inline constexpr std::size_t max_chunk_bytes = 64 * 1024 * 1024;
/// The dataset that says which values of an optional column there are.
[[nodiscard]] std::string validity_of(std::string_view column);

/// What a dataset holds.
struct hdf5_column_info {
  std::string name;
  field_kind kind{}; ///< int8 to uint64, float32, float64, text or enumeration (as int64).
  std::uint64_t rows = 0;
  std::uint64_t chunk_rows = 0; ///< 0: not chunked.
  std::string unit;             ///< Attribute `unit`, empty if there is none.
  std::string written_as;       ///< Attribute `kind`: the field kind Weir wrote it from.
  std::vector<std::pair<std::string, std::int64_t>> names; ///< Of an enumeration.
};

/// A run of values of one column.
struct hdf5_values {
  const std::byte* numbers = nullptr; ///< In the machine's own form of the column's kind.
  std::span<const char* const> texts; ///< Never nullptr inside.
};

class hdf5_reader {
public:
  /// Not HDF5, truncated: errc::damaged. No such group: errc::config.
  [[nodiscard]] static result<std::unique_ptr<hdf5_reader>> open(const std::string& path,
                                                                 const hdf5_options& options);
  ~hdf5_reader();

  /// All datasets of the group, in the order of their names.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept;
  [[nodiscard]] bool has(std::string_view name) const;
  /// Gives the column's index. Missing, not one-dimensional, or of a type no column has: an error
  /// naming it.
  [[nodiscard]] result<std::size_t> open_column(const std::string& name);
  [[nodiscard]] const hdf5_column_info& column(std::size_t index) const;

  /// Rows of all opened columns; errc::damaged when they differ.
  [[nodiscard]] result<std::uint64_t> rows() const;
  /// How many values are best read at once, from a multiple of it: a whole chunk of numbers where
  /// it is of sensible size.
  [[nodiscard]] std::size_t window_rows(std::size_t column) const noexcept;
  /// Reads `count` values from row `from` on; both lie within the column.
  [[nodiscard]] result<hdf5_values> read(std::size_t column, std::uint64_t from, std::size_t count);

private:
  struct content;
  explicit hdf5_reader(std::unique_ptr<content> content);
  std::unique_ptr<content> content_;
};

} // namespace weir
