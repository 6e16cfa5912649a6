// SPDX-License-Identifier: Apache-2.0
//
// plan: a graph ready to run: which actors there are, what each hosts, and the links between them.
// Pure data with factories; the DSL's planner makes it, a job runs it. Factories run once, when the
// job starts.
//
//   source trips ──> filter+map (fused) ──> sink fares
//        └─ rejects ──> sink rejects

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/sink.hpp>
#include <weir/actors/operators/source.hpp>
#include <weir/actors/operators/wall_clock.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir {

/// Where rejects leave: of a source, or of all operators of a chain that may reject together. It
/// may be left unlinked: then a reject fails the job.
inline constexpr std::size_t reject_outlet = std::numeric_limits<std::size_t>::max();

/// A source to be opened. Outlet 0 carries rows, `reject_outlet` rejects.
struct source_stamps {
  clock_time_options options = {};
  wall_clock clock = system_time;
};

struct source_plan {
  std::function<result<std::unique_ptr<any_source>>()> make;
  /// It begins with history and says where that ends (`poll_state::phase`, or its end). Otherwise
  /// phase 1 is passed at once. A bounded source is all history.
  bool has_history = true;
  /// It gives each row the time of this clock, and watermarks (`ingestion_time`).
  std::optional<source_stamps> stamps = {};
  /// Its rows are a table, for a side inlet: it passes phases once all other sources have, and its
  /// rows are not those that a job is told to end after. Where it says `poll_state::phase` the
  /// table is complete: that becomes a watermark.
  bool is_table = false;
  /// Holds back those of its partitions that run ahead (`max_drift`).
  std::shared_ptr<drift_gate> drift = {};
  /// Where it names its partitions.
  std::shared_ptr<partition_roll> roll = {};
};

/// One operator of a fused chain.
struct stage_plan {
  std::string name;
  std::function<result<std::unique_ptr<any_operator>>()> make;
};

/// Fused operators: the first may have several inlets, the last several outlets, those between one
/// of each. Several links may lead to one inlet: their rows are merged.
struct chain_plan {
  std::vector<stage_plan> stages;
};

struct sink_plan {
  std::function<result<std::unique_ptr<any_sink>>()> make;
};

struct actor_plan {
  std::string name; ///< Unique in the job.
  std::variant<source_plan, chain_plan, sink_plan> hosts;
};

/// A link from an outlet of one actor to an inlet of another (indexes into `plan::actors`). Several
/// links from one outlet each carry all rows.
struct link_plan {
  std::size_t from = 0;
  std::size_t outlet = 0;
  std::size_t to = 0;
  std::size_t inlet = 0;

  friend bool operator==(const link_plan&, const link_plan&) = default;
};

struct plan {
  std::string job; ///< Its name.
  std::vector<actor_plan> actors;
  std::vector<link_plan> links;
};

} // namespace weir
