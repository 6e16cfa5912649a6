// SPDX-License-Identifier: Apache-2.0
//
// partition_progress: how far one partition has come in event time, as an event_time sees it.
//
//   partition_progress one{.of = rows.partition, .newest = newest_time};

#pragma once

#include <weir/actors/stream/origin.hpp>
#include <weir/actors/stream/timestamp.hpp>

namespace weir {

struct partition_progress {
  const partition* of = nullptr;
  timestamp newest = timestamp::min(); ///< Of its rows; least of all: it gave none yet.
  bool counts = true;                  ///< Others wait for it.
  bool is_held = false;                ///< It is ahead of those that count by too much.

  [[nodiscard]] bool is_unheard() const noexcept { return newest == timestamp::min(); }
};

} // namespace weir
