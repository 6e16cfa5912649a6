// SPDX-License-Identifier: Apache-2.0
//
// memory: what the contestants of the workload `memory` share: 64-byte rows, a receiver that is
// slow, and a watch on the memory the process holds.

#pragma once

#include <weir/bench/harness.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace weir::bench {

struct wide_row {
  std::int64_t number = 0;
  std::int64_t filler[7] = {};
};
static_assert(sizeof(wide_row) == 64);

/// Takes 100,000 rows a second, a hundredth of what a source makes at the least.
class slow_receiver {
public:
  static constexpr std::int64_t rows_per_second = 100'000;

  void take(const wide_row* rows, std::size_t count);
  std::uint64_t rows() const { return rows_; }
  std::uint64_t sum() const { return sum_; }

private:
  std::int64_t start_ns_ = 0;
  std::uint64_t rows_ = 0, sum_ = 0;
};

/// Samples the resident memory ten times a second while it lives.
class memory_watch {
public:
  memory_watch();
  ~memory_watch() { stop(); }
  memory_watch(const memory_watch&) = delete;
  memory_watch& operator=(const memory_watch&) = delete;

  void stop();
  /// Above what the process held at the start: `peak_above_idle_mib`; the largest of the last third
  /// of the time less the largest of the second third: `growth_mib`.
  std::map<std::string, double> figures() const;

private:
  std::uint64_t idle_bytes_;
  std::vector<std::uint64_t> samples_;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
};

} // namespace weir::bench
