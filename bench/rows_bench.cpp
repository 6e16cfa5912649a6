// SPDX-License-Identifier: Apache-2.0
//
// What does the chain cost on rows of a realistic size? 64-byte trips: filter, map, map to another
// record, filter.
//
// The baseline is one loop over a table of trips in memory, which Weir's source reads as well: the
// loop reads rows where they lie, a source has to deliver them. The table (4 MiB) stays in cache
// and is read again until enough rows passed.

#include <weir/bench/harness.hpp>
#include <weir/bench/rows.hpp>

#include <random>

namespace weir::bench {

std::vector<small_trip> make_small_trips() {
  std::mt19937_64 random{1};
  std::uniform_real_distribution<double> miles{-0.2, 20}, dollars{-1, 60};
  std::uniform_int_distribution<std::int32_t> zone{1, 265}, few{0, 6};
  std::vector<small_trip> table(table_rows);
  std::int64_t now = 1'546'300'800'000'000;
  for (auto& row : table) {
    now += 1'000'000 * few(random);
    row = {.pickup = now,
           .dropoff = now + 60'000'000 * (few(random) + 3),
           .distance = miles(random),
           .fare = dollars(random),
           .tip = dollars(random) / 10,
           .total = 0,
           .passengers = few(random),
           .from = zone(random),
           .to = zone(random),
           .payment = few(random)};
  }
  return table;
}

namespace {

constexpr std::uint64_t full_rows = 50'000'000;

__attribute__((noinline)) void fused(const std::vector<small_trip>& table, std::uint64_t rows,
                                     leg_sum& sum) {
  while (rows > 0) {
    const auto take = std::min<std::uint64_t>(rows, table.size());
    for (std::uint64_t i = 0; i < take; ++i) {
      if (!is_plausible(table[i])) continue;
      const auto leg = to_leg(with_total(table[i]));
      if (is_quick(leg)) sum.add(leg);
    }
    rows -= take;
  }
}

outcome hand(trial& run) {
  const auto table = make_small_trips();
  const auto rows = run.scaled(full_rows);
  leg_sum sum;
  run.measure([&] { fused(table, rows, sum); });
  return sum.result(rows);
}

const registration rows{{
    .name = "rows",
    .question =
        "What does it cost on rows of 64 bytes? (filter, map, map to another record, filter)",
    .contestants = {{"hand", hand}},
    .tolerance = 1e-9,
}};

} // namespace

} // namespace weir::bench
