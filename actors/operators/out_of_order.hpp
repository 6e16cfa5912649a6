// SPDX-License-Identifier: Apache-2.0
//
// out_of_order: how late rows may come, and who is waited for, as written in a pipeline behind the
// time of a row.
//
//   trips | event_time(&trip::pickup, out_of_order(1min).idle_after(30s).max_drift(5min))

#pragma once

#include <weir/actors/operators/watermark_clock.hpp>

namespace weir {

class out_of_order {
public:
  /// Rows may be this much older than the newest row of their partition.
  explicit out_of_order(duration by) : options_{.out_of_order = by} {}

  /// A partition that has been silent for this long, while others were not, is not waited for; nor,
  /// where streams are merged or joined, is a stream in which nothing at all came for this long.
  [[nodiscard]] out_of_order idle_after(duration silence) const {
    out_of_order copy = *this;
    copy.options_.idle_after = silence;
    return copy;
  }
  /// A partition of a topic is not read while it is further ahead of the slowest; 0: the slowest
  /// alone is read.
  [[nodiscard]] out_of_order max_drift(duration ahead) const {
    out_of_order copy = *this;
    copy.options_.max_drift = ahead;
    return copy;
  }
  [[nodiscard]] const event_time_options& options() const noexcept { return options_; }

private:
  event_time_options options_;
};

} // namespace weir
