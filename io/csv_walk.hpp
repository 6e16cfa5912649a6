// SPDX-License-Identifier: Apache-2.0
//
// csv_walk: follows one row from mark to mark (csv_index.hpp) and finds its fields, with all that
// quotes can mean. Rows without quotes need none of this. The cells are valid until the next row is
// followed. Used by one thread.
//
//   1,"a ""b""",c\n      cells  [1]  [a ""b""], quoted, with escapes  [c]

#pragma once

#include <weir/io/csv_index.hpp>
#include <weir/io/csv_options.hpp>
#include <weir/io/csv_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weir {

class csv_walk {
public:
  explicit csv_walk(csv_dialect dialect) : dialect_{dialect} {}

  enum class outcome : std::uint8_t {
    whole,      ///< Up to and with its line feed.
    incomplete, ///< What is indexed ends before the row does.
    malformed,  ///< `reason` says why; it ends no row.
  };
  /// Where to look: the row begins behind mark number `mark - 1`; marks are known up to byte
  /// `indexed`.
  struct stretch {
    const char* block;
    const csv_index* index;
    std::size_t mark;
    std::uint32_t indexed;
    bool feeds_in_quotes = true; ///< False: a line feed inside quotes makes the row malformed.
  };
  outcome follow(const stretch& where);

  [[nodiscard]] std::span<const csv_cell> cells() const noexcept { return cells_; }
  /// Of a whole row: the number of the mark that is its line feed, and how many lines it takes.
  [[nodiscard]] std::size_t last_mark() const noexcept { return last_mark_; }
  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }
  /// Of any other: the first byte not looked at, and whether a quote was still open there.
  [[nodiscard]] std::uint32_t scanned_until() const noexcept { return scanned_until_; }
  [[nodiscard]] bool is_unclosed() const noexcept { return is_unclosed_; }
  [[nodiscard]] std::string reason() const;
  /// Nobody may look further than `at`: what the row's quotes mean there is not known.
  void cut_off(std::uint32_t at) { stopped(outcome::malformed, at, true); }

  /// The text of a cell, doubled quotes undone.
  [[nodiscard]] std::string text_of(const char* block, const csv_cell& cell) const;

private:
  outcome follow_quoted(const stretch& where, std::size_t& mark, std::uint32_t begin);
  outcome stopped(outcome how, std::uint32_t at, bool is_unclosed);

  csv_dialect dialect_;
  std::vector<csv_cell> cells_;
  std::size_t last_mark_ = 0;
  std::uint64_t lines_ = 1;
  std::uint32_t scanned_until_ = 0;
  bool is_unclosed_ = false;
};

} // namespace weir
