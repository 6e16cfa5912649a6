// SPDX-License-Identifier: Apache-2.0
//
// graph: what a program described, before anything runs: sources, operators, models and sinks, and
// who takes whose rows.
//
// Streams add nodes to it, in the order the program is written; the planner turns it into a plan.
// Making it does no I/O: it holds factories. One thread builds it. An outlet that several nodes
// take is shared, never run twice.
//
//   from(trips) ──> filter ──┬──> map ──> to(fares)       node 0 source, 1 filter, 2 map, 3 sink,
//                            └──> to(archive)             4 sink

#pragma once

#include <weir/actors/operators/keyed.hpp>
#include <weir/actors/operators/model.hpp>
#include <weir/actors/runtime/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir {

/// An outlet of a node of the graph; `reject_outlet` of a source or an operator that may reject.
struct outlet_ref {
  std::size_t node = 0;
  std::size_t outlet = 0;

  friend bool operator==(const outlet_ref&, const outlet_ref&) = default;
};

/// A source: a factory for the whole of it, and one for what follows its history, if it has both.
struct source_node {
  using factory = std::function<result<std::unique_ptr<any_source>>()>;
  factory make;
  factory make_live; ///< Of `history(a).then(b)`: b alone; of `history(a)`: nothing. Else empty.
  bool is_bounded = true;
  bool is_history_alone = false;
  std::optional<source_stamps> stamps = {}; ///< `ingestion_time` was asked for.
  /// Of the table of a `lookup`: has it read anew. Any thread, while the job runs.
  std::function<void()> refresh = {};
};

struct operator_node {
  std::function<result<std::unique_ptr<any_operator>>()> make;
  bool may_reject = false;
  // As of its adaptor.
  std::function<std::shared_ptr<drift_gate>()> drift = {};
  std::function<void(std::vector<source_before>)> sources = {};
};

/// `learn` (outlets: answers, reports) or `score` (outlet: answers), which the planner makes four
/// operators of.
struct model_node {
  model_operators operators;
  std::shared_ptr<learn_options> options;
  bool is_given = false;
  /// The operator that spreads rows over so many learners or predictors.
  std::function<result<std::unique_ptr<any_operator>>(std::size_t outlets)> distribute;
  const row_type* rows = nullptr;
  const row_type* answers = nullptr;
};

/// An operator that works by key, which instances may share.
struct keyed_node {
  /// Rows that come by one inlet, and the operator that deals them to so many instances by key.
  struct inlet {
    const row_type* rows = nullptr;
    std::function<result<std::unique_ptr<any_operator>>(std::size_t instances)> exchange;
  };
  keyed_factory make;
  std::shared_ptr<const std::uint32_t> parallel; ///< How many instances.
  std::vector<inlet> inlets;
  bool has_late = false; ///< Its outlets behind the first have rows that came too late.
};

struct sink_node {
  std::function<result<std::unique_ptr<any_sink>>()> make;
};

/// Options of a node that `--set <key>.<option>=value` reaches.
struct node_options {
  std::string kind; ///< `csv`; the key is the node's name where it was given one.
  options_ref options;
};

struct graph_node {
  std::string name = {}; ///< Given by `.named()`; empty otherwise.
  std::string kind = {}; ///< `map`, `csv(trips.csv)`: the name where none was given.
  bool is_async = false;
  /// Outlets nobody takes are no mistake (`split`, `learn`): what they give is dropped.
  bool may_be_open = false;
  std::variant<source_node, operator_node, keyed_node, model_node, sink_node> content;
  std::vector<node_options> options = {};
  std::vector<const row_type*> outlets = {};
  std::vector<std::vector<outlet_ref>> inlets = {}; ///< Whose rows each inlet takes.
};

class graph {
public:
  /// Gives the number of the node.
  std::size_t add(graph_node node);

  /// What was described makes no sense: the first such error is that of the plan.
  void refuse(error why);
  [[nodiscard]] const std::optional<error>& refused() const noexcept { return refused_; }

  [[nodiscard]] const std::vector<graph_node>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] graph_node& at(std::size_t node) { return nodes_.at(node); }

  /// The name of every node, each once: those given, otherwise the kind, numbered (`map`, `map-2`)
  /// in order. Two nodes given one name: an error of configuration.
  [[nodiscard]] result<std::vector<std::string>> names() const;

  /// Options that settings reach, by the key before the dot.
  struct keyed_options {
    std::string key;
    options_ref options;
  };
  [[nodiscard]] std::vector<keyed_options> options() const;

private:
  std::vector<graph_node> nodes_;
  std::optional<error> refused_;
};

/// Whether streams of the two can meet in `how` ("merge"). If not, both are refused: whichever app
/// is started says so.
[[nodiscard]] bool check_one_app(graph& one, graph& other, const std::string& how);

/// `csv` of `csv(trips.csv)`: the word a thing is known by.
[[nodiscard]] std::string kind_word(const std::string& description);

} // namespace weir
