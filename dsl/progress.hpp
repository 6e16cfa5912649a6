// SPDX-License-Identifier: Apache-2.0
//
// progress: one line of how far a running job is. A pure function of counters and time; who shows
// it where is the app's.
//
//   taxi-fares 1,204,000 rows, 1.1M rows/s, 42 % done, 3 s left

#pragma once

#include <weir/actors/runtime/metrics.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

namespace weir {

class progress_line {
public:
  explicit progress_line(std::string job) : job_{std::move(job)} {}

  /// The line at `now`, since the start. The rate is that of the time since the last line.
  [[nodiscard]] std::string at(std::chrono::nanoseconds now,
                               const std::deque<actor_counters>& counters);

private:
  std::string job_;
  std::chrono::nanoseconds last_time_{};
  std::uint64_t last_rows_ = 0;
};

} // namespace weir
