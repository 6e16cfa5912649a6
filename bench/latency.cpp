// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/latency.hpp>

#include <algorithm>
#include <ctime>

namespace weir::bench {

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void schedule::sleep_until_ns(std::int64_t time) {
  const timespec until{.tv_sec = time / 1'000'000'000, .tv_nsec = time % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
  }
}

outcome arrivals::result() {
  std::sort(latencies_ns_.begin(), latencies_ns_.end());
  const auto at = [&](double share) {
    const auto last = static_cast<double>(latencies_ns_.size() - 1);
    return static_cast<double>(latencies_ns_[static_cast<std::size_t>(share * last)]) * 1e-3;
  };
  return {.items = rows(),
          .checksum = sum_,
          .figures = {{"p50_us", at(0.5)}, {"p99_us", at(0.99)}, {"max_us", at(1)}}};
}

} // namespace weir::bench
