// SPDX-License-Identifier: Apache-2.0
//
// many_keys: what a row costs when it is one of a thousand keys, and when it is one of a million.
//
// A key has a row a second by chance, whatever the number of keys, so that it goes through the same
// there: with a million of them a second has a million rows. They are out of order by 1 s at most.
// Figures: CPU time a row, memory above what the process held with its input, and with a million
// keys the CPU time as a multiple of that with a thousand, which are run before, in the same
// process.
//
//   const registration sessions{many_keys("sessions", "...", {.full_rows = 10'000'000, ...})};

#pragma once

#include <weir/bench/harness.hpp>
#include <weir/bench/process.hpp>
#include <weir/bench/readings.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weir::bench {

constexpr std::int64_t many_keys_disorder_us = second_us;

/// Rows of so many keys.
inline std::vector<reading> rows_of_keys(std::int64_t keys, std::uint64_t rows,
                                         std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<reading> table(rows);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const auto now = static_cast<std::int64_t>(i) * second_us / keys;
    const auto late = static_cast<std::int64_t>(random() % many_keys_disorder_us);
    table[i] = {timestamp{duration{std::max<std::int64_t>(now - late, 0)}},
                static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(keys)) * 7919,
                static_cast<double>(random() % 1000)};
  }
  return table;
}

/// What a workload of many keys is made of: what is done with `tables` tables of `full_rows` rows
/// each. It gives a checksum.
struct keyed_work {
  std::uint64_t full_rows;
  std::size_t tables;
  std::function<std::uint64_t(const std::vector<std::vector<reading>>&)> hand, weir;
};

inline outcome run_keys(trial& run, const keyed_work& all, bool is_hand, std::int64_t keys,
                        double of_thousand_ns) {
  std::vector<std::vector<reading>> tables;
  const auto rows = run.scaled(all.full_rows, 10'000);
  for (std::uint64_t i = 0; i < all.tables; ++i) tables.push_back(rows_of_keys(keys, rows, i + 1));
  const auto idle = current_rss_bytes();
  outcome found{.items = rows * all.tables};
  double seconds = 0;
  run.measure([&] {
    const auto before = cpu_seconds();
    found.checksum = is_hand ? all.hand(tables) : all.weir(tables);
    seconds = cpu_seconds() - before;
  });
  const auto ns = seconds * 1e9 / static_cast<double>(found.items);
  const auto above = static_cast<double>(peak_rss_bytes()) - static_cast<double>(idle);
  found.figures = {{"ns_a_row", ns}, {"above_idle_mib", above / (1 << 20)}};
  if (of_thousand_ns > 0) found.figures["times_1k"] = ns / of_thousand_ns;
  return found;
}

inline contestant with_thousand(std::string name, const keyed_work& all, bool is_hand) {
  return {std::move(name), [=](trial& run) { return run_keys(run, all, is_hand, 1'000, 0); }};
}
inline contestant with_million(std::string name, const keyed_work& all, bool is_hand) {
  return {std::move(name), [=](trial& run) {
            trial before{run.scale(), run.scratch()};
            const auto thousand = run_keys(before, all, is_hand, 1'000, 0);
            return run_keys(run, all, is_hand,
                            static_cast<std::int64_t>(run.scaled(1'000'000, 1'000)),
                            thousand.figures.at("ns_a_row"));
          }};
}

/// Both contestants with a thousand and with a million keys, in processes of their own.
inline workload many_keys(std::string name, std::string question, const keyed_work& all) {
  return {.name = std::move(name),
          .question = std::move(question),
          .contestants = {with_thousand("hand_1k", all, true), with_thousand("weir_1k", all, false),
                          with_million("hand_1m", all, true), with_million("weir_1m", all, false)},
          .isolated = true};
}

} // namespace weir::bench
