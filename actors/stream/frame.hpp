// SPDX-License-Identifier: Apache-2.0
//
// frame: what a link carries downwards, in order: batch, watermark, silence, partition's end,
// barrier, phase, and last the end mark.
//
// Only batches cost credit. The end mark says how many rows were sent and why nothing follows; a
// link that ends without one has failed.

#pragma once

#include <weir/actors/stream/batch.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <cstdint>
#include <memory>
#include <variant>

namespace weir {

/// Why a stream ended.
enum class end_cause : std::uint8_t {
  finished,  ///< All rows there ever were.
  cancelled, ///< Stopped before the end, on purpose; everything accepted was delivered.
  failed,    ///< `why` says it.
};

struct batch_frame {
  batch_ptr rows;
  credit cost; ///< Charged by the sender, given back by the receiver.
};
struct watermark_frame {
  timestamp time;
};
/// No row came for so long that nobody is to wait for the link's watermarks, or no longer so. What
/// it has promised still holds. Rows do not end it: those that a clock makes come all the same.
struct silence_frame {
  bool is_silent = true;
};
/// No row of this partition follows on the link; others may go on. A partition without a name
/// stands for all of its source. Nobody need wait for one that is complete; one that was cut short
/// is never over. Passed on in order; not aligned, but counted: partition_ends.hpp.
struct partition_end_frame {
  const partition* of = nullptr;
  bool is_complete = true;
};
struct barrier_frame {
  std::uint64_t number = 0;
};
struct phase_frame {
  std::uint64_t number = 0;
};
struct end_frame {
  end_cause cause = end_cause::finished;
  std::uint64_t rows = 0;
  std::shared_ptr<const error> why; ///< Set when failed.
};

using frame = std::variant<batch_frame, watermark_frame, silence_frame, partition_end_frame,
                           barrier_frame, phase_frame, end_frame>;

} // namespace weir
