// SPDX-License-Identifier: Apache-2.0
//
// keyed_graph: what the planner makes of an operator by key: its instances, and what deals rows to
// them. One instance stands in its place alone.
//
//   rows ──> window by key ──┬──> window 1 ──┬──>
//                            └──> window 2 ──┘

#pragma once

#include <weir/dsl/graph.hpp>
#include <weir/dsl/model_graph.hpp>
#include <weir/dsl/planner.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace weir::detail {

/// How many instances of operators by key the graph has: they share the memory for state.
[[nodiscard]] std::size_t keyed_instances(const graph& in);

/// Adds the instances of `node`, whose rows the units `inlets` give. `place`: of one instance, but
/// for its name. Gives the producers of its outlets.
std::vector<std::vector<outlet_ref>> add_keyed(std::vector<unit>& units, const graph_node& node,
                                               const std::string& name, const std::string& rows,
                                               std::vector<std::vector<outlet_ref>> inlets,
                                               state_place place);

/// An operator by key that can't be run, and why.
[[nodiscard]] std::optional<error> check_keyed(const graph_node& node, const std::string& name);

} // namespace weir::detail
