// SPDX-License-Identifier: Apache-2.0
//
// latency: what the contestants of the workload `latency` share: rows that know when they were due,
// the clock that makes them due, and percentiles over all of them.
//
// The loop is open: row i is due at start + i * 10 us, whatever became of the rows before it, and
// its latency is counted from then. A stall therefore counts for every row that was due meanwhile.

#pragma once

#include <weir/bench/harness.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace weir::bench {

struct due_row {
  std::int64_t due_ns;
  std::int64_t value;
};

std::int64_t now_ns();

/// Gives the rows of the schedule as they become due.
class schedule {
public:
  static constexpr std::int64_t gap_ns = 10'000; // 100,000 rows a second

  explicit schedule(std::uint64_t rows) : rows_{rows}, start_ns_{now_ns() + 1'000'000} {}
  /// Sleeps until the next row is due, then calls `on_row` for all that are. False: none are left.
  template <class OnRow>
  bool next(OnRow&& on_row) {
    if (given_ == rows_) return false;
    sleep_until_ns(due_ns(given_));
    for (const auto now = now_ns(); given_ < rows_ && due_ns(given_) <= now; ++given_)
      on_row(due_row{due_ns(given_), static_cast<std::int64_t>(given_)});
    return true;
  }

private:
  static void sleep_until_ns(std::int64_t time);
  std::int64_t due_ns(std::uint64_t row) const {
    return start_ns_ + static_cast<std::int64_t>(row) * gap_ns;
  }

  std::uint64_t rows_;
  std::uint64_t given_ = 0;
  std::int64_t start_ns_;
};

/// What happens to a row in the middle of the pipeline.
inline due_row middle_step(due_row row) {
  row.value = row.value * 3 + 1;
  return row;
}

/// The latencies of all rows that arrived.
class arrivals {
public:
  explicit arrivals(std::uint64_t rows) { latencies_ns_.reserve(rows); }
  void add(const due_row& row, std::int64_t now) {
    latencies_ns_.push_back(now - row.due_ns);
    sum_ += static_cast<std::uint64_t>(row.value);
  }
  std::uint64_t rows() const { return latencies_ns_.size(); }
  /// With p50, p99 and the largest as figures, in microseconds.
  outcome result();

private:
  std::vector<std::int64_t> latencies_ns_;
  std::uint64_t sum_ = 0;
};

} // namespace weir::bench
