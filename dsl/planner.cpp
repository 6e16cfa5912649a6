// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/discard.hpp>
#include <weir/actors/operators/reject_file.hpp>
#include <weir/dsl/drift_graph.hpp>
#include <weir/dsl/keyed_graph.hpp>
#include <weir/dsl/model_graph.hpp>
#include <weir/dsl/planner.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace weir {
namespace {

using detail::unit;
using outlets = std::vector<outlet_ref>;

/// Step 1: the graph's nodes as units, one each but for models.
class unit_maker {
public:
  unit_maker(const graph& from, std::vector<std::string> names, const plan_options& options,
             detail::drift_gates gates, std::vector<std::shared_ptr<partition_roll>> rolls)
      : graph_{from},
        names_{std::move(names)},
        options_{options},
        gates_{std::move(gates)},
        rolls_{std::move(rolls)} {
    find_ready_models();
  }

  /// A job none of whose sources will give a row: nobody means that.
  std::optional<error> idle_sources() const {
    std::string idle;
    for (std::size_t i = 0; i < skips_history_.size(); ++i) {
      const auto* source = std::get_if<source_node>(&graph_.nodes()[i].content);
      if (source == nullptr || source->refresh) continue;
      if (!skips_history_[i] || !source->is_history_alone) return std::nullopt;
      idle += (idle.empty() ? "'" : ", '") + names_[i] + "'";
    }
    return error{errc::config, idle
                                   + " gives no row: the model is loaded, so history is not read, "
                                     "and nothing follows it; add what is to be answered, or do "
                                     "not load the model"};
  }

  std::vector<unit> make() {
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) add(i);
    add_default_rejects();
    return std::move(units_);
  }

private:
  /// Sources whose models all are ready read no history.
  void find_ready_models() {
    std::vector<char> needs(graph_.nodes().size()), offers(graph_.nodes().size());
    for (std::size_t i = graph_.nodes().size(); i-- > 0;) { // consumers come after producers
      const auto& node = graph_.nodes()[i];
      if (const auto* model = std::get_if<model_node>(&node.content))
        (detail::is_ready(*model) ? offers : needs)[i] = 1;
      for (const auto& inlet : node.inlets)
        for (const auto& from : inlet) {
          needs[from.node] = static_cast<char>(needs[from.node] | needs[i]);
          offers[from.node] = static_cast<char>(offers[from.node] | offers[i]);
        }
    }
    for (std::size_t i = 0; i < needs.size(); ++i)
      skips_history_.push_back(offers[i] != 0 && needs[i] == 0);
  }

  void add(std::size_t index) {
    const auto& node = graph_.nodes()[index];
    std::vector<outlets> inlets;
    for (const auto& inlet : node.inlets) inlets.push_back(producers_of(inlet));
    if (const auto* model = std::get_if<model_node>(&node.content)) {
      add_model(index, *model, inlets.front());
      return;
    }
    if (std::holds_alternative<keyed_node>(node.content)) {
      produced_.push_back(detail::add_keyed(units_, node, names_[index], rows_of(node),
                                            std::move(inlets), place_of_state()));
      return;
    }
    unit made{.name = names_[index],
              .what = {},
              .rows = rows_of(node),
              .is_async = node.is_async,
              .may_be_open = node.may_be_open,
              .content = {},
              .outlets = node.outlets,
              .inlets = std::move(inlets)};
    if (const auto* source = std::get_if<source_node>(&node.content)) {
      made.what = "source";
      made.may_reject = true;
      auto plan = plan_of(*source, skips_history_[index]);
      plan.drift = gates_[index];
      plan.roll = rolls_[index];
      made.content = std::move(plan);
    } else if (const auto* sink = std::get_if<sink_node>(&node.content)) {
      made.what = "sink";
      made.content = sink_plan{sink->make};
    } else {
      const auto& own = std::get<operator_node>(node.content);
      made.content = stage_plan{names_[index], own.make};
      made.may_reject = own.may_reject;
    }
    units_.push_back(std::move(made));
    std::vector<outlets> own;
    for (std::size_t outlet = 0; outlet < std::max<std::size_t>(node.outlets.size(), 1); ++outlet)
      own.push_back({outlet_ref{units_.size() - 1, outlet}});
    produced_.push_back(std::move(own));
  }

  /// All instances get the same share of the memory.
  state_place place_of_state() const {
    const auto share = options_.state_memory_bytes / detail::keyed_instances(graph_);
    return options_.state ? place_of(*options_.state, {}, share)
                          : state_place{.memory_bytes = share};
  }

  /// The record a node gives; what a sink takes.
  std::string rows_of(const graph_node& node) const {
    if (!node.outlets.empty()) return node.outlets.front()->name;
    const auto& from = node.inlets.front().front();
    const auto& types = graph_.nodes()[from.node].outlets;
    return from.outlet == reject_outlet ? row_type_of<reject>().name : types[from.outlet]->name;
  }

  void add_model(std::size_t index, const model_node& model, const outlets& rows) {
    const outlet_ref answers{index, 0};
    const bool wants_answers =
        std::any_of(graph_.nodes().begin(), graph_.nodes().end(), [&](const graph_node& node) {
          return std::any_of(node.inlets.begin(), node.inlets.end(), [&](const outlets& inlet) {
            return std::find(inlet.begin(), inlet.end(), answers) != inlet.end();
          });
        });
    produced_.push_back(
        detail::add_model(units_, model, names_[index], rows, wants_answers, options_));
  }

  static source_plan plan_of(const source_node& source, bool skips_history) {
    if (source.refresh) return {.make = source.make, .has_history = true, .is_table = true};
    if (source.make_live)
      return skips_history ? source_plan{source.make_live, false, source.stamps}
                           : source_plan{source.make, true, source.stamps};
    return {source.make, source.is_bounded && !skips_history, source.stamps};
  }

  /// Of an inlet of the graph, in units.
  outlets producers_of(const outlets& inlet) const {
    outlets all;
    for (const auto& from : inlet) {
      const auto& made = produced_[from.node];
      if (from.outlet == reject_outlet)
        all.push_back({made.front().front().node, reject_outlet});
      else
        all.insert(all.end(), made[from.outlet].begin(), made[from.outlet].end());
    }
    return all;
  }

  /// Rejects that nobody takes go to one file.
  void add_default_rejects() {
    outlets unlinked;
    for (std::size_t i = 0; i < units_.size(); ++i)
      if (units_[i].may_reject) unlinked.push_back({i, reject_outlet});
    for (const auto& taken : units_)
      for (const auto& inlet : taken.inlets)
        for (const auto& from : inlet) std::erase(unlinked, from);
    if (unlinked.empty()) return;
    auto name = options_.job; // `payments alert`
    std::ranges::replace(name, ' ', '-');
    const reject_file file{name + ".rejects.jsonl"};
    units_.push_back({.name = file.describe(),
                      .what = "sink",
                      .rows = {},
                      .is_default = true,
                      .content = sink_plan{[file] { return file.make(); }},
                      .inlets = {unlinked}});
  }

  const graph& graph_;
  std::vector<std::string> names_;
  const plan_options& options_;
  detail::drift_gates gates_; // by node
  std::vector<std::shared_ptr<partition_roll>> rolls_;
  std::vector<bool> skips_history_;
  std::vector<unit> units_;
  std::vector<std::vector<outlets>> produced_; // by node and outlet
};

/// Leaves out what can never get a row: those who take the reports of a model that is not fitted.
std::vector<unit> without_idle(std::vector<unit> units) {
  std::vector<unit> kept;
  std::vector<std::optional<std::size_t>> place;
  for (auto& own : units) {
    bool has_rows = own.what == "source";
    for (auto& inlet : own.inlets) {
      std::erase_if(inlet, [&](const outlet_ref& from) { return !place[from.node]; });
      for (auto& from : inlet) from.node = *place[from.node];
      has_rows = has_rows || !inlet.empty();
    }
    place.push_back(has_rows ? std::optional{kept.size()} : std::nullopt);
    if (has_rows) kept.push_back(std::move(own));
  }
  return kept;
}

/// Who takes the rows of each outlet.
using consumers = std::map<std::pair<std::size_t, std::size_t>, std::size_t>;

consumers consumers_of(const std::vector<unit>& units) {
  consumers count;
  for (const auto& taken : units)
    for (const auto& inlet : taken.inlets)
      for (const auto& from : inlet) ++count[{from.node, from.outlet}];
  return count;
}

/// Step 2: an outlet that nobody takes gets a sink that drops its rows, where that is no mistake.
std::optional<error> close_open_ends(std::vector<unit>& units) {
  const auto count = consumers_of(units);
  const std::size_t before = units.size();
  for (std::size_t i = 0; i < before; ++i)
    for (std::size_t outlet = 0; outlet < units[i].outlets.size(); ++outlet) {
      if (count.contains({i, outlet})) continue;
      if (!units[i].may_be_open)
        return error{errc::config,
                     "nobody takes the rows of '" + units[i].name
                         + "': end the stream with | to(...), or with | to(discard()) "
                           "if they are not wanted"};
      units.push_back({.name = "discard " + units[i].name + " " + std::to_string(outlet + 1),
                       .what = "sink",
                       .rows = {},
                       .is_default = true,
                       .late_of = outlet > 0 ? units[i].late_of : std::string{},
                       .content = sink_plan{[type = units[i].outlets[outlet]] {
                         return result{detail::make_discard_sink(*type)};
                       }},
                       .inlets = {{outlet_ref{i, outlet}}}});
    }
  return std::nullopt;
}

/// Step 3: units as actors. Sets why each begins an actor, or leaves it empty where it is fused
/// with the one before.
std::string boundary_of(const std::vector<unit>& units, const consumers& count, std::size_t index) {
  const auto& own = units[index];
  if (!own.what.empty()) return own.what == "source" ? "" : "a " + own.what + " runs alone";
  if (own.is_async) return ".async()";
  if (own.inlets.size() != 1 || own.inlets.front().size() != 1) return "several streams meet here";
  const auto& from = own.inlets.front().front();
  const auto& before = units[from.node];
  if (!before.what.empty()) return "a " + before.what + " runs alone";
  if (from.outlet == reject_outlet) return "it takes what '" + before.name + "' rejects";
  if (before.outlets.size() != 1) return "'" + before.name + "' has several outlets";
  if (count.at({from.node, from.outlet}) > 1)
    return "several take the rows of '" + before.name + "'";
  return {};
}

/// Who takes what a unit rejects, as (unit, inlet).
using takers = std::vector<std::pair<std::size_t, std::size_t>>;

takers reject_takers_of(const std::vector<unit>& units, std::size_t index) {
  takers found;
  for (std::size_t i = 0; i < units.size(); ++i)
    for (std::size_t inlet = 0; inlet < units[i].inlets.size(); ++inlet)
      for (const auto& from : units[i].inlets[inlet])
        if (from == outlet_ref{index, reject_outlet}) found.emplace_back(i, inlet);
  return found;
}

class actor_maker {
public:
  actor_maker(std::vector<unit> units, std::string job) : units_{std::move(units)} {
    made_.what.job = std::move(job);
  }

  planned make() && {
    const auto count = consumers_of(units_);
    for (std::size_t i = 0; i < units_.size(); ++i) {
      auto boundary = boundary_of(units_, count, i);
      // An actor has one outlet of rejects.
      if (boundary.empty() && units_[i].what.empty() && rejects_elsewhere(i))
        boundary = "its rejects go elsewhere";
      place(i, std::move(boundary));
    }
    for (std::size_t i = 0; i < units_.size(); ++i) link(i);
    return std::move(made_);
  }

private:
  /// Than those of the actor it would be fused with.
  bool rejects_elsewhere(std::size_t index) {
    if (!units_[index].may_reject) return false;
    const auto own = reject_takers_of(units_, index);
    const auto actor = actor_of_[units_[index].inlets.front().front().node];
    for (std::size_t i = 0; i < index; ++i)
      if (actor_of_[i] == actor && units_[i].may_reject && reject_takers_of(units_, i) != own)
        return true;
    return false;
  }

  void place(std::size_t index, std::string boundary) {
    auto& own = units_[index];
    const bool is_fused = boundary.empty() && own.what.empty();
    if (is_fused) {
      const std::size_t actor = actor_of_[own.inlets.front().front().node];
      auto& hosts = made_.what.actors[actor];
      hosts.name += " + " + own.name;
      std::get<chain_plan>(hosts.hosts).stages.push_back(std::get<stage_plan>(own.content));
      made_.notes[actor].rows = own.rows;
      actor_of_.push_back(actor);
      first_of_actor_.push_back(false);
      return;
    }
    actor_plan actor{own.name, {}};
    if (auto* stage = std::get_if<stage_plan>(&own.content))
      actor.hosts = chain_plan{{*stage}};
    else if (auto* source = std::get_if<source_plan>(&own.content))
      actor.hosts = *source;
    else
      actor.hosts = std::get<sink_plan>(own.content);
    made_.what.actors.push_back(std::move(actor));
    made_.notes.push_back({own.what, std::move(boundary), own.rows, own.is_default, own.instance_of,
                           own.is_default ? own.late_of : std::string{}});
    actor_of_.push_back(made_.what.actors.size() - 1);
    first_of_actor_.push_back(true);
  }

  void link(std::size_t index) {
    if (!first_of_actor_[index]) return;
    const auto& own = units_[index];
    for (std::size_t inlet = 0; inlet < own.inlets.size(); ++inlet)
      for (const auto& from : own.inlets[inlet])
        add({actor_of_[from.node], from.outlet, actor_of_[index], inlet});
  }
  /// Rejects of fused operators leave by one link.
  void add(const link_plan& link) {
    auto& links = made_.what.links;
    if (link.outlet == reject_outlet && std::find(links.begin(), links.end(), link) != links.end())
      return;
    links.push_back(link);
  }

  std::vector<unit> units_;
  planned made_;
  std::vector<std::size_t> actor_of_; // by unit
  std::vector<bool> first_of_actor_;  // by unit
};

/// Instances can be counted, and a model that is to learn has a source whose history ends.
std::optional<error> check_nodes(const graph& from, const std::vector<std::string>& names) {
  std::vector<char> has_history;
  for (std::size_t i = 0; i < from.nodes().size(); ++i) {
    const auto& node = from.nodes()[i];
    const auto* source = std::get_if<source_node>(&node.content);
    bool has = source != nullptr && !source->refresh && (source->is_bounded || source->make_live);
    for (const auto& inlet : node.inlets)
      for (const auto& producer : inlet) has = has || has_history[producer.node] != 0;
    has_history.push_back(static_cast<char>(has));
    if (auto refused = detail::check_keyed(node, names[i])) return refused;
    const auto* model = std::get_if<model_node>(&node.content);
    if (model == nullptr) continue;
    if (!has && !detail::is_ready(*model))
      return error{errc::config, "'" + names[i]
                                     + "' has no history to learn from: begin its source with "
                                       "history(...), or load a model"};
    if (model->options->keep_learning && detail::is_ready(*model))
      return error{errc::config,
                   "'" + names[i]
                       + "' is loaded and learns nothing: leave out keep_learning, or "
                         "the file it is loaded from"};
    if (model->options->learners == 0 || model->options->predictors == 0)
      return error{errc::config, "'" + names[i] + "' needs at least one learner and one predictor"};
  }
  return std::nullopt;
}

} // namespace

result<planned> make_plan(const graph& from, const plan_options& options) {
  const bool has_source = std::any_of(from.nodes().begin(), from.nodes().end(), [](auto& node) {
    return std::holds_alternative<source_node>(node.content);
  });
  if (!has_source) return error{errc::config, "the job has no source: begin with app.from(...)"};
  if (from.refused()) return *from.refused();
  auto names = from.names();
  if (!names) return std::move(names).error();
  if (auto refused = check_nodes(from, *names)) return *refused;
  auto gates = detail::find_drift_gates(from, *names);
  if (!gates) return std::move(gates).error();
  auto rolls = detail::tell_sources_before(from, *names);
  unit_maker maker{from, std::move(*names), options, std::move(*gates), std::move(rolls)};
  if (auto idle = maker.idle_sources()) return *idle;
  auto units = without_idle(maker.make());
  if (auto open = close_open_ends(units)) return *open;
  auto made = actor_maker{std::move(units), options.job}.make();
  for (const auto& node : from.nodes())
    if (const auto* source = std::get_if<source_node>(&node.content); source && source->refresh)
      made.refresh_tables.push_back(source->refresh);
  return made;
}

} // namespace weir
