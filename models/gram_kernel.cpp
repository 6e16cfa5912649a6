// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/instruction_set.hpp>
#include <weir/models/gram_kernel.hpp>

#include <cstring>

namespace weir {

namespace {

template <instruction_set Set>
inline constexpr std::size_t register_lanes = Set == instruction_set::avx512 ? 8
                                              : Set == instruction_set::avx2 ? 4
                                                                             : 2;

struct gram_loop {
  template <instruction_set Set>
  [[gnu::always_inline]] static void run(const double* columns, std::size_t stride,
                                         std::size_t width, std::size_t rows, double* lanes) {
    constexpr std::size_t tile = gram_tile_rows * gram_tile_columns * gram_lanes;
    for (std::size_t i = 0; i < width; i += gram_tile_rows)
      for (std::size_t j = 0; j < i + gram_tile_rows; j += gram_tile_columns, lanes += tile)
        for (std::size_t lane = 0; lane < gram_lanes; lane += register_lanes<Set>)
          add_tile<Set>(columns + i * stride + lane, columns + j * stride + lane, stride, rows,
                        lanes + lane);
  }

  template <instruction_set Set>
  [[gnu::always_inline]] static void add_tile(const double* a, const double* b, std::size_t stride,
                                              std::size_t rows, double* lanes) {
    using some_lanes [[gnu::vector_size(register_lanes<Set> * sizeof(double))]] = double;
    some_lanes sum[gram_tile_rows][gram_tile_columns], left[gram_tile_rows];
#pragma GCC unroll 4
    for (std::size_t k = 0; k < gram_tile_rows; ++k)
#pragma GCC unroll 3
      for (std::size_t l = 0; l < gram_tile_columns; ++l)
        std::memcpy(&sum[k][l], lanes + (k * gram_tile_columns + l) * gram_lanes,
                    sizeof(some_lanes));
    for (std::size_t r = 0; r < rows; r += gram_lanes) {
#pragma GCC unroll 4
      for (std::size_t k = 0; k < gram_tile_rows; ++k)
        std::memcpy(&left[k], a + k * stride + r, sizeof(some_lanes));
#pragma GCC unroll 3
      for (std::size_t l = 0; l < gram_tile_columns; ++l) {
        some_lanes right;
        std::memcpy(&right, b + l * stride + r, sizeof(some_lanes));
#pragma GCC unroll 4
        for (std::size_t k = 0; k < gram_tile_rows; ++k) sum[k][l] += left[k] * right;
      }
    }
#pragma GCC unroll 4
    for (std::size_t k = 0; k < gram_tile_rows; ++k)
#pragma GCC unroll 3
      for (std::size_t l = 0; l < gram_tile_columns; ++l)
        std::memcpy(lanes + (k * gram_tile_columns + l) * gram_lanes, &sum[k][l],
                    sizeof(some_lanes));
  }
};

struct shift_loop {
  template <instruction_set>
  [[gnu::always_inline]] static void run(const double* from, std::size_t rows, double shift,
                                         double* to) {
    for (std::size_t i = 0; i < rows; ++i) {
      const double moved = from[i] - shift;
      to[i] = moved == moved ? moved : 0;
    }
  }
};

using four_doubles [[gnu::vector_size(4 * sizeof(double))]] = double;

struct category_loop {
  template <instruction_set>
  [[gnu::always_inline]] static void run(const double* numbers, std::size_t width,
                                         const std::uint32_t* ids, std::size_t rows, double* sums) {
    for (std::size_t r = 0; r < rows; ++r, numbers += width) {
      double* to = sums + ids[r] * width;
      for (std::size_t c = 0; c < width; c += 4) {
        four_doubles sum, more;
        std::memcpy(&sum, to + c, sizeof(sum));
        std::memcpy(&more, numbers + c, sizeof(more));
        sum += more;
        std::memcpy(to + c, &sum, sizeof(sum));
      }
    }
  }
};

} // namespace

void add_gram(const double* columns, std::size_t stride, std::size_t width, std::size_t rows,
              double* lanes) noexcept {
  run_wide<gram_loop>(columns, stride, width, rows, lanes);
}

void reduce_gram(const double* lanes, std::size_t width, double* packed) noexcept {
  for_each_gram_tile(width, [&](std::size_t i, std::size_t j) {
    for (std::size_t k = i; k < i + gram_tile_rows; ++k)
      for (std::size_t l = j; l < j + gram_tile_columns; ++l, lanes += gram_lanes) {
        if (l > k) continue;
        double sum = 0;
        for (std::size_t lane = 0; lane < gram_lanes; ++lane) sum += lanes[lane];
        packed[k * (k + 1) / 2 + l] += sum;
      }
  });
}

void copy_shifted(const double* from, std::size_t rows, double shift, double* to) noexcept {
  run_wide<shift_loop>(from, rows, shift, to);
}

void add_by_category(const double* numbers, std::size_t width, const std::uint32_t* ids,
                     std::size_t rows, double* sums) noexcept {
  run_wide<category_loop>(numbers, width, ids, rows, sums);
}

void count_pairs(const std::uint32_t* a, const std::uint32_t* b, std::size_t stride,
                 std::size_t rows, std::uint32_t* table) noexcept {
  for (std::size_t r = 0; r < rows; ++r) ++table[a[r] * stride + b[r]];
}

} // namespace weir
