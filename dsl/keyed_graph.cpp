// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/keyed_graph.hpp>

#include <algorithm>
#include <utility>

namespace weir::detail {
namespace {

using outlets = std::vector<outlet_ref>;

/// One stage that keeps its state in `place`.
stage_plan stage_of(const keyed_node& keyed, std::string name, state_place place) {
  place.name = name;
  return {std::move(name), [make = keyed.make, place = std::move(place)] { return make(place); }};
}

} // namespace

std::size_t keyed_instances(const graph& in) {
  std::size_t all = 0;
  for (const auto& node : in.nodes())
    if (const auto* keyed = std::get_if<keyed_node>(&node.content)) all += *keyed->parallel;
  return all;
}

std::optional<error> check_keyed(const graph_node& node, const std::string& name) {
  const auto* keyed = std::get_if<keyed_node>(&node.content);
  if (keyed == nullptr || (*keyed->parallel > 0 && *keyed->parallel <= key_groups))
    return std::nullopt;
  return error{errc::config, "'" + name + "' runs in parallel with 1 to "
                                 + std::to_string(key_groups) + " instances, not "
                                 + std::to_string(*keyed->parallel)};
}

std::vector<outlets> add_keyed(std::vector<unit>& units, const graph_node& node,
                               const std::string& name, const std::string& rows,
                               std::vector<outlets> inlets, state_place place) {
  const auto& keyed = std::get<keyed_node>(node.content);
  const std::size_t instances = *keyed.parallel;
  std::vector<std::size_t> dealers;
  for (std::size_t i = 0; instances > 1 && i < inlets.size(); ++i) {
    const auto& inlet = keyed.inlets[i];
    const auto its_name = name + " by key" + (i == 0 ? "" : " " + std::to_string(i + 1));
    dealers.push_back(units.size());
    units.push_back({.name = its_name,
                     .what = {},
                     .rows = inlet.rows->name,
                     .is_async = node.is_async,
                     .content = stage_plan{its_name, [deal = inlet.exchange,
                                                      instances] { return deal(instances); }},
                     .outlets = std::vector<const row_type*>(instances, inlet.rows),
                     .inlets = {std::move(inlets[i])}});
  }
  std::vector<outlets> own(node.outlets.size());
  for (std::size_t i = 0; i < instances; ++i) {
    const auto its_name = instances == 1 ? name : name + " " + std::to_string(i + 1);
    for (std::size_t outlet = 0; outlet < own.size(); ++outlet)
      own[outlet].push_back({units.size(), outlet});
    unit made{.name = its_name,
              .what = {},
              .rows = rows,
              .is_async = node.is_async && instances == 1,
              .may_be_open = node.may_be_open,
              .late_of = keyed.has_late ? name : std::string{},
              .content = stage_of(keyed, its_name, place),
              .outlets = node.outlets};
    if (instances == 1) {
      made.inlets = std::move(inlets);
    } else {
      made.instance_of = name;
      for (const auto dealer : dealers) made.inlets.push_back({outlet_ref{dealer, i}});
    }
    units.push_back(std::move(made));
  }
  return own;
}

} // namespace weir::detail
