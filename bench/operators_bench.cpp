// SPDX-License-Identifier: Apache-2.0
//
// What does a chain of separately declared operators cost, on rows so small that only the chain
// counts? 100 million int64: map, filter, map, sum.
//
// The baseline is one loop that does all four, vectorisation off: the best a framework that works
// row at a time could reach. The rows are 0, 1, 2, ... and made where they are used.

#include <weir/bench/harness.hpp>

#include <cstdint>

namespace weir::bench {

namespace {

constexpr std::uint64_t full_rows = 100'000'000;

__attribute__((noinline, optimize("no-tree-vectorize"))) std::int64_t fused_sum(std::int64_t rows) {
  std::int64_t sum = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t mapped = row * 3 + 1;
    if ((mapped & 1) == 0) sum += mapped ^ (mapped >> 7);
  }
  return sum;
}

outcome hand(trial& run) {
  const auto rows = run.scaled(full_rows);
  const auto sum = run.measure([&] { return fused_sum(static_cast<std::int64_t>(rows)); });
  return {.items = rows, .checksum = static_cast<std::uint64_t>(sum)};
}

const registration operators{{
    .name = "operators",
    .question =
        "What does a chain of separately declared operators cost? (int64: map, filter, map, sum)",
    .contestants = {{"hand", hand}},
}};

} // namespace

} // namespace weir::bench
