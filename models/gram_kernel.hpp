// SPDX-License-Identifier: Apache-2.0
//
// gram_kernel: the row loops of ridge_sums, compiled for several instruction sets and chosen when
// the program runs (instruction_set.hpp).
//
// Numeric columns lie one after the other, `stride` apart, their number padded to a multiple of
// `gram_tile_rows` and followed by `gram_spare_columns` more, their rows to a multiple of
// `gram_lanes`; all that is padding is zero.
//
//            rows ->                          lanes: for each tile of 4 x 3 entries of the Gram
//   column 0 [x x x x x x x x | x x ...       matrix that reaches into its lower triangle, 12 times
//   column 1 [x x x x x x x x | x x ...       8 sums: of rows 0, 8, 16, ...; of rows 1, 9, ...
//   ...
//
// An instruction set with narrower registers takes the eight lanes in turns, so which row is added
// to which sum, and in what order, is the same on every machine. Twelve sums and the operands of a
// step fit the sixteen registers of AVX2.

#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

inline constexpr std::size_t gram_tile_rows = 4, gram_tile_columns = 3;
inline constexpr std::size_t gram_lanes = 8;
/// The last tile may reach this far behind the last column.
inline constexpr std::size_t gram_spare_columns = gram_tile_columns - 1;

[[nodiscard]] constexpr std::size_t padded_to(std::size_t n, std::size_t multiple) noexcept {
  return (n + multiple - 1) / multiple * multiple;
}

/// Calls use(i, j) with the first row and column of each tile, in the order of their lanes.
template <class Use>
constexpr void for_each_gram_tile(std::size_t width, Use use) {
  for (std::size_t i = 0; i < width; i += gram_tile_rows)
    for (std::size_t j = 0; j < i + gram_tile_rows; j += gram_tile_columns) use(i, j);
}

/// Doubles that `add_gram` needs for `width` padded columns.
[[nodiscard]] constexpr std::size_t gram_lane_doubles(std::size_t width) noexcept {
  std::size_t tiles = 0;
  for_each_gram_tile(width, [&](std::size_t, std::size_t) { ++tiles; });
  return tiles * gram_tile_rows * gram_tile_columns * gram_lanes;
}

/// Adds the products of all pairs of columns over `rows` rows to `lanes`.
void add_gram(const double* columns, std::size_t stride, std::size_t width, std::size_t rows,
              double* lanes) noexcept;

/// Adds the lanes up into the lower triangle, row-major and packed, of a `width` x `width` matrix.
void reduce_gram(const double* lanes, std::size_t width, double* packed) noexcept;

/// to[i] = from[i] - shift; 0 where from[i] is NaN.
void copy_shifted(const double* from, std::size_t rows, double shift, double* to) noexcept;

/// sums[ids[r]] += row r of `numbers`, for rows of `width` doubles, a multiple of four.
void add_by_category(const double* numbers, std::size_t width, const std::uint32_t* ids,
                     std::size_t rows, double* sums) noexcept;

/// ++table[a[r] * stride + b[r]]
void count_pairs(const std::uint32_t* a, const std::uint32_t* b, std::size_t stride,
                 std::size_t rows, std::uint32_t* table) noexcept;

} // namespace weir
