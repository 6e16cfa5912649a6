// SPDX-License-Identifier: Apache-2.0
//
// stream_operator: what people write to transform a stream. It knows no actors, threads or links:
// rows in, rows out.
//
// The shell that hosts it calls from one thread at a time, in stream order: batches, watermarks,
// phases, then one end. An operator never waits: when `out` is full it returns, and is called again
// with the rest once there is room. How the rows are cut into batches must not change the output.
//
// What the shell sees to, so that operators need not: before a call it empties `out` when rows of
// `in` can't follow those in it (`out.can_follow(in)`: another partition); it passes on watermarks,
// those it is called with and those operators put on batches (`set_watermark`); and it catches what
// `on_batch` throws: a `row_failure` names the row.
//
//   class every_second final : public stream_operator<int, int> {
//     std::size_t on_batch(batch_view<int> in, batch<int>& out) override {
//       ...
//       return rows_consumed;
//     }
//   };

#pragma once

#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/stream/batch.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace weir {

/// A point in processing time, read from the shell's clock. Operators are told the time, they do
/// not ask.
using moment = std::chrono::steady_clock::time_point;

template <row In, row Out>
class stream_operator {
public:
  virtual ~stream_operator() = default;

  /// Consumes rows from the front of `in`, appends what they make to `out`, and stops when `out` is
  /// full. Gives the number of rows consumed; fewer than `in.size()` only when `out` is full,
  /// `wants_no_more()`, or `resume_at` says when. Times, origin and text go along by the `inherit`
  /// functions of `out`.
  virtual std::size_t on_batch(batch_view<In> in, batch<Out>& out) = 0;

  /// Asked after a call that left rows although `out` had room and more are wanted (`throttle`):
  /// when to call again with the rest. Nothing: at once. Meanwhile the rows wait with their credit,
  /// so the source waits too.
  [[nodiscard]] virtual std::optional<moment> resume_at(moment /*now*/) { return std::nullopt; }

  /// No row with an earlier event time follows. False: `out` was full, call again. The watermark
  /// itself is passed on by the shell, after what this appends.
  virtual bool on_watermark(timestamp /*time*/, batch<Out>& /*out*/) { return true; }

  /// A phase of the stream ends here (1: history). False: `out` was full, call again.
  virtual bool on_phase(std::uint64_t /*phase*/, batch<Out>& /*out*/) { return true; }

  /// The stream has finished; not called when it was cancelled or failed. False: `out` was full,
  /// call again.
  virtual bool on_end(batch<Out>& /*out*/) { return true; }

  /// The operator has all it needs (`take`): what follows is not asked for, and the stream ends
  /// here as finished.
  [[nodiscard]] virtual bool wants_no_more() const { return false; }

  /// Asked after every call: when it wants to be called without rows (timers in processing time).
  /// Nothing: never.
  [[nodiscard]] virtual std::optional<moment> wakes_at() const { return std::nullopt; }
  /// That moment has come. False: `out` was full, call again.
  virtual bool on_wake(moment /*now*/, batch<Out>& /*out*/) { return true; }

  /// It gives rows times, and watermarks: those from before end here.
  [[nodiscard]] virtual bool chooses_time() const { return false; }

  virtual void save(snapshot_writer& /*to*/) const {}
  virtual void load(snapshot_reader& /*from*/) {}
};

} // namespace weir
