// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/paced_clock.hpp>
#include <weir/dsl/drift_graph.hpp>

#include <algorithm>
#include <optional>

namespace weir::detail {
namespace {

/// Whether what leaves `from` may be of the partitions of sources before it.
bool keeps_partitions(const graph_node& node, const outlet_ref& from) {
  return from.outlet != reject_outlet
         && (std::holds_alternative<source_node>(node.content)
             || std::holds_alternative<operator_node>(node.content));
}

std::vector<std::size_t> sources_before(const graph& in, std::size_t node) {
  std::vector<std::size_t> sources;
  std::vector<char> is_seen(in.nodes().size());
  std::vector<std::size_t> to_visit{node};
  while (!to_visit.empty()) {
    const auto at = to_visit.back();
    to_visit.pop_back();
    const auto* source = std::get_if<source_node>(&in.nodes()[at].content);
    const bool is_table = source != nullptr && source->refresh; // its rows join others
    if (source != nullptr && !is_table) sources.push_back(at);
    for (const auto& inlet : in.nodes()[at].inlets)
      for (const auto& from : inlet) {
        if (is_seen[from.node] != 0 || !keeps_partitions(in.nodes()[from.node], from)) continue;
        is_seen[from.node] = 1;
        to_visit.push_back(from.node);
      }
  }
  return sources;
}

} // namespace

result<drift_gates> find_drift_gates(const graph& in, const std::vector<std::string>& names) {
  drift_gates gates(in.nodes().size());
  std::vector<std::size_t> holder(in.nodes().size());
  for (std::size_t i = 0; i < in.nodes().size(); ++i) {
    const auto* own = std::get_if<operator_node>(&in.nodes()[i].content);
    auto gate = own != nullptr && own->drift ? own->drift() : nullptr;
    if (!gate) continue;
    for (const auto source : sources_before(in, i)) {
      if (gates[source])
        return error{errc::config,
                     "'" + names[holder[source]] + "' and '" + names[i] + "' both have max_drift "
                         + "and take rows of '" + names[source]
                         + "': each could wait for what the other holds back; write event_time "
                           "once, before the stream is shared, or leave max_drift out of one"};
      gates[source] = gate;
      holder[source] = i;
    }
  }
  return gates;
}

std::vector<std::shared_ptr<partition_roll>>
tell_sources_before(const graph& in, const std::vector<std::string>& names) {
  using enum source_before::sure;
  std::vector<std::shared_ptr<partition_roll>> rolls(in.nodes().size());
  for (std::size_t i = 0; i < in.nodes().size(); ++i) {
    const auto* own = std::get_if<operator_node>(&in.nodes()[i].content);
    if (own == nullptr || !own->sources) continue;
    std::vector<source_before> all;
    for (const auto at : sources_before(in, i)) {
      const auto& source = std::get<source_node>(in.nodes()[at].content);
      if (!rolls[at]) rolls[at] = std::make_shared<partition_roll>();
      const auto sure = source.is_bounded ? always : source.make_live ? in_history : never;
      all.push_back({.name = names[at], .is_sure = sure, .roll = rolls[at]});
    }
    own->sources(std::move(all));
  }
  return rolls;
}

} // namespace weir::detail
