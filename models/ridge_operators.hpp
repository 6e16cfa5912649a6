// SPDX-License-Identifier: Apache-2.0
//
// ridge_operators: learner, combiner and evaluator of a ridge model (actors/operators/model.hpp
// draws how they are joined). They know a record by its table, so they are compiled once.
//
// A learner sums rows of the history and packs the held-out ones; rows behind the history it lets
// pass unused, unless it keeps learning. The combiner fits when the history has ended, the
// evaluator judges the model on the held-out rows, reports, and writes the model file; where
// learners keep learning both do so again at every phase, with what was learnt and held out until
// then. Nothing is fitted or written when a history does not finish: the mark that says it did
// never comes.
//
// Errors throw std::runtime_error, which the shell makes the job's.

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/models/feature.hpp>
#include <weir/models/linear_model.hpp>
#include <weir/models/ridge_sums.hpp>

#include <memory>
#include <string>
#include <vector>

namespace weir {

/// A ridge model before it is fitted, over a record known by its table.
struct ridge_plan {
  std::vector<feature> features;
  std::string label;
  double l2 = 1;
  const record_info* record = nullptr;
  const row_type* rows = nullptr;
};

/// From a learner to the combiner.
struct learned_part {
  std::shared_ptr<const ridge_sums> sums;
  std::uint64_t skipped_rows = 0;
  std::uint64_t held_out_rows = 0;
};

/// From the combiner to evaluator and predictors.
struct fitted_model {
  std::shared_ptr<const linear_model> model;
};

[[nodiscard]] result<std::unique_ptr<any_operator>>
make_ridge_learner(const ridge_plan& plan, const model_context& context);
[[nodiscard]] result<std::unique_ptr<any_operator>>
make_ridge_combiner(const ridge_plan& plan, const model_context& context);
[[nodiscard]] result<std::unique_ptr<any_operator>>
make_ridge_evaluator(const ridge_plan& plan, const model_context& context);

/// `ridge(total ~ distance, one_hot(hour_of(pickup)))`
[[nodiscard]] std::string describe_ridge(const ridge_plan& plan);

} // namespace weir
