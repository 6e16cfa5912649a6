// SPDX-License-Identifier: Apache-2.0
//
// csv_infer: what the columns of a CSV file hold, guessed from its header and first rows, and a
// record made of that while the program runs. For tools that know no record: converting, replaying.
//
// A column is bool when it says true or false only, int64, float64, time, or else text; optional
// when a value is missing. Numbers with leading zeros stay text (zip codes), as does what a number
// would not give back. The guess is only as good as the rows looked at: a later row that does not
// fit is rejected like any other.
//
//   auto shape = infer_csv("trips.csv", {});   // {"distance", float64}, {"passengers", int64, ...
//   column_record record{shape->columns};
//   column_rows rows{record, 4096};
//   csv_reader reader{"trips.csv", record.table(), shape->options};
//   auto got = reader.read(rows.data(), record.table().row_bytes, 4096, batch_bytes, on_reject);

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/csv_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A column that is known only while the program runs.
struct column_plan {
  std::string name;
  /// Guessed are boolean, int64, float64, time and text_view; a record may have all but
  /// enumeration and text.
  field_kind kind = field_kind::text_view;
  bool is_optional = false;
  std::string header = {}; ///< Its name in the file, when that is another.
};

/// A CSV file's columns, and the options it is to be read with: they say whether there is a header.
struct csv_shape {
  std::vector<column_plan> columns;
  csv_options options;
  std::uint64_t rows_seen = 0;
};

/// Looks at the first `rows` rows. Columns without a name are called `column1`, `column2`, ...
[[nodiscard]] result<csv_shape> infer_csv(const std::string& path, const csv_options& options,
                                          std::size_t rows = 10'000);

/// Changes the kinds of columns: `distance=float64,passengers=int64?`; `?` makes one optional.
/// errc::usage names what is wrong.
[[nodiscard]] result<void> override_kinds(std::vector<column_plan>& columns,
                                          std::string_view types);

/// `distance float64, passengers int64?`
[[nodiscard]] std::string describe_columns(const std::vector<column_plan>& columns);

/// A record of these columns: what codecs that work by table are given. Its rows are those of
/// column_rows.
class column_record {
public:
  explicit column_record(const std::vector<column_plan>& columns);
  column_record(const column_record&) = delete;
  column_record& operator=(const column_record&) = delete;

  [[nodiscard]] const record_info& table() const noexcept { return table_; }

private:
  record_info table_;
};

/// Room for rows of such a record, all fields at their defaults. Text is borrowed from whoever
/// filled them.
class column_rows {
public:
  column_rows(const column_record& record, std::size_t rows);

  [[nodiscard]] void* data() noexcept { return room_.get(); }
  [[nodiscard]] const void* row(std::size_t i) const noexcept {
    return room_.get() + i * row_bytes_;
  }

private:
  std::size_t row_bytes_;
  std::unique_ptr<std::byte[]> room_;
};

} // namespace weir
