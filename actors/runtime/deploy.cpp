// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/user_call.hpp>
#include <weir/actors/runtime/deploy.hpp>
#include <weir/actors/runtime/node_actor.hpp>
#include <weir/actors/runtime/pump.hpp>

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::job_actor::begin)

namespace weir {
namespace {

using hosted = decltype(node_actor::placed::hosts);

error named(const std::string& name, error cause) {
  cause.message = name + ": " + cause.message;
  return cause;
}

/// What every source and sink is made with.
struct surroundings {
  const std::function<void(const std::string&)>& warn;
  const std::function<void(const std::string&)>& warn_of_loss;
  bool with_pumps;
};

template <class Context>
Context context_for(actor_counters& counted, const std::shared_ptr<waker>& wake,
                    const surroundings& around) {
  const auto worked = [&time = counted.thread_nanoseconds](std::chrono::nanoseconds more) {
    time.add_shared(static_cast<std::uint64_t>(more.count()));
  };
  return {counted.name, [wake] { wake->wake(); }, worked, around.warn};
}

result<hosted> prepare(actor_counters& counted, const source_plan& plan,
                       const surroundings& around) {
  const auto& name = counted.name;
  auto made = user_call(plan.make);
  if (!made) return named(name, std::move(made).error());
  auto source = std::move(*made);
  if (source->blocks() && around.with_pumps) source = pump(std::move(source));
  if (plan.stamps)
    if (auto valid = weir::check(plan.stamps->options); !valid)
      return named(name, std::move(valid).error());
  auto wake = std::make_shared<waker>();
  auto context = context_for<source_context>(counted, wake, around);
  context.drift = plan.drift;
  context.roll = plan.roll;
  if (auto opened = user_call([&] { return source->open(std::move(context)); }); !opened)
    return named(name, std::move(opened).error());
  return hosted{source_actor::hosted{std::move(source),
                                     plan.has_history || plan.is_table,
                                     plan.is_table,
                                     std::move(wake),
                                     0,
                                     0,
                                     {},
                                     plan.stamps,
                                     plan.drift}};
}

result<hosted> prepare(actor_counters& counted, const chain_plan& plan, const surroundings&) {
  operator_actor::hosted chain;
  for (const auto& stage : plan.stages) {
    counted.operators.emplace_back(stage.name);
    auto made = user_call(stage.make);
    if (!made)
      return named(plan.stages.size() > 1 ? stage.name : counted.name, std::move(made).error());
    chain.stages.push_back({stage.name, std::move(*made)});
  }
  return hosted{std::move(chain)};
}

result<hosted> prepare(actor_counters& counted, const sink_plan& plan, const surroundings& around) {
  const auto& name = counted.name;
  auto made = user_call(plan.make);
  if (!made) return named(name, std::move(made).error());
  auto sink = std::move(*made);
  if (sink->blocks() && around.with_pumps) sink = pump(std::move(sink));
  auto wake = std::make_shared<waker>();
  auto context = context_for<sink_context>(counted, wake, around);
  context.warn_of_loss = around.warn_of_loss;
  context.lost = [&lost = counted.lost_rows](std::uint64_t rows) { lost.add_shared(rows); };
  if (auto opened = user_call([&] { return sink->open(std::move(context)); }); !opened)
    return named(name, std::move(opened).error());
  return hosted{sink_actor::hosted{std::move(sink), std::move(wake), 0}};
}

actor_role role_of(const actor_plan& actor) {
  switch (actor.hosts.index()) {
    case 0: return actor_role::source;
    case 1: return actor_role::operators;
    default: return actor_role::sink;
  }
}

const row_type* type_of_outlet(const hosted& actor, std::size_t outlet) {
  if (const auto* source = std::get_if<source_actor::hosted>(&actor))
    return outlet == 0               ? &source->source->type()
           : outlet == reject_outlet ? &row_type_of<reject>()
                                     : nullptr;
  if (const auto* chain = std::get_if<operator_actor::hosted>(&actor)) {
    const auto may_reject = [](const chain::stage& s) { return s.runs->may_reject(); };
    if (outlet == reject_outlet)
      return std::ranges::any_of(chain->stages, may_reject) ? &row_type_of<reject>() : nullptr;
    const auto types = chain->stages.back().runs->outlet_types();
    return outlet < types.size() ? types[outlet] : nullptr;
  }
  return nullptr;
}

const row_type* type_of_inlet(const hosted& actor, std::size_t inlet) {
  if (const auto* sink = std::get_if<sink_actor::hosted>(&actor))
    return inlet == 0 ? &sink->sink->type() : nullptr;
  if (const auto* chain = std::get_if<operator_actor::hosted>(&actor)) {
    const auto types = chain->stages.front().runs->inlet_types();
    return inlet < types.size() ? types[inlet] : nullptr;
  }
  return nullptr;
}

/// Neighbours and ends of the plan's links must carry the same rows; a planner that broke this is a
/// bug of ours, a user's own erased operator may do it too.
result<void> check(const plan& what, const std::vector<node_actor::placed>& actors) {
  for (const auto& actor : actors) {
    const auto* chain = std::get_if<operator_actor::hosted>(&actor.hosts);
    if (chain == nullptr) continue;
    const auto& stages = chain->stages;
    for (std::size_t s = 1; s < stages.size(); ++s)
      if (!(*stages[s - 1].runs->outlet_types().front() == *stages[s].runs->inlet_types().front()))
        return error{errc::config,
                     stages[s].name + " takes other rows than " + stages[s - 1].name + " makes"};
  }
  for (const auto& link : what.links) {
    const auto* from = type_of_outlet(actors[link.from].hosts, link.outlet);
    const auto* to = type_of_inlet(actors[link.to].hosts, link.inlet);
    if (from == nullptr || to == nullptr || !(*from == *to))
      return error{errc::config, "the link from " + what.actors[link.from].name + " to "
                                     + what.actors[link.to].name + " joins "
                                     + (from ? from->name : "no such outlet") + " to "
                                     + (to ? to->name : "no such inlet")};
  }
  return {};
}

/// The names of the sources whose rows an actor may give, by actor.
std::vector<std::set<std::string>> sources_of_actors(const plan& what) {
  std::vector<std::set<std::string>> all(what.actors.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    if (std::holds_alternative<source_plan>(what.actors[i].hosts))
      all[i].insert(what.actors[i].name);
  for (bool has_changed = true; std::exchange(has_changed, false);)
    for (const auto& link : what.links) {
      if (link.outlet == reject_outlet) continue;
      const auto before = all[link.to].size();
      all[link.to].insert(all[link.from].begin(), all[link.from].end());
      has_changed = has_changed || all[link.to].size() != before;
    }
  return all;
}

bool takes_rejects_alone(const plan& what, std::size_t actor) {
  return !std::holds_alternative<source_plan>(what.actors[actor].hosts)
         && std::ranges::all_of(what.links, [&](const link_plan& link) {
              return link.to != actor || link.outlet == reject_outlet
                     || takes_rejects_alone(what, link.from);
            });
}

} // namespace

result<deployment> deploy(caf::actor_system& system, const plan& what, job_options options,
                          std::deque<actor_counters>& counters, bool with_pumps) {
  const surroundings around{options.warn, options.warn_of_loss, with_pumps};
  std::vector<node_actor::placed> actors;
  for (const auto& actor : what.actors) {
    auto& counted = counters.emplace_back(actor.name, role_of(actor));
    auto made =
        std::visit([&](const auto& hosts) { return prepare(counted, hosts, around); }, actor.hosts);
    if (!made) return std::move(made).error();
    actors.push_back({actors.size(), &counted, std::move(*made)});
  }
  if (auto checked = check(what, actors); !checked) return std::move(checked).error();

  // Links are numbered per actor, outgoing and incoming apart; those of a source carry rows first,
  // then rejects.
  const auto sources = sources_of_actors(what);
  auto links = what.links;
  std::ranges::stable_sort(links, {}, &link_plan::outlet);
  std::vector<std::size_t> out_number(links.size());
  std::vector<std::size_t> in_number(links.size());
  std::vector<std::size_t> outs(what.actors.size());
  std::vector<std::size_t> ins(what.actors.size());
  for (std::size_t i = 0; i < links.size(); ++i) {
    const auto& link = links[i];
    out_number[i] = outs[link.from]++;
    in_number[i] = ins[link.to]++;
    if (auto* source = std::get_if<source_actor::hosted>(&actors[link.from].hosts)) {
      ++source->links;
      if (link.outlet != reject_outlet)
        ++source->row_links;
      else if (source->rejects_to.empty())
        source->rejects_to = what.actors[link.to].name;
    } else {
      auto& chain = std::get<operator_actor::hosted>(actors[link.from].hosts);
      chain.outlet_of_link.push_back(link.outlet);
      if (link.outlet == reject_outlet && chain.rejects_to.empty())
        chain.rejects_to = what.actors[link.to].name;
    }
    if (auto* chain = std::get_if<operator_actor::hosted>(&actors[link.to].hosts)) {
      chain->inlet_of_link.push_back(link.inlet);
      const auto& given = sources[link.from];
      chain->sources_of_link.emplace_back(given.begin(), given.end());
    } else {
      ++std::get<sink_actor::hosted>(actors[link.to].hosts).links;
    }
  }

  if (options.opened) options.opened();
  deployment made;
  made.outcome = std::make_shared<job_outcome>();
  made.job = system.spawn<job_actor>(options, made.outcome);
  const auto shared = std::make_shared<job_context>(options, made.job);

  job_actor::begin begin;
  begin.node = system.spawn<node_actor>(shared, std::move(actors), made.actors);
  for (std::size_t i = 0; i < what.actors.size(); ++i) {
    const auto& actor = what.actors[i];
    const auto* source = std::get_if<source_plan>(&actor.hosts);
    const bool is_table = source != nullptr && source->is_table;
    begin.members.push_back({made.actors[i], actor.name, role_of(actor),
                             is_table || (source != nullptr && source->has_history), is_table,
                             takes_rejects_alone(what, i)});
    begin.links.push_back({std::vector<link_end>(outs[i]), std::vector<link_end>(ins[i])});
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    const auto& link = links[i];
    begin.links[link.from].down[out_number[i]] = {made.actors[link.to], in_number[i]};
    begin.links[link.to].up[in_number[i]] = {made.actors[link.from], out_number[i]};
  }
  made.node = begin.node;
  caf::anon_send(made.job, std::move(begin));
  return made;
}

} // namespace weir
