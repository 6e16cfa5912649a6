// SPDX-License-Identifier: Apache-2.0
//
// paced_clock: the watermark_clock of an event_time, which also keeps the partitions together: what
// it knows of them goes to the drift_gate, if there is one. It says when time has to be told
// without rows, and whether all together are silent: silence.hpp.
//
// All partitions that a source names, to the gate or to its roll, count from the first row of that
// source on, also those that gave none yet: otherwise the first rows of a slow partition would be
// late, as the watermark had followed a fast one before. A partition that is held is not silent,
// nor is the stream meanwhile.
//
// Sources before it are awaited as long as they are sure to give rows or end. That is of use only
// while rows say which source they are of: once some come that say none, or another, nobody is
// awaited any more, as it may be those that were.
//
//   paced_clock clock{options, gate, sources};
//   clock.meet(rows.partition);
//   if (auto watermark = clock.advance(rows.partition, newest_time, now)) ...

#pragma once

#include <weir/actors/operators/drift_gate.hpp>
#include <weir/actors/operators/partition_roll.hpp>
#include <weir/actors/operators/silence.hpp>
#include <weir/actors/operators/watermark_clock.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// A source whose rows come by here.
struct source_before {
  /// Until when it is sure to give rows or end.
  enum class sure : std::uint8_t { never, in_history, always };

  std::string name;
  sure is_sure = sure::always;
  std::shared_ptr<partition_roll> roll = {};
};

class paced_clock {
public:
  /// `gate`: only with `max_drift`. `all`: the sources before it.
  paced_clock(const event_time_options& options, std::shared_ptr<drift_gate> gate,
              std::vector<source_before> all = {});

  /// Rows of this partition are at hand; before anything else is asked about them.
  void meet(const partition* of);
  /// As the functions of watermark_clock.
  std::optional<timestamp> advance(const partition* of, timestamp newest, moment now);
  std::optional<timestamp> leave(const partition& which);
  void hold(const partition& which) { clock_.hold(which); }
  /// It is `now` by the clock of `wakes_at`, and `at` by that of `advance`.
  std::optional<timestamp> wait(moment now, moment at);
  /// Who is held waits for others to give rows, or to be silent for long enough: then time has to
  /// be told by `wait` also when no rows come.
  [[nodiscard]] std::optional<moment> wakes_at() const;
  [[nodiscard]] bool is_silent() const noexcept { return silence_.is_silent(); }
  [[nodiscard]] timestamp own(const partition* of) const { return clock_.own(of); }
  std::optional<timestamp> finish();
  void forget_partitions();
  /// Those that are sure to give rows or end also afterwards are awaited anew.
  void end_history();

  void save(snapshot_writer& to) const;
  void load(snapshot_reader& from);

private:
  void await_sources();
  void await_nobody();
  void expect_all_of(const partition& one);
  [[nodiscard]] std::vector<const partition*> named_by(const std::string& source) const;
  void excuse_held();
  void report();

  watermark_clock clock_;
  silence silence_;
  std::optional<duration> idle_after_;
  std::shared_ptr<drift_gate> gate_;
  std::vector<source_before> sources_;
  std::optional<const partition*> last_met_;
  std::vector<partition_progress> progress_; // as last reported
  bool holds_ = false;                       // somebody
  moment wakes_at_{}; // while somebody is held: at once, then half of `idle_after` later each time
};

} // namespace weir
