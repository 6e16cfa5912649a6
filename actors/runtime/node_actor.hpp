// SPDX-License-Identifier: Apache-2.0
//
// node_actor: one a process. Spawns what a plan places here, watches it, and answers for it to the
// job.
//
//   joining ──its shells are spawned──> up ──the job says leave, or died──> leaving
//
// A shell that dies without its end mark is reported to the job by name. The job watches the node:
// one that is gone took its shells with it, and fails the job. A node that leaves lets its shells
// go.

#pragma once

#include <weir/actors/runtime/operator_actor.hpp>
#include <weir/actors/runtime/sink_actor.hpp>
#include <weir/actors/runtime/source_actor.hpp>

#include <caf/event_based_actor.hpp>

#include <cstddef>
#include <memory>
#include <variant>
#include <vector>

namespace weir {

class node_actor final : public caf::event_based_actor {
public:
  /// One actor of the plan: what it hosts is made and open.
  struct placed {
    std::size_t index; ///< In the plan.
    actor_counters* counters;
    std::variant<source_actor::hosted, operator_actor::hosted, sink_actor::hosted> hosts;
  };

  /// Spawns all of `here`, in this order; `shells` are their handles, ready when this returns.
  node_actor(caf::actor_config& config, const std::shared_ptr<job_context>& job,
             std::vector<placed> here, std::vector<caf::actor>& shells);
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  struct watched {
    caf::actor shell;
    std::size_t index;
    const actor_counters* counters;
  };

  void on_down(const caf::down_msg& down);

  caf::actor job_;
  std::vector<watched> shells_;
};

} // namespace weir
