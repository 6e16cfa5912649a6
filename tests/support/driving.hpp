// SPDX-License-Identifier: Apache-2.0
//
// driving: the random choices by which an operator is driven in a test: how rows are cut, where
// they stand in the stream, what comes between them. A failure prints its seed;
// WEIR_CONTRACT_SEED=<seed> runs that one alone.
//
//   expect_for_many_seeds([&](chance& by) {
//     const auto where = places_for(100, by);
//     operator_driver<int, int> got{make, any_driving(by)};
//   });

#pragma once

#include <weir/actors/operators/any_operator.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace weir::test {

/// Where a test's random choices come from.
using chance = std::mt19937_64;

/// Calls `round` with a hundred seeds (once with WEIR_CONTRACT_SEED). What it throws fails the
/// running test, with the seed.
void expect_for_many_seeds(const std::function<void(chance&)>& round);

/// Throws what was expected when it is not so.
void require(bool holds, std::string_view expectation);

/// How an operator is driven: everything here must not change what it gives.
struct driving {
  std::vector<std::uint8_t> cuts;  ///< Rows of each batch (0: as many as follow); then whole runs.
  std::vector<std::uint8_t> rooms; ///< Room of each new outlet batch (0: all of it).
  bool exclusive = false;          ///< Batches may be taken over.
  bool flush_often = false;        ///< An outlet batch leaves after each call.
  std::optional<std::size_t> restart_after; ///< Saved and loaded after this many batches.
};

/// Where a row of the input stands in the stream.
struct placed {
  const partition* in = nullptr;
  std::uint64_t position = 0;
  std::optional<timestamp> time;
  timestamp own_watermark = timestamp::min(); ///< Late rows have one.
};

/// Places for `count` rows: runs of partitions, positions with gaps; with event times or without.
[[nodiscard]] std::vector<placed> places_for(std::size_t count, chance& by,
                                             bool needs_times = false);

/// What comes between two rows: a watermark, if they have times, and a moment.
struct pause {
  std::size_t before_row = 0;
  std::optional<timestamp> watermark;
  moment time{};
};
[[nodiscard]] std::vector<pause> pauses_for(const std::vector<placed>& where, chance& by);

/// The time of the driver that runs, for operators that take a clock.
[[nodiscard]] moment driven_time();
void set_driven_time(moment now);

[[nodiscard]] driving any_driving(chance& by);

} // namespace weir::test
