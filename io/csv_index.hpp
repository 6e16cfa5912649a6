// SPDX-License-Identifier: Apache-2.0
//
// csv_index: where in a block of CSV the bytes are that matter: delimiters, line feeds and quotes.
// Found 64 bytes at a time with the widest instructions the machine has (AVX-512, AVX2, or plain
// 64-bit words), so that splitting a row costs next to nothing and a column nobody wants costs one
// mark.
//
// What a quote means is not decided here. Memory is bounded by five bytes a byte of the block at
// worst, about one fifth of it usually. Used by one thread.
//
//   a,b\n"c",d\n        marks   1 3 4 6 7 9          every delimiter, line feed and quote
//                       breaks    1 2 3   5          which marks (by number) end a line or quote

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir {

/// Bytes behind the end of a block that may be read (and are ignored), and before its begin.
inline constexpr std::size_t csv_padding = 64;

/// How bytes are looked for.
enum class csv_instructions : std::uint8_t { portable, avx2, avx512 };

class csv_index {
public:
  /// `quote`: '\n' when there is none. `best`: the widest instructions this machine may use.
  csv_index(char delimiter, char quote, csv_instructions best = widest());
  /// What this machine has.
  static csv_instructions widest() noexcept;

  /// Forgets everything; `begin` is where the first row begins.
  void clear(std::uint32_t begin);
  /// Adds the marks of `block[from, to)`. `csv_padding` bytes behind `to` must be readable.
  void add(const char* block, std::uint32_t from, std::uint32_t to);
  /// Forgets the first `marks` marks but the last of them (it says where the next row begins).
  void drop(std::size_t marks);

  /// The marks, behind one that lies before the first row: row begins at `marks()[i - 1] + 1`.
  [[nodiscard]] const std::uint32_t* marks() const noexcept { return marks_.data() + 1; }
  [[nodiscard]] std::size_t mark_count() const noexcept { return mark_count_; }
  [[nodiscard]] const std::uint32_t* breaks() const noexcept { return breaks_.data(); }
  [[nodiscard]] std::size_t break_count() const noexcept { return break_count_; }

  /// What a search writes: room for every byte of the stretch was made.
  struct output {
    std::uint32_t* marks;
    std::size_t mark_count;
    std::uint32_t* breaks;
    std::size_t break_count;
  };
  using search = void (*)(const char* block, std::uint32_t from, std::uint32_t to, char delimiter,
                          char quote, output& out);

private:
  char delimiter_;
  char quote_;
  search search_;
  std::vector<std::uint32_t> marks_; // one slot, then mark_count_ marks
  std::size_t mark_count_ = 0;
  std::vector<std::uint32_t> breaks_;
  std::size_t break_count_ = 0;
};

} // namespace weir
