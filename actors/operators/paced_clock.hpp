// SPDX-License-Identifier: Apache-2.0
//
// paced_clock: the watermark_clock of an event_time, which also keeps the partitions together: what
// it knows of them goes to the drift_gate, if there is one.
//
// With a gate all partitions that a source names count from the first row of that source on, also
// those that gave none yet: otherwise the first rows of a slow partition would be late, as the
// watermark had followed a fast one before. A partition that is held is not silent.
//
//   paced_clock clock{options, gate};
//   clock.meet(rows.partition);
//   if (auto watermark = clock.advance(rows.partition, newest_time, now)) ...

#pragma once

#include <weir/actors/operators/drift_gate.hpp>
#include <weir/actors/operators/watermark_clock.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace weir {

class paced_clock {
public:
  /// `gate`: only with `max_drift`.
  paced_clock(const event_time_options& options, std::shared_ptr<drift_gate> gate);

  /// Rows of this partition are at hand; before anything else is asked about them.
  void meet(const partition* of);
  /// As the functions of watermark_clock.
  std::optional<timestamp> advance(const partition* of, timestamp newest, moment now);
  std::optional<timestamp> leave(const partition& which);
  std::optional<timestamp> wait(moment now);
  [[nodiscard]] timestamp after(const partition* of, timestamp newest) const {
    return clock_.after(of, newest);
  }
  [[nodiscard]] timestamp bound_behind(timestamp newest) const noexcept {
    return clock_.bound_behind(newest);
  }
  void forget_partitions();
  /// Someone is held, so time has to be told by `wait` also when no rows come.
  [[nodiscard]] bool holds() const noexcept { return holds_; }

  void save(snapshot_writer& to) const { clock_.save(to); }
  void load(snapshot_reader& from);

private:
  void excuse_held();
  void report();

  watermark_clock clock_;
  std::shared_ptr<drift_gate> gate_;
  const partition* last_met_ = nullptr;
  std::vector<partition_progress> progress_; // as last reported
  bool holds_ = false;
};

} // namespace weir
