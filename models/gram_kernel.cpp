// SPDX-License-Identifier: Apache-2.0

#include <weir/models/gram_kernel.hpp>

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WEIR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WEIR_CLONES
#endif

namespace weir {

namespace {

using lane_vector [[gnu::vector_size(gram_lanes * sizeof(double))]] = double;
using four_doubles [[gnu::vector_size(4 * sizeof(double))]] = double;

} // namespace

WEIR_CLONES void add_gram(const double* columns, std::size_t stride, std::size_t width,
                          std::size_t rows, double* lanes) noexcept {
  // Sixteen running sums fit the registers of AVX-512; both operands come from the first cache.
  for (std::size_t i = 0; i < width; i += gram_tile)
    for (std::size_t j = 0; j <= i; j += gram_tile, lanes += 16 * gram_lanes) {
      lane_vector sum[gram_tile][gram_tile];
      std::memcpy(sum, lanes, sizeof(sum));
      const double* a = columns + i * stride;
      const double* b = columns + j * stride;
      for (std::size_t r = 0; r < rows; r += gram_lanes) {
        lane_vector left[gram_tile], right[gram_tile];
#pragma GCC unroll 4
        for (std::size_t k = 0; k < gram_tile; ++k) {
          std::memcpy(&left[k], a + k * stride + r, sizeof(lane_vector));
          std::memcpy(&right[k], b + k * stride + r, sizeof(lane_vector));
        }
#pragma GCC unroll 4
        for (std::size_t k = 0; k < gram_tile; ++k)
#pragma GCC unroll 4
          for (std::size_t l = 0; l < gram_tile; ++l) sum[k][l] += left[k] * right[l];
      }
      std::memcpy(lanes, sum, sizeof(sum));
    }
}

void reduce_gram(const double* lanes, std::size_t width, double* packed) noexcept {
  for (std::size_t i = 0; i < width; i += gram_tile)
    for (std::size_t j = 0; j <= i; j += gram_tile)
      for (std::size_t k = 0; k < gram_tile; ++k)
        for (std::size_t l = 0; l < gram_tile; ++l, lanes += gram_lanes) {
          if (j + l > i + k) continue;
          double sum = 0;
          for (std::size_t lane = 0; lane < gram_lanes; ++lane) sum += lanes[lane];
          packed[(i + k) * (i + k + 1) / 2 + j + l] += sum;
        }
}

WEIR_CLONES void to_rows(const double* columns, std::size_t stride, std::size_t width,
                         std::size_t rows, double* out) noexcept {
  for (std::size_t c = 0; c < width; c += 4)
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < 4; ++k) out[r * width + c + k] = columns[(c + k) * stride + r];
}

WEIR_CLONES void add_by_category(const double* rows_of_numbers, std::size_t width,
                                 const std::uint32_t* ids, std::size_t rows,
                                 double* sums) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    double* to = sums + ids[r] * width;
    for (std::size_t c = 0; c < width; c += 4) {
      four_doubles sum, more;
      std::memcpy(&sum, to + c, sizeof(sum));
      std::memcpy(&more, rows_of_numbers + r * width + c, sizeof(more));
      sum += more;
      std::memcpy(to + c, &sum, sizeof(sum));
    }
  }
}

void count_pairs(const std::uint32_t* a, const std::uint32_t* b, std::size_t stride,
                 std::size_t rows, std::uint64_t* table) noexcept {
  for (std::size_t r = 0; r < rows; ++r) ++table[a[r] * stride + b[r]];
}

} // namespace weir
