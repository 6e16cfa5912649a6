// SPDX-License-Identifier: Apache-2.0
//
// late_rows: which rows of one partition are late because of those before them. Pure arithmetic on
// their times, in the order in which they came; event_time cuts batches by it.
//
//   late_search how{.own = own, .began_at = own, .out_of_order = 5s};
//   auto [rows, has_late] = find_late(times, count, range, how);

#pragma once

#include <weir/actors/operators/instruction_set.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <cstddef>

namespace weir {

struct time_range {
  timestamp oldest = timestamp::max();
  timestamp newest = timestamp::min();

  void include(timestamp time) noexcept {
    oldest = std::min(oldest, time);
    newest = std::max(newest, time);
  }
};

/// What a row of this time promises for its partition; never before the least time there is.
[[nodiscard]] constexpr timestamp moved_back(timestamp time, duration out_of_order) noexcept {
  return time < timestamp::min() + out_of_order ? timestamp::min() : time - out_of_order;
}

/// What is known before the first of the rows.
struct late_search {
  timestamp promised = timestamp::min(); ///< By the batch that they go to, for what follows it.
  timestamp own = timestamp::min();      ///< By their partition,
  timestamp began_at = timestamp::min(); ///< and when that batch began.
  duration out_of_order{0};
};
struct late_found {
  std::size_t rows; ///< That may go to the batch; the next is late by what came since it began.
  bool has_late;    ///< Some of them are late by what was promised when it began.
};

namespace detail {

struct late_loop {
  static constexpr std::size_t block_rows = 32;

  /// Looks closely only at blocks in which a row may be late: one before `bound`.
  template <instruction_set>
  [[gnu::always_inline]] static late_found run(const timestamp* times, std::size_t rows,
                                               const late_search* how, timestamp bound) {
    auto own = how->own;
    bool has_late = false;
    for (std::size_t i = 0; i < rows;) {
      const auto end = std::min(rows, i + block_rows);
      time_range block;
      for (auto row = i; row < end; ++row) block.include(times[row]);
      if (block.oldest < bound)
        for (; i < end; ++i) {
          if (times[i] < how->promised || (times[i] < own && own != how->began_at))
            return {i, has_late};
          has_late |= times[i] < own;
          own = std::max(own, moved_back(times[i], how->out_of_order));
        }
      own = std::max(own, moved_back(block.newest, how->out_of_order));
      i = end;
    }
    return {rows, has_late};
  }
};

} // namespace detail

/// `all`: the range of their times.
[[nodiscard]] inline late_found find_late(const timestamp* times, std::size_t rows, time_range all,
                                          const late_search& how) {
  const auto bound = std::max({how.promised, how.own, moved_back(all.newest, how.out_of_order)});
  if (all.oldest >= bound) return {rows, false};
  return run_wide<detail::late_loop>(times, rows, &how, bound);
}

} // namespace weir
