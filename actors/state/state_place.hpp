// SPDX-License-Identifier: Apache-2.0
//
// state_place: where an operator keeps its keyed state, and how much memory it may use for it. The
// planner hands one to each instance of a keyed operator when it makes it.
//
//   keyed_state<std::string, balance> balances{place, 24h};

#pragma once

#include <weir/actors/state/state_backend.hpp>
#include <weir/actors/stream/error.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>

namespace weir {

struct state_place {
  /// Of the operator in the job, with the number of the instance where there are several: for
  /// messages, and for names of files.
  std::string name = "state";
  /// What the instance may hold in memory. Without a backend more is an error; with one it is what
  /// is kept close.
  std::size_t memory_bytes = std::numeric_limits<std::size_t>::max();
  /// Opens what keeps the state that does not fit into memory. Empty: there is none.
  std::function<result<std::unique_ptr<state_backend>>(const std::string& name)> open_backend = {};
};

} // namespace weir
