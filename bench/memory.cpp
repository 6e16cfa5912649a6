// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/latency.hpp>
#include <weir/bench/memory.hpp>
#include <weir/bench/process.hpp>

#include <algorithm>

namespace weir::bench {

void slow_receiver::take(const wide_row* rows, std::size_t count) {
  if (start_ns_ == 0) start_ns_ = now_ns();
  for (std::size_t i = 0; i < count; ++i) sum_ += static_cast<std::uint64_t>(rows[i].number);
  rows_ += count;
  const auto due_ns =
      start_ns_ + static_cast<std::int64_t>(rows_) * (1'000'000'000 / rows_per_second);
  std::this_thread::sleep_for(std::chrono::nanoseconds{due_ns - now_ns()});
}

memory_watch::memory_watch() : idle_bytes_{current_rss_bytes()} {
  samples_.reserve(10'000);
  thread_ = std::thread{[this] {
    while (!stops_.load()) {
      samples_.push_back(current_rss_bytes());
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    samples_.push_back(current_rss_bytes());
  }};
}

void memory_watch::stop() {
  stops_.store(true);
  if (thread_.joinable()) thread_.join();
}

std::map<std::string, double> memory_watch::figures() const {
  const auto mib = [](std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
  const auto third = static_cast<std::ptrdiff_t>(samples_.size() / 3);
  const auto second = samples_.begin() + third, last = second + third;
  const auto largest = [](auto from, auto to) {
    return from == to ? 0 : *std::max_element(from, to);
  };
  return {
      {"peak_above_idle_mib", mib(largest(samples_.begin(), samples_.end())) - mib(idle_bytes_)},
      {"growth_mib", mib(largest(last, samples_.end())) - mib(largest(second, last))}};
}

} // namespace weir::bench
