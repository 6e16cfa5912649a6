// SPDX-License-Identifier: Apache-2.0
//
// gram_kernel: the row loops of ridge_sums, compiled for several instruction sets and chosen when
// the program starts. On one machine the same rows always give the same bits.
//
// Numeric columns lie one after the other, `stride` apart, their number padded to a multiple of
// `gram_tile` with columns of zeros, their rows to a multiple of `gram_lanes` with zeros.
//
//            rows ->                          lanes: for each tile of 4 x 4 columns
//   column 0 [x x x x x x x x | x x ...       (row tile >= column tile), 16 sums of 8 lanes
//   column 1 [x x x x x x x x | x x ...       each; the sum of the 8 is the entry of the
//   ...                                       Gram matrix

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

inline constexpr std::size_t gram_tile = 4;
inline constexpr std::size_t gram_lanes = 8;

[[nodiscard]] constexpr std::size_t padded_to(std::size_t n, std::size_t multiple) noexcept {
  return (n + multiple - 1) / multiple * multiple;
}

/// Doubles that `add_gram` needs for `width` padded columns.
[[nodiscard]] constexpr std::size_t gram_lane_doubles(std::size_t width) noexcept {
  const auto tiles = width / gram_tile;
  return tiles * (tiles + 1) / 2 * gram_tile * gram_tile * gram_lanes;
}

/// Adds the products of all pairs of columns over `rows` rows to `lanes`.
void add_gram(const double* columns, std::size_t stride, std::size_t width, std::size_t rows,
              double* lanes) noexcept;

/// Adds the lanes up into the lower triangle, row-major and packed, of a `width` x `width` matrix.
void reduce_gram(const double* lanes, std::size_t width, double* packed) noexcept;

/// Turns columns into rows of `width` doubles.
void to_rows(const double* columns, std::size_t stride, std::size_t width, std::size_t rows,
             double* out) noexcept;

/// sums[ids[r]] += row r, for rows of `width` doubles.
void add_by_category(const double* rows_of_numbers, std::size_t width, const std::uint32_t* ids,
                     std::size_t rows, double* sums) noexcept;

/// ++table[a[r] * stride + b[r]]
void count_pairs(const std::uint32_t* a, const std::uint32_t* b, std::size_t stride,
                 std::size_t rows, std::uint64_t* table) noexcept;

} // namespace weir
