// SPDX-License-Identifier: Apache-2.0
//
// deploy: turns a plan into actors inside an actor system. `job::start` uses it with a system of
// its own, tests with CAF's deterministic scheduler.

#pragma once

#include <weir/actors/runtime/job_actor.hpp>
#include <weir/actors/runtime/plan.hpp>

#include <caf/actor_system.hpp>

#include <deque>
#include <memory>

namespace weir {

struct deployment {
  caf::actor job;
  caf::actor node;
  std::shared_ptr<job_outcome> outcome;
  std::vector<caf::actor> actors; ///< In the order of the plan.
};

/// Makes and opens everything, then spawns it; rows flow at once. `counters` outlives the actors
/// and is filled in the order of the plan. `with_pumps`: what blocks gets a thread of its own;
/// without, its shell calls it (tests).
result<deployment> deploy(caf::actor_system& system, const plan& what, job_options options,
                          std::deque<actor_counters>& counters, bool with_pumps);

} // namespace weir
