// SPDX-License-Identifier: Apache-2.0
//
// rows: the records and row functions of the workload `rows`, the same for all its contestants.

#pragma once

#include <weir/bench/harness.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::bench {

struct small_trip {
  std::int64_t pickup, dropoff; ///< Microseconds.
  double distance, fare, tip, total;
  std::int32_t passengers, from, to, payment;
};
static_assert(sizeof(small_trip) == 64);

struct leg {
  std::int64_t pickup;
  double total, dollars_per_mile, minutes;
  std::int32_t from, to;
};

inline bool is_plausible(const small_trip& row) { return row.distance > 0 && row.fare > 0; }

inline small_trip with_total(small_trip row) {
  row.total = row.fare + row.tip + 0.5;
  return row;
}

inline leg to_leg(const small_trip& row) {
  return {.pickup = row.pickup,
          .total = row.total,
          .dollars_per_mile = row.total / row.distance,
          .minutes = static_cast<double>(row.dropoff - row.pickup) / 60e6,
          .from = row.from,
          .to = row.to};
}

inline bool is_quick(const leg& row) { return row.minutes < 7 && row.from != row.to; }

/// What arrives at the end of the chain, in order.
class leg_sum {
public:
  void add(const leg& row) {
    ++rows_;
    zones_ += static_cast<std::uint64_t>(row.from) * 1000 + static_cast<std::uint64_t>(row.to);
    times_ += static_cast<std::uint64_t>(row.pickup);
    total_ += row.total;
    rate_ += row.dollars_per_mile;
  }
  outcome result(std::uint64_t items) const {
    return {
        .items = items, .checksum = rows_ * 31 + zones_ * 7 + times_, .answers = {total_, rate_}};
  }

private:
  std::uint64_t rows_ = 0, zones_ = 0, times_ = 0;
  double total_ = 0, rate_ = 0;
};

constexpr std::size_t table_rows = 65'536;

/// The same every time.
std::vector<small_trip> make_small_trips();

} // namespace weir::bench
