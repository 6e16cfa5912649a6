// SPDX-License-Identifier: Apache-2.0
//
// hand_dense: the sums of a dense ridge regression by Eigen's rankUpdate, block by block, compiled
// for AVX2 as somebody who builds for their own machine has it, and chosen where the CPU has it.

#pragma once

#include <weir/bench/ridge.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir::bench {

/// Columns: the features, the label, the intercept.
constexpr std::size_t dense_sum_columns = dense_columns + 2;

/// The lower triangle, row-major, of the sums of products of all columns over `rows` rows, which
/// are those of `table` again and again. `table` holds a whole number of blocks.
std::vector<double> dense_sums_by_hand(std::span<const dense_row> table, std::uint64_t rows,
                                       std::ptrdiff_t block_rows);

} // namespace weir::bench
