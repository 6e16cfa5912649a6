// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/instruction_set.hpp>
#include <weir/models/transpose.hpp>

#include <cstring>

namespace weir {

namespace {

using four [[gnu::vector_size(4 * sizeof(double))]] = double;

/// Four rows become four columns, or the other way round.
[[gnu::always_inline]] inline void turn(four (&block)[4]) noexcept {
  const four low0 = __builtin_shufflevector(block[0], block[1], 0, 4, 2, 6);
  const four high0 = __builtin_shufflevector(block[0], block[1], 1, 5, 3, 7);
  const four low1 = __builtin_shufflevector(block[2], block[3], 0, 4, 2, 6);
  const four high1 = __builtin_shufflevector(block[2], block[3], 1, 5, 3, 7);
  block[0] = __builtin_shufflevector(low0, low1, 0, 1, 4, 5);
  block[1] = __builtin_shufflevector(high0, high1, 0, 1, 4, 5);
  block[2] = __builtin_shufflevector(low0, low1, 2, 3, 6, 7);
  block[3] = __builtin_shufflevector(high0, high1, 2, 3, 6, 7);
}

struct to_columns_loop {
  template <instruction_set>
  [[gnu::always_inline]] static bool run(const std::byte* row, std::size_t row_bytes,
                                         std::size_t count, four_columns to) {
    four odd[4] = {}; // zero times what is infinite or NaN is NaN, and stays it
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4, row += 4 * row_bytes) {
      four block[4];
#pragma GCC unroll 4
      for (std::size_t k = 0; k < 4; ++k) {
        std::memcpy(&block[k], row + k * row_bytes, sizeof(four));
        odd[k] += block[k] * 0.0;
      }
      turn(block);
#pragma GCC unroll 4
      for (std::size_t k = 0; k < 4; ++k) std::memcpy(to.at[k] + i, &block[k], sizeof(four));
    }
    for (; i < count; ++i, row += row_bytes) {
      four last;
      std::memcpy(&last, row, sizeof(four));
      odd[0] += last * 0.0;
      for (std::size_t k = 0; k < 4; ++k) to.at[k][i] = last[k];
    }
    const four all = odd[0] + odd[1] + odd[2] + odd[3];
    return all[0] + all[1] + all[2] + all[3] == 0;
  }
};

struct to_rows_loop {
  template <instruction_set>
  [[gnu::always_inline]] static void run(const double* columns, std::size_t stride,
                                         std::size_t width, std::size_t count, double* rows) {
    for (std::size_t c = 0; c < width; c += 4, columns += 4 * stride, rows += 4) {
      std::size_t i = 0;
      for (; i + 4 <= count; i += 4) {
        four block[4];
#pragma GCC unroll 4
        for (std::size_t k = 0; k < 4; ++k)
          std::memcpy(&block[k], columns + k * stride + i, sizeof(four));
        turn(block);
#pragma GCC unroll 4
        for (std::size_t k = 0; k < 4; ++k)
          std::memcpy(rows + (i + k) * width, &block[k], sizeof(four));
      }
      for (; i < count; ++i)
        for (std::size_t k = 0; k < 4; ++k) rows[i * width + k] = columns[k * stride + i];
    }
  }
};

} // namespace

bool rows_to_columns(const std::byte* first, std::size_t row_bytes, std::size_t count,
                     four_columns to) noexcept {
  return run_wide<to_columns_loop>(first, row_bytes, count, to);
}

void columns_to_rows(const double* columns, std::size_t stride, std::size_t width,
                     std::size_t count, double* rows) noexcept {
  run_wide<to_rows_loop>(columns, stride, width, count, rows);
}

} // namespace weir
