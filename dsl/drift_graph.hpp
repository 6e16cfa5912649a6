// SPDX-License-Identifier: Apache-2.0
//
// drift_graph: which sources an event_time with `max_drift` holds back: those before it, through
// operators that keep where rows came from. Not through operators by key and models, whose rows are
// their own.
//
// Beside that, which sources are before an event_time, found the same way.
//
//   auto gates = find_drift_gates(described, names); // one a node, sources alone have one

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/dsl/graph.hpp>

#include <memory>
#include <string>
#include <vector>

namespace weir::detail {

using drift_gates = std::vector<std::shared_ptr<drift_gate>>;

/// A source before two of them is an error of configuration: each could wait for rows that the
/// other holds back.
[[nodiscard]] result<drift_gates> find_drift_gates(const graph& in,
                                                   const std::vector<std::string>& names);

/// Tells each event_time which sources are before it, and which of them are sure to give rows or
/// end: those that end, or whose history does. Gives where they name their partitions, by node.
[[nodiscard]] std::vector<std::shared_ptr<partition_roll>>
tell_sources_before(const graph& in, const std::vector<std::string>& names);

} // namespace weir::detail
