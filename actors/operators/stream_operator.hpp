// SPDX-License-Identifier: Apache-2.0
//
// stream_operator: what people write to transform a stream. It knows no actors, threads or links: rows in, rows out.
//
// The shell that hosts it calls from one thread at a time, in stream order: batches, watermarks, phases, then one end.
// An operator never waits: when `out` is full it returns, and is called again with the rest once there is room.
// How the rows are cut into batches must not change the output.
//
//   class every_second final : public stream_operator<int, int> {
//     std::size_t on_batch(batch_view<int> in, batch<int>& out) override { ... return rows_consumed; }
//   };

#pragma once

#include <weir/actors/state/snapshot.hpp>
#include <weir/actors/stream/batch.hpp>

#include <cstddef>
#include <cstdint>

namespace weir {

template <row In, row Out>
class stream_operator {
public:
  virtual ~stream_operator() = default;

  /// Consumes rows from the front of `in`, appends what they make to `out`, and stops when `out` is full. Gives the
  /// number of rows consumed; fewer than `in.size()` only when `out` is full or `wants_no_more()`. Times, origin and
  /// text go along by the `inherit` functions of `out`.
  virtual std::size_t on_batch(batch_view<In> in, batch<Out>& out) = 0;

  /// No row with an earlier event time follows. False: `out` was full, call again. The watermark itself is passed on
  /// by the shell, after what this appends.
  virtual bool on_watermark(timestamp /*time*/, batch<Out>& /*out*/) { return true; }

  /// A phase of the stream ends here (1: history). False: `out` was full, call again.
  virtual bool on_phase(std::uint64_t /*phase*/, batch<Out>& /*out*/) { return true; }

  /// The stream has finished; not called when it was cancelled or failed. False: `out` was full, call again.
  virtual bool on_end(batch<Out>& /*out*/) { return true; }

  /// The operator has all it needs (`take`): what follows is not asked for, and the stream ends here as finished.
  [[nodiscard]] virtual bool wants_no_more() const { return false; }

  virtual void save(snapshot_writer& /*to*/) const {}
  virtual void load(snapshot_reader& /*from*/) {}
};

} // namespace weir
