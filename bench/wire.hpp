// SPDX-License-Identifier: Apache-2.0
//
// wire: what crosses process and file boundaries: one round's result between a child and its parent
// (one JSON object), and the report, as JSON for tools and as a table for people.

#pragma once

#include <weir/bench/harness.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

std::string format_round(const cost& spent, const outcome& result);
/// Throws std::runtime_error if `text` is not what `format_round` wrote.
void parse_round(std::string_view text, cost& spent, outcome& result);

/// `{"machine","commit","workloads":[{"name","contestants":[...]}]}`, one line.
std::string format_json(const std::vector<workload_report>& reports);
std::string format_table(const std::vector<workload_report>& reports);

} // namespace weir::bench
