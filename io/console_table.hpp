// SPDX-License-Identifier: Apache-2.0
//
// console_table: rows of any record as aligned text for people. Works by record table, so it is
// compiled once.
//
// Column widths are those of the first rows it is given; later ones only widen them. A table wider
// than `look::width` shows each row as a block of `name value` lines, where a text of several lines
// stands on as many. Other control characters, and line feeds elsewhere, are shown as `\x1b` or
// `\n`, bytes that are no UTF-8 as the replacement character; a missing value is blank. One thread
// at a time.
//
//   console_table table{record_of<trip>(), {.width = 80}};
//   table.append(text, rows, count);                             // whole lines, the first time
//   with a head

#pragma once

#include <weir/actors/stream/record.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace weir {

class console_table {
public:
  struct look {
    bool has_color = false;
    bool has_blocks = false;     ///< However wide the terminal is.
    std::size_t width = 0;       ///< Of the terminal; 0: unknown.
    std::size_t text_width = 60; ///< Longer text is cut here.
  };

  console_table(const record_info& table, look how);

  /// Appends `count` rows that lie one behind another at `rows`.
  void append(std::string& out, const std::byte* rows, std::size_t count);

private:
  void show(const std::byte* rows, std::size_t count);
  void widen(const std::string* cells);
  void begin(std::string& out, std::size_t rows);
  void append_row(std::string& out, const std::string* cells);
  void append_line(std::string& out, const std::string* cells);

  const record_info& table_;
  const look how_;
  std::vector<std::size_t> widths_;
  std::size_t widest_name_ = 0;
  std::vector<std::string> cells_; // of the rows being written, row by row; reused
  bool has_begun_ = false;
  bool is_block_ = false;
};

} // namespace weir
