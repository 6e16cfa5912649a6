// SPDX-License-Identifier: Apache-2.0
//
// ridge: the rows of the workload `ridge`, the same for all its contestants.

#pragma once

#include <weir/actors/stream/timestamp.hpp>

#include <array>
#include <cstddef>
#include <vector>

namespace weir::bench {

constexpr std::size_t dense_columns = 20;
constexpr int zones = 230;
/// A whole number of blocks of 4096.
constexpr std::size_t ridge_table_rows = 65'536;

struct dense_row {
  std::array<double, dense_columns> x;
  double label;
};

/// About 500 columns: distance, passengers, 24 hours, 7 weekdays, two times 230 zones.
struct ridge_trip {
  timestamp pickup;
  double distance, total;
  int passengers, from, to;
};

/// The same every time.
std::vector<dense_row> make_dense_rows();
std::vector<ridge_trip> make_ridge_trips();

} // namespace weir::bench
