// SPDX-License-Identifier: Apache-2.0
//
// watermark_clock: which watermark follows from the newest times of the partitions. Pure decisions;
// event_time feeds it.
//
// The watermark is the least of what the partitions that count have come to, less `out_of_order`.
// Which count:
//
//  - Files come one after another: of each source only the partition that gave rows last counts, so
//    a file left behind holds nothing back.
//  - A partition that comes back, or ends before its source, proves that its source reads
//    partitions side by side (a topic). From then on all of that source count, each from its first
//    row on.
//  - A partition (or file) that is silent for `idle_after` while others give rows does not count
//    until it gives a row again. Time in which nothing at all came is not held against anyone: when
//    the whole stream stood still, nobody was silent. Without `idle_after` all are waited for.
//  - A partition that ended, or whose source did, does not count, and is a new one if it comes
//    again. One whose source was cut short, because the job was stopped, counts for good, however
//    silent: nothing after it is complete.
//  - At the end of a history all are forgotten: its files do not count in what follows.
//
//  - When all have ended the watermark comes to the latest time of all, however far the last one
//    had come.
//
//  - A source that is awaited counts before its first row, until it gives one or ends.
//
// What it can't know: a partition before its first row, unless it is told to expect it. A topic's
// first rows may be late when its partitions begin at different times. Memory is bounded by the
// number of partitions that count.
//
//   std::optional<timestamp> next = clock.advance(rows.partition, newest_time, now);

#pragma once

#include <weir/actors/operators/partition_progress.hpp>
#include <weir/actors/operators/stream_operator.hpp>
#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/origin.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// What `event_time` may be told.
struct event_time_options {
  duration out_of_order{0}; ///< How much older than its partition's newest a row may be.
  std::optional<duration> idle_after{}; ///< Silence after which a partition is not waited for.
  std::optional<duration> max_drift{};  ///< How far a partition may be ahead of the slowest.
};
BOOST_DESCRIBE_STRUCT(event_time_options, (), (out_of_order, idle_after, max_drift))

[[nodiscard]] result<void> check(const event_time_options& options);

class watermark_clock {
public:
  explicit watermark_clock(event_time_options options) : options_{options} {}

  /// Rows of this partition came, the newest of this time. Gives the watermark if it rose. `now`
  /// matters only with `idle_after`.
  std::optional<timestamp> advance(const partition* of, timestamp newest, moment now);
  /// No row of this partition follows (without a name: of its source). Gives the watermark if it
  /// rose.
  std::optional<timestamp> leave(const partition& which);
  /// No row of it follows either, but there were more to come.
  void hold(const partition& which);
  /// Time went on and no row came. Gives the watermark if it rose.
  std::optional<timestamp> wait(moment now);
  /// Rows of this source will come, or its end: it counts before its first row too.
  void await(std::string_view source);
  /// None is, but those that were cut short.
  void await_nobody();
  /// These partitions, of one source, are read side by side and count from now on.
  void expect(std::span<const partition* const> all);
  /// Whether anything is known of its partitions.
  [[nodiscard]] bool knows(std::string_view source) const;
  /// That it gave no row was not its fault: it was not silent.
  void excuse(const partition* of);
  /// How far they have come: those that are read one after another, the last of them alone.
  void list(std::vector<partition_progress>& to) const;
  /// What rows of this partition alone have promised: those of it that are older are late. Of files
  /// that come one after another, what those of their source have. The watermark is ahead of it
  /// only where the partition was not waited for.
  [[nodiscard]] timestamp own(const partition* of) const;
  /// The watermark stays where it is.
  void forget_partitions() { sources_.clear(); }
  /// No row follows at all: the watermark comes to the latest there was. Gives it if it rose.
  std::optional<timestamp> finish();

  void save(snapshot_writer& to) const;
  void load(snapshot_reader& from);

private:
  struct progress {
    const partition* of = nullptr;
    timestamp newest = timestamp::min();
    duration last_seen{0}; // on the stream's own clock, see `elapsed_`
    bool is_heard = true;  // otherwise it is expected only
  };
  struct source_progress_of {
    std::string source;
    bool side_by_side = false;
    bool is_cut_short = false;
    timestamp newest = timestamp::min(); // of all it gave

    /// Only its end or its first row is waited for, of whatever partition.
    [[nodiscard]] bool is_awaited() const {
      return partitions.size() == 1 && !partitions.front().is_heard
             && partitions.front().of->name.empty();
    }
    std::vector<progress> partitions; // the last is the one that counts, unless side by side
  };

  void tick(moment now);
  source_progress_of& source_of(const partition* of);
  void note(source_progress_of& source, const partition* of, timestamp newest);
  [[nodiscard]] static std::span<const progress> those_read(const source_progress_of& source);
  [[nodiscard]] bool is_idle(const source_progress_of& source, const progress& one) const;
  [[nodiscard]] std::optional<timestamp> least() const;
  std::optional<timestamp> rise();

  event_time_options options_;
  std::vector<source_progress_of> sources_;
  std::optional<timestamp> watermark_; // the last one given
  timestamp newest_ = timestamp::min();
  duration elapsed_{0}; // time in which the stream did not stand still
  std::optional<moment> last_call_;
};

} // namespace weir
