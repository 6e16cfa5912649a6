// SPDX-License-Identifier: Apache-2.0
//
// model_graph: one `learn` or `score` of a graph as the operators it is made of
// (actors/operators/model.hpp).
//
//   rows ──┬─> [spread] ─> learner 1..P ─┬─ partial ─> combiner ─ model ─┬─> evaluator ─> reports
//          │                             └─ held out ────────────────────┘
//          └─> [spread] ─> predictor 1..P' ──> answers          model ──> every predictor
//
// `[spread]` is there for more than one. Predictors are left out when nobody takes the answers. A
// model that is given or loaded is in its predictors: nothing else is needed. The planner's own,
// pure data.

#pragma once

#include <weir/dsl/graph.hpp>
#include <weir/dsl/planner.hpp>

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace weir::detail {

/// What becomes one stage, source or sink of a plan.
struct unit {
  std::string name;
  std::string what; ///< `source`, `sink`, `model`, or empty: those with a word stand alone.
  std::string rows; ///< The record it gives, or takes.
  bool is_async = false;
  bool may_be_open = false;
  bool is_default = false;
  std::string instance_of = {}; ///< Of which operator by key, where it has several.
  std::string late_of = {};     ///< Its outlets behind the first have late rows of this operator.
  bool may_reject = false;      ///< Has a `reject_outlet`, which `outlets` leaves out.
  std::variant<source_plan, stage_plan, sink_plan> content;
  /// nullptr: a type of the model's own, always taken.
  std::vector<const row_type*> outlets = {};
  std::vector<std::vector<outlet_ref>> inlets = {}; ///< outlet_ref::node is a unit here.
};

/// Adds the operators of a model to `units`. Gives the producers of its outlets: answers, reports.
std::vector<std::vector<outlet_ref>> add_model(std::vector<unit>& units, const model_node& model,
                                               const std::string& name,
                                               const std::vector<outlet_ref>& rows,
                                               bool wants_answers, const plan_options& options);

/// Whether the model needs no history: it is given, or its options name a file to load.
[[nodiscard]] bool is_ready(const model_node& model) noexcept;

} // namespace weir::detail
