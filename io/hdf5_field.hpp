// SPDX-License-Identifier: Apache-2.0
//
// hdf5_field: one field of a record and the column it is read from: converts the column window by
// window and stores runs of it into rows. hdf5_rows.hpp says which columns fit which fields.
//
// A window is a typed array, in the library's buffer itself when column and field have one type, so
// the loops over it are simple. Values that do not fit, or are missing where one must be, are
// listed as bad; their rows hold anything. One thread.
//
//   column (int64, ms) ─ read ─> [1000][2500]... ─ convert ─> [1000000]... ─ store ─> rows

#pragma once

#include <weir/actors/stream/record.hpp>
#include <weir/io/hdf5_options.hpp>
#include <weir/io/hdf5_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class hdf5_field {
public:
  struct bad_value {
    std::uint64_t row = 0; ///< Of the file.
    std::string reason;
    std::string raw;
  };

  /// Finds the field's column and checks that its type fits.
  [[nodiscard]] static result<hdf5_field> bind(hdf5_reader& file, const std::string& path,
                                               const field_info& field,
                                               const hdf5_options& options);

  /// No column in the file: an optional field, always empty.
  [[nodiscard]] bool is_absent() const noexcept { return !column_; }
  [[nodiscard]] bool has_text() const noexcept { return is_text(field_->kind) && column_; }
  [[nodiscard]] bool borrows_text() const noexcept {
    return field_->kind == field_kind::text_view && column_;
  }

  /// Makes a window that holds `row`, if there is none yet; gives the row behind its last.
  [[nodiscard]] result<std::uint64_t> reach(hdf5_reader& file, std::uint64_t row,
                                            std::uint64_t rows_in_file);
  /// Bytes of text of a row in the window.
  [[nodiscard]] std::size_t text_bytes(std::uint64_t row) const noexcept {
    return texts_[row - first_].size();
  }
  /// Writes `count` values from `row` on into rows that are `stride` bytes apart. Text that is
  /// borrowed is copied to `text`, which moves on.
  void store(std::uint64_t row, std::size_t count, std::byte* rows, std::size_t stride,
             char*& text) const;
  /// Bytes of a value that is stored as it lies in the window, 0 for all others.
  [[nodiscard]] std::size_t plain_bytes() const noexcept { return plain_bytes_; }
  [[nodiscard]] std::size_t offset() const noexcept { return field_->offset; }
  /// Where the window holds a row of a plain field.
  [[nodiscard]] const std::byte* plain_value(std::uint64_t row) const noexcept {
    return values_ + (row - first_) * plain_bytes_;
  }
  /// By ascending row; of the window.
  [[nodiscard]] const std::vector<bad_value>& bad() const noexcept { return bad_; }

private:
  struct conversion; // the window being made, for the loops in the .cpp
  using converter = void (*)(hdf5_field&, const conversion&);
  using storer = void (*)(const hdf5_field&, std::size_t, std::size_t, std::byte*, std::size_t,
                          char*&);
  friend struct hdf5_field_loops;

  hdf5_field(const field_info& field, const hdf5_options& options)
      : field_{&field}, options_{options} {}
  [[nodiscard]] result<void> choose_loops(const hdf5_column_info& column, const std::string& path);
  [[nodiscard]] result<void> fill(hdf5_reader& file, std::uint64_t from, std::size_t count);
  void list_missing(std::size_t count);
  void add_bad(std::size_t index, std::string reason, std::string raw);

  const field_info* field_;
  hdf5_options options_;
  std::optional<std::size_t> column_, validity_; // indexes in the file
  std::string name_;                             // of the dataset
  converter convert_ = nullptr;
  storer store_ = nullptr;
  std::size_t plain_bytes_ = 0;
  std::int64_t unit_nanoseconds_ = 0;                        // of a column read as time or duration
  std::vector<std::pair<std::int64_t, std::int64_t>> known_; // stored to own values of an enum
  std::vector<std::pair<std::int64_t, std::string>> names_;  // of a stored enum

  // The window: rows first_ to first_ + count_ of the file.
  std::uint64_t first_ = 0;
  std::size_t count_ = 0;
  const std::byte* values_ = nullptr;
  std::vector<std::byte> converted_;
  std::vector<std::string_view> texts_;
  std::vector<std::uint8_t> present_; // empty: all values are there
  std::vector<bad_value> bad_;
};

} // namespace weir
