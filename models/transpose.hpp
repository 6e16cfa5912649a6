// SPDX-License-Identifier: Apache-2.0
//
// transpose: doubles from rows to columns and back, four by four, compiled for several instruction
// sets and chosen when the program runs.
//
//   rows      | a b c d ... | a b c d ... |         columns   | a a a ... | b b b ... | c ...

#pragma once

#include <cstddef>

namespace weir {

/// Four columns, wherever they lie.
struct four_columns {
  double* at[4];
};

/// Takes four doubles that lie one after the other, from each of `count` rows, `row_bytes` apart.
/// False if one of them is infinite or NaN.
[[nodiscard]] bool rows_to_columns(const std::byte* first, std::size_t row_bytes, std::size_t count,
                                   four_columns to) noexcept;

/// Rows of `width` doubles, a multiple of four, from as many columns, `stride` doubles apart.
void columns_to_rows(const double* columns, std::size_t stride, std::size_t width,
                     std::size_t count, double* rows) noexcept;

} // namespace weir
