// SPDX-License-Identifier: Apache-2.0
//
// model_spec: what `learn` and `score` take, and the four operators a model is made of.
//
//   rows ──┬─> learner ──┬─ partial ──> combiner ── model ──┬─> evaluator ──> reports
//          │  (P of them)└─ held_out ───────────────────────┘       (held-out rows, the model in)
//          └────────────────> predictor ──> answers               (P' of them; rows, the model in)
//
// A learner takes labelled rows of the history, keeps the held-out ones apart, and gives its
// partial result when the history's phase mark has passed; with `keep_learning` it takes those that
// follow too, and gives all it has at every further phase. The combiner merges the partials and
// fits. Inlets are aligned at the phase mark, and the combiner sends the model before it passes the
// mark on: so no live row meets a predictor without a model. The DSL wires the four; it knows no
// model. Models are immutable once fitted and shared by pointer.

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/spec.hpp>
#include <weir/actors/stream/error.hpp>

#include <boost/describe.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace weir {

/// How a model learns. `--set <name>.<option>=value` changes each.
struct learn_options {
  double holdout = 0.2;   ///< Share of the labelled history kept out of the fit, to judge it.
  std::uint64_t seed = 1; ///< Which rows are held out: a stable hash of origin and this.
  std::uint32_t learners =
      1; ///< Learners side by side. One gives the same bits however the rows are cut.
  std::uint32_t predictors = 1; ///< Predictors side by side.
  /// Labelled rows behind the history are learnt from too; the model is fitted again when asked
  /// (`running_job::refit`, --refit-every) and when the stream ends. Held-out rows are kept, on
  /// disk, as long as the job runs.
  bool keep_learning = false;
  std::string save = {}; ///< File the fitted model is written to; empty: none.
  std::string load = {}; ///< File the model is read from instead of learning; history is not read.
  std::string export_split =
      {}; ///< File for every row learnt from or held out, with its prediction.
};
BOOST_DESCRIBE_STRUCT(learn_options, (),
                      (holdout, seed, learners, predictors, keep_learning, save, load,
                       export_split))

/// What is known of a model's quality, measured on held-out rows. NaN where there was nothing to
/// measure.
struct model_report {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  std::string name;
  std::uint64_t version = 0;
  std::uint64_t trained_rows = 0;
  std::uint64_t holdout_rows = 0;
  double rmse = unknown;
  double mae = unknown;
  double r2 = unknown;
  double baseline_rmse = unknown; ///< The mean of the training labels as the only answer.
  double baseline_mae = unknown;
  double residual_p05 = unknown; ///< Quantiles of label - prediction.
  double residual_p50 = unknown;
  double residual_p95 = unknown;
  std::uint64_t skipped_rows = 0; ///< History rows without a usable label, or a number they need.
  std::uint64_t unseen_categories = 0; ///< In held-out rows: categories the training rows lack.
  std::string top_weights; ///< `distance 2.71; hour_of(pickup)=3 -1.2; ...`, largest first.
};
BOOST_DESCRIBE_STRUCT(model_report, (),
                      (name, version, trained_rows, holdout_rows, rmse, mae, r2, baseline_rmse,
                       baseline_mae, residual_p05, residual_p50, residual_p95, skipped_rows,
                       unseen_categories, top_weights))

/// An answer to a row: `score` and `learn` give these.
template <class T>
struct answer {
  T row{};
  double prediction = 0; ///< NaN for a row that lacks a number the model needs.
  std::uint64_t model_version = 0;

  // A template is described inside: so an answer is a record of `row.*`, prediction, model_version.
  BOOST_DESCRIBE_CLASS(answer, (), (row, prediction, model_version), (), ())
};

/// What predictors met, over the life of a job; any thread may read it.
struct prediction_counts {
  std::atomic<std::uint64_t> answered{0};   ///< Rows.
  std::atomic<std::uint64_t> unanswered{0}; ///< Of those: answered with NaN.
  std::atomic<std::uint64_t> unseen{0};     ///< Categories never seen in history.
};

/// What learners, combiner, evaluator and predictors are told when they are made.
struct model_context {
  std::string name; ///< Of the model in the job.
  learn_options options;
  std::function<void(const model_report&)>
      publish; ///< Where the evaluator puts reports, for summaries; any thread.
  std::shared_ptr<prediction_counts> counts = {}; ///< Where predictors count; may be left out.
};

/// The operators of a model, as factories. `learner` and `evaluator` are empty for a model that is
/// given (`score`).
struct model_operators {
  using factory = std::function<result<std::unique_ptr<any_operator>>(const model_context&)>;
  factory learner;   ///< inlets: rows. outlets: partial, held_out.
  factory combiner;  ///< inlets: partial, one a learner. outlets: model.
  factory evaluator; ///< inlets: model, then held_out, one a learner. outlets: model_report.
  factory predictor; ///< inlets: rows, model (none if given or loaded). outlets: answer<row>.
};

/// `row`: the record it takes. `has_label`: it can learn. `operators()`: what it is made of.
template <class M>
concept model_spec = requires(const M model) {
  typename M::row;
  { M::has_label } -> std::convertible_to<bool>;
  { model.describe() } -> std::convertible_to<std::string>;
  { model.operators() } -> std::same_as<model_operators>;
};

} // namespace weir
