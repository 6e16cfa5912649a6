// SPDX-License-Identifier: Apache-2.0
//
// learn: what the contestants of the workload `learn` agree on: which trips count, which are held
// out, and what they report.

#pragma once

#include <weir/actors/stream/origin.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace weir::bench {

constexpr double learn_holdout = 0.2;
constexpr std::uint64_t learn_seed = 1;
constexpr double learn_l2 = 1;

/// What a fit came to.
struct fit_report {
  std::uint64_t read = 0;
  std::uint64_t kept = 0;
  std::uint64_t held_out = 0;
  double rmse = 0;
  double mae = 0;
};

inline bool is_kept(double distance, std::optional<int> passengers, double total) {
  return total > 0 && total < 5000 && distance > 0 && distance < 500 && passengers
         && *passengers < 4;
}

/// The program somebody writes for this one job: one thread, one pass, no framework.
fit_report learn_by_hand(const std::vector<std::filesystem::path>& files);

/// The same as a pipeline of Weir.
fit_report learn_by_weir(const std::vector<std::filesystem::path>& files);

} // namespace weir::bench
