// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/hand_dense.hpp>

#define Eigen weir_bench_eigen_generic
#include <weir/bench/hand_dense_kernel.hpp>

namespace weir::bench {

void add_dense_rows_avx2(const double* table, std::ptrdiff_t table_rows, std::ptrdiff_t rows,
                         std::ptrdiff_t block_rows, double* sums);

std::vector<double> dense_sums_by_hand(std::span<const dense_row> table, std::uint64_t rows,
                                       std::ptrdiff_t block_rows) {
  static_assert(dense_columns == 20);
  std::vector<double> sums(dense_sum_columns * dense_sum_columns);
#if defined(__x86_64__)
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const auto add = has_avx2 ? add_dense_rows_avx2 : add_dense_rows<20>;
#else
  const auto add = add_dense_rows<20>;
#endif
  add(&table.front().x00, static_cast<std::ptrdiff_t>(table.size()),
      static_cast<std::ptrdiff_t>(rows), block_rows, sums.data());
  return sums;
}

} // namespace weir::bench
