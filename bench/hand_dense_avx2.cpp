// SPDX-License-Identifier: Apache-2.0
//
// Compiled with -mavx2 -mfma (the file's name says so to the build).

#define Eigen weir_bench_eigen_avx2
#include <weir/bench/hand_dense_kernel.hpp>

namespace weir::bench {

void add_dense_rows_avx2(const double* table, std::ptrdiff_t table_rows, std::ptrdiff_t rows,
                         std::ptrdiff_t block_rows, double* sums) {
  add_dense_rows<20>(table, table_rows, rows, block_rows, sums);
}

} // namespace weir::bench
