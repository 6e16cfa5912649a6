// SPDX-License-Identifier: Apache-2.0
//
// drift_gate: holds back the partitions that run ahead in event time, by telling the sources not to
// read them. One an event_time with `max_drift`; the sources before it and it share it.
//
//   source ──────────── rows ───────────> event_time        event_time reports how far partitions
//     ^  may_read?                           │              have come, once a batch; when the slow
//     └──────────── drift_gate <── report ───┘              ones move on, those held are woken
//
// A partition is held while its newest row is more than `max_drift` newer than the newest row of
// the slowest partition that counts. The slowest is never held, so it can always move on. Where a
// partition that counts gave no row yet, all that gave some are held. A source whose rows (those
// before the next phase) have all left holds nobody. Any thread; wakes are called without the lock.
//
//   if (context.drift && !context.drift->may_read(*partition)) return poll_state::idle;

#pragma once

#include <weir/actors/operators/partition_progress.hpp>
#include <weir/actors/stream/origin.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class drift_gate {
public:
  /// For a source that reads partitions side by side, before it gives a row: which ones it will
  /// give rows of, and how it is woken. All are of one source; they take the place of those it
  /// named before.
  void begin(std::vector<const partition*> all, std::function<void()> wake);
  /// Whether to take rows of it now. If not, `wake` is called once when it may be so again.
  [[nodiscard]] bool may_read(const partition& which);
  /// All rows of this source have left, or all of its history: nobody waits for it any more, or
  /// until `forget`.
  void leave(std::string_view source, bool is_history = false);

  /// For the event_time. A job begins: nothing is known yet.
  void reset(duration max_drift);
  /// What the source of these rows said it will give rows of; empty if it said nothing.
  [[nodiscard]] std::vector<const partition*> named_by(std::string_view source) const;
  /// How far all partitions have come; sets `is_held` of each.
  void report(std::span<partition_progress> all);
  /// A history has ended: what is known of how far partitions have come does not hold any more.
  void forget();

private:
  struct reader {
    std::vector<const partition*> partitions;
    std::function<void()> wake;
    std::vector<const partition*> waiting; // those held when it asked
  };
  using wakes = std::vector<std::function<void()>>;

  void find_limit();
  [[nodiscard]] bool is_held(const partition& which) const;
  [[nodiscard]] bool has_left(const partition& which) const;
  wakes open_for_waiting();

  mutable std::mutex mutex_;
  duration max_drift_{0};
  std::vector<reader> readers_;
  std::vector<partition_progress> progress_;
  std::vector<std::string> left_;       // sources nobody waits for,
  std::vector<std::string> in_between_; // nor for these, between history and what follows
  timestamp limit_ = timestamp::max();  // those that have come further are held
};

} // namespace weir
