// SPDX-License-Identifier: Apache-2.0
//
// summary: how a job went, as one line of JSON or a small table. Pure functions of plan, counters
// and reports.

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/actors/runtime/job.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/dsl/planner.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir {

/// All that is known once a job has ended.
struct job_account {
  const planned& what;
  const job_summary& ended;
  const std::deque<actor_counters>& counters;
  std::vector<model_report> reports; ///< The last of each model.
  /// What predictors met, by the model's name.
  std::vector<std::pair<std::string, std::shared_ptr<const prediction_counts>>> predictions;
  std::uint64_t peak_rss_bytes = 0;
  /// Why the program fails, if it does: also where the job itself was merely stopped.
  std::optional<error> failure = {};
};

/// One object on one line, as `--json` promises.
[[nodiscard]] std::string json_summary(const job_account& of);

/// For people.
[[nodiscard]] std::string text_summary(const job_account& of);

/// Of a job that was stopped: for each operator whose windows were not over, what is not in its
/// results.
[[nodiscard]] std::vector<std::string> left_out(const std::deque<actor_counters>& counters);

/// For each operator whose late rows nobody took: how many there were.
[[nodiscard]] std::vector<std::string> dropped_late(const planned& what,
                                                    const std::deque<actor_counters>& counters);

/// Of this process until now.
[[nodiscard]] std::uint64_t peak_rss_bytes() noexcept;

} // namespace weir
