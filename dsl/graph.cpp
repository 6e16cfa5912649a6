// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/graph.hpp>

#include <algorithm>
#include <set>

namespace weir {
namespace {

/// `wanted`, or `wanted-2`, `wanted-3`, ...: the first that is not taken.
std::string claim(std::set<std::string>& taken, const std::string& wanted) {
  std::string name = wanted;
  for (std::size_t number = 2; !taken.insert(name).second; ++number)
    name = wanted + "-" + std::to_string(number);
  return name;
}

} // namespace

std::string kind_word(const std::string& description) {
  return description.substr(0, description.find('('));
}

bool check_one_app(graph& one, graph& other, const std::string& how) {
  if (&one == &other) return true;
  const error why{errc::config, "'" + how
                                    + "' takes streams of two apps: rows stay within one app; "
                                      "make both streams by from(...) of the same"};
  one.refuse(why);
  other.refuse(why);
  return false;
}

std::size_t graph::add(graph_node node) {
  nodes_.push_back(std::move(node));
  return nodes_.size() - 1;
}

void graph::refuse(error why) {
  if (!refused_) refused_ = std::move(why);
}

result<std::vector<std::string>> graph::names() const {
  std::set<std::string> taken;
  for (const auto& node : nodes_)
    if (!node.name.empty() && !taken.insert(node.name).second)
      return error{errc::config, "two parts of the graph are named '" + node.name
                                     + "': give each a name of its own"};
  std::vector<std::string> names;
  names.reserve(nodes_.size());
  for (const auto& node : nodes_)
    names.push_back(node.name.empty() ? claim(taken, node.kind) : node.name);
  return names;
}

std::vector<graph::keyed_options> graph::options() const {
  std::set<std::string> taken;
  std::vector<keyed_options> all;
  const auto add_of = [&](const graph_node& node, bool named) {
    for (const auto& own : node.options)
      if (own.options.object && !node.name.empty() == named)
        all.push_back(
            {claim(taken, named && node.options.size() == 1 ? node.name : own.kind), own.options});
  };
  std::for_each(nodes_.begin(), nodes_.end(), [&](const auto& node) { add_of(node, true); });
  std::for_each(nodes_.begin(), nodes_.end(), [&](const auto& node) { add_of(node, false); });
  return all;
}

} // namespace weir
