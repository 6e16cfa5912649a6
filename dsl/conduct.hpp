// SPDX-License-Identifier: Apache-2.0
//
// conduct: what every program can be told beside its own flags: help, plans, bounds, output,
// models.

#pragma once

#include <weir/actors/runtime/job.hpp>
#include <weir/dsl/config.hpp>
#include <weir/dsl/graph.hpp>
#include <weir/dsl/planner.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class explain_mode { none, plan, analyze };

struct conduct {
  bool help = false;
  bool version = false;
  bool show_config = false;
  explain_mode explain = explain_mode::none;
  bool json = false;
  bool quiet = false;
  std::string color = "auto";          ///< auto, always, never
  std::string log_level = "warn";      ///< error, warn, info
  std::vector<std::string> save_model; ///< FILE, or NAME=FILE where a job has several models.
  std::vector<std::string> load_model;
  std::string state = "memory"; ///< Or the name of a kind that the program offers.
  std::string state_memory;     ///< `256MiB`; empty: half of what the machine has.
  job_options job;
};

/// Declares the flags of every program. Mistakes become problems of the config.
[[nodiscard]] conduct declare_conduct(config& told);

/// How long, or how many rows: `30s`, `1000`, `1000 rows`.
[[nodiscard]] result<void> parse_until(std::string_view text, job_options& into);

/// Fills the options of the graph's models from --save-model and --load-model.
[[nodiscard]] result<void> apply_model_files(const conduct& told, const graph& to);

/// The models that were to be fitted and have no report: history was cut short.
[[nodiscard]] std::vector<std::string> never_fitted(const graph& in,
                                                    const std::vector<model_report>& reports);
/// One of them that was to be written somewhere.
[[nodiscard]] std::optional<error> missing_fit(const graph& in,
                                               const std::vector<model_report>& reports);

/// Where the operators by key keep their state: fills the plan's options from --state and
/// --state-memory. `offered`: the kinds beside memory that the program can use.
[[nodiscard]] result<void> apply_state(const conduct& told, const std::vector<state_kind>& offered,
                                       plan_options& to);

/// Fitting again needs a model that keeps learning.
[[nodiscard]] result<void> check_refit(const conduct& told, const graph& in);

} // namespace weir
