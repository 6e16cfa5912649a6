// SPDX-License-Identifier: Apache-2.0
//
// row_budget: how many rows the sources of a job may still give together (`until_rows`).
//
// A source reserves what it may give in one poll and settles what it gave. That nothing is left to
// reserve does not say that all rows are there: others may give back what they reserved. Threads:
// any.
//
//   const auto granted = budget.reserve(4096);        // 0: later, unless the budget is used up
//   budget.settle(granted, poll(granted));

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace weir {

class row_budget {
public:
  explicit row_budget(std::int64_t rows) noexcept : free_{rows}, to_come_{rows} {}

  /// At most `most` rows; gives how many.
  [[nodiscard]] std::int64_t reserve(std::int64_t most) noexcept {
    auto free = free_.load();
    while (!free_.compare_exchange_weak(free, free - std::min(free, most))) {
    }
    return std::min(free, most);
  }
  /// Of what was reserved so many rows came; the rest is there for others.
  void settle(std::int64_t reserved, std::int64_t came) noexcept {
    to_come_ -= came;
    free_ += reserved - came;
  }
  /// All rows have come.
  [[nodiscard]] bool is_used_up() const noexcept { return to_come_ <= 0; }

private:
  std::atomic<std::int64_t> free_;    // neither reserved nor come
  std::atomic<std::int64_t> to_come_; // not come yet
};

} // namespace weir
