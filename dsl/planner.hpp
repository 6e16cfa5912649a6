// SPDX-License-Identifier: Apache-2.0
//
// planner: makes the plan of a graph: which operators share an actor, what a model is made of,
// where rejects go.
//
// Neighbours are fused into one actor while one operator alone takes the other's rows. Boundaries
// are sources, sinks, models, `.async()`, streams that several take, and places where several
// streams meet. A pure function of the graph and its options (settings are applied before), so it
// can be tested and explained without running anything.

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/actors/runtime/plan.hpp>
#include <weir/actors/state/state_kind.hpp>
#include <weir/dsl/graph.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// What is known of an actor of the plan beside what it hosts: for people.
struct actor_note {
  std::string what;     ///< `source`, `sink`, `model`, or empty for operators.
  std::string boundary; ///< Why it is an actor of its own.
  std::string rows;     ///< The record it gives, or takes if it is a sink.
  /// Nobody asked for it: the sink of rejects, and of outlets nobody takes.
  bool is_default = false;
  std::string instance_of = {};   ///< The operator by key that it is one of several instances of.
  std::string drops_late_of = {}; ///< The operator by key whose late rows it drops: nobody asked.
};

struct planned {
  plan what;
  std::vector<actor_note> notes; ///< Of `what.actors`, in their order.
  /// Have the tables of lookups read anew; any thread, while the job runs.
  std::vector<std::function<void()>> refresh_tables = {};
};

struct plan_options {
  std::string job;
  /// What all operators by key together may hold in memory.
  std::size_t state_memory_bytes = std::numeric_limits<std::size_t>::max();
  /// Where state that is more than that goes; nothing: more is an error.
  std::optional<state_kind> state = {};
  /// Where models put their reports; any thread.
  std::function<void(const model_report&)> publish = [](const model_report&) {};
  /// Where the predictors of a model count; may give nothing.
  std::function<std::shared_ptr<prediction_counts>(const std::string& model)> counts =
      [](const std::string&) { return nullptr; };
};

/// An error of configuration: a stream that nobody takes, two parts of one name, a graph without a
/// source.
[[nodiscard]] result<planned> make_plan(const graph& from, const plan_options& options);

} // namespace weir
