// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/node_actor.hpp>

#include <caf/actor_system.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace weir {

node_actor::node_actor(caf::actor_config& config, const std::shared_ptr<job_context>& job,
                       std::vector<placed> here, std::vector<caf::actor>& shells)
    : caf::event_based_actor{config}, job_{job->job} {
  set_down_handler([this](caf::down_msg& down) { on_down(down); });
  monitor(job_);
  for (auto& one : here) {
    const shell::setup setup{one.index, job, one.counters};
    auto spawned = std::visit(
        [&]<class Hosted>(Hosted& hosts) -> caf::actor {
          if constexpr (std::is_same_v<Hosted, source_actor::hosted>)
            return system().spawn<source_actor>(setup, std::move(hosts));
          else if constexpr (std::is_same_v<Hosted, operator_actor::hosted>)
            return system().spawn<operator_actor>(setup, std::move(hosts));
          else
            return system().spawn<sink_actor>(setup, std::move(hosts));
        },
        one.hosts);
    monitor(spawned);
    shells.push_back(spawned);
    shells_.push_back({std::move(spawned), one.index, one.counters});
  }
}

caf::behavior node_actor::make_behavior() {
  return {
      [this](leave_message) { quit(); },
  };
}

void node_actor::on_exit() {
  for (const auto& one : shells_) {
    demonitor(one.shell);
    send_exit(one.shell, caf::exit_reason::user_shutdown);
  }
  shells_.clear();
  job_ = nullptr;
}

void node_actor::on_down(const caf::down_msg& down) {
  if (down.source == job_.address()) return quit();
  const auto found = std::ranges::find_if(
      shells_, [&](const watched& one) { return one.shell.address() == down.source; });
  if (found == shells_.end()) return;
  send(job_,
       failed_message{found->index,
                      {errc::actor_died, found->counters->name + " died without its end mark: "
                                             + system().render(down.reason)}});
}

} // namespace weir
