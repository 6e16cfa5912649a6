// SPDX-License-Identifier: Apache-2.0
//
// wall_clock: the time of day, for streams whose rows have no time of their own; a parameter, so
// that tests can play time. rising_clock reads one and never goes back, also when the machine's
// clock is set back: what it gave is what watermarks have promised.
//
//   rising_clock clock{system_time};
//   auto time = clock.now();

#pragma once

#include <weir/actors/operators/told_count.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace weir {

/// Any thread.
using wall_clock = std::function<timestamp()>;

[[nodiscard]] inline timestamp system_time() {
  return std::chrono::floor<duration>(std::chrono::system_clock::now());
}

class rising_clock {
public:
  explicit rising_clock(wall_clock from) : from_{std::move(from)} {}

  /// Not before what it gave last.
  [[nodiscard]] timestamp now() { return last_ = std::max(last_, from_()); }
  [[nodiscard]] timestamp last() const noexcept { return last_; }
  /// It gave this one before, in a run that is resumed.
  void resume(timestamp last) noexcept { last_ = last; }

private:
  wall_clock from_;
  timestamp last_ = timestamp::min();
};

/// What `processing_time` and `ingestion_time` may be told.
struct clock_time_options {
  duration watermark_every = std::chrono::milliseconds{100}; ///< How often watermarks follow.
};
BOOST_DESCRIBE_STRUCT(clock_time_options, (), (watermark_every))

[[nodiscard]] inline result<void> check(const clock_time_options& options) {
  const auto told = "watermark_every is " + to_string(options.watermark_every);
  if (options.watermark_every <= duration{0})
    return error{errc::config, told + "; it must be above 0"};
  if (options.watermark_every > longest_told_wait)
    return error{errc::config, told + "; it is " + to_string(longest_told_wait) + " at most"};
  return {};
}

} // namespace weir
