// SPDX-License-Identifier: Apache-2.0
//
// csv_plan: which column of a CSV file goes to which field of a record, bound once a file; then
// rows are read by it. Columns nobody wants are not looked at. Compiled once for all records: it
// works by the record's table.
//
// A header's column belongs to a field by name, by alias, or by either written with other capitals,
// in this order; in any order of columns. A field no column belongs to must be optional. Immutable
// once made; any thread may read by it.
//
//   auto plan = csv_plan::by_header(record_of<trip>(), options, {"pickup", "distance"},
//   "trips.csv");

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/csv_options.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One field of a row: [begin, end) in its block, without the quotes around it.
struct csv_cell {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool is_quoted = false;
  bool has_escapes = false; ///< Doubled quotes to be undone.
};

/// A row in which nothing is quoted: field i lies in (marks[i - 1], marks[i]), the last ends at
/// `end`.
struct csv_plain_row {
  const char* block;
  const std::uint32_t* marks;
  std::uint32_t end;
};

/// A row with quotes. The block is written to: text is unescaped where it lies.
struct csv_quoted_row {
  char* block;
  std::span<const csv_cell> cells;
};

class csv_plan {
public:
  /// `file` is named in errors: errc::config says which columns are missing and which there are.
  static result<csv_plan> by_header(const record_info& table, const csv_options& options,
                                    std::vector<std::string> header, const std::string& file);
  /// The first column is the first field, and so on; columns behind the last field are ignored.
  static result<csv_plan> by_position(const record_info& table, const csv_options& options,
                                      std::size_t columns, const std::string& file);
  /// Whether any of these is the name or alias of a field: then they are a header.
  static bool is_header(const record_info& table, std::span<const std::string> cells);

  /// How many fields a row must have.
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }

  /// Precondition: the row has `columns()` fields. Gives `good`, or which step failed, for
  /// `explain`; the row is then in any state.
  static constexpr std::size_t good = static_cast<std::size_t>(-1);
  [[nodiscard]] std::size_t read(const csv_plain_row& from, void* row) const;
  [[nodiscard]] std::size_t read(const csv_quoted_row& from, void* row) const;
  /// Why a step failed: names the column and shows the value.
  [[nodiscard]] std::string explain(std::size_t step, const csv_plain_row& from) const;
  [[nodiscard]] std::string explain(std::size_t step, const csv_quoted_row& from) const;

private:
  /// How a column is read: the frequent kinds directly, all others by the field's table.
  enum class way : std::uint8_t {
    general,
    float64,
    optional_float64,
    int32,
    optional_int32,
    int64,
    optional_int64,
    time,
    optional_time,
    text_view,
  };
  struct step {
    way how;
    std::uint32_t column;
    std::uint32_t offset;
    const field_info* field;
  };
  struct cell_text {
    const char* begin;
    const char* end;
    bool is_quoted;
  };

  csv_plan(const record_info& table, const csv_options& options, std::size_t columns);
  void bind(const field_info& field, std::size_t column);
  void bind_missing(const field_info& field) { absent_.push_back(&field); }
  way way_for(const field_info& field) const;
  bool read_step(const step& how, cell_text text, void* row) const;
  bool read_general(const step& how, cell_text text, void* row) const;
  bool is_missing(const field_info& field, cell_text text) const;
  std::string name_of(const step& how) const;

  const record_info* table_;
  std::size_t columns_;
  char quote_ = '"';
  bool null_text_;
  bool nulls_look_like_values_ =
      false; // a spelling such as -999: numbers must be compared with it first
  std::vector<std::string> nulls_;
  std::vector<std::string> names_; // of the columns; empty when bound by position
  std::vector<step> steps_;
  std::vector<const field_info*> absent_; // optional fields without a column
};

} // namespace weir
