// SPDX-License-Identifier: Apache-2.0
//
// explain: a plan as a tree for people: one line an actor, what is fused in it, and why it begins
// where it does.
//
//   trips                           source of trip
//   └─ filter + map                 2 operators fused; a source runs alone
//      └─ console                   sink of quote; a sink runs alone

#pragma once

#include <weir/actors/runtime/metrics.hpp>
#include <weir/dsl/planner.hpp>

#include <chrono>
#include <deque>
#include <string>

namespace weir {

/// The tree. An actor that several lead to is drawn once, and named with `(above)` after that.
[[nodiscard]] std::string explain(const planned& what);

/// The same after a run: rows in and out (of every operator too), rows a second, shares of busy and
/// blocked time, and the slowest actor.
[[nodiscard]] std::string explain_run(const planned& what,
                                      const std::deque<actor_counters>& counters,
                                      std::chrono::nanoseconds took);

/// What an actor is, in the tree's words: `2 operators fused; a source runs alone`.
[[nodiscard]] std::string describe_actor(const actor_plan& actor, const actor_note& note);

} // namespace weir
