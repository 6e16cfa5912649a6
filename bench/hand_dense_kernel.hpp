// SPDX-License-Identifier: Apache-2.0
//
// hand_dense_kernel: the loop of hand_dense, compiled once for each instruction set. Whoever
// includes it names the namespace `Eigen` anew before, so that the linker can't mix the two; for
// the same reason nothing of the standard library's templates is used here.

#pragma once

#include <Eigen/Core>

#include <cstddef>

namespace weir::bench {

/// `table`: `table_rows` rows of features and label. `sums`: the square of features, label and one.
///
/// Rows are copied before a column of ones, which costs less than summing columns apart: of five
/// ways to get sums, products and squares it was the fastest with AVX2 at 4096 rows.
template <std::ptrdiff_t Features>
static void add_dense_rows(const double* table, std::ptrdiff_t table_rows, std::ptrdiff_t rows,
                           std::ptrdiff_t block_rows, double* sums) {
  constexpr std::ptrdiff_t stored = Features + 1, columns = Features + 2;
  using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  matrix squares = matrix::Zero(columns, columns);
  matrix block = matrix::Ones(block_rows, columns);
  for (std::ptrdiff_t at = 0; rows > 0;) {
    const auto count = rows < block_rows ? rows : block_rows;
    block.topLeftCorner(count, stored) =
        Eigen::Map<const matrix>{table + at * stored, count, stored};
    squares.template selfadjointView<Eigen::Lower>().rankUpdate(block.topRows(count).transpose());
    rows -= count;
    at = (at + count) % table_rows;
  }
  Eigen::Map<matrix>{sums, columns, columns} = squares;
}

} // namespace weir::bench
