// SPDX-License-Identifier: Apache-2.0
//
// state_kind: a way to keep keyed state outside of memory that a program offers: its name, as it is
// written behind `--state`, and what opens it. `place_of` gives an operator its place.
//
//   const state_kind kind = rocksdb_state({.directory = "/var/tmp/weir"});
//   keyed_state<std::string, balance> balances{place_of(kind, "totals", 256 << 20), 24h};

#pragma once

#include <weir/actors/state/state_place.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace weir {

struct state_kind {
  std::string name;
  /// Opens the state of one operator (or one instance of it), empty; it may use so much memory.
  std::function<result<std::unique_ptr<state_backend>>(const std::string& operator_name,
                                                       std::size_t memory_bytes)>
      open;
};

/// Divides `memory_bytes` between the tables of the operator and what the backend holds in memory.
[[nodiscard]] inline state_place place_of(state_kind kind, std::string name,
                                          std::size_t memory_bytes) {
  const std::size_t tables = memory_bytes / 2;
  return {.name = std::move(name),
          .memory_bytes = tables,
          .open_backend = [open = std::move(kind.open),
                           rest = memory_bytes - tables](const std::string& operator_name) {
            return open(operator_name, rest);
          }};
}

} // namespace weir
