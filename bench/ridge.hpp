// SPDX-License-Identifier: Apache-2.0
//
// ridge: the rows of the workload `ridge`, the same for all its contestants.

#pragma once

#include <weir/actors/stream/record.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <boost/describe.hpp>

#include <cstddef>
#include <vector>

namespace weir::bench {

constexpr std::size_t dense_columns = 20;
constexpr int zones = 230;
/// A whole number of blocks of 4096.
constexpr std::size_t ridge_table_rows = 65'536;

/// Twenty numbers and a label, one after the other without gaps.
struct dense_row {
  double x00, x01, x02, x03, x04, x05, x06, x07, x08, x09;
  double x10, x11, x12, x13, x14, x15, x16, x17, x18, x19;
  double label;
};
BOOST_DESCRIBE_STRUCT(dense_row, (),
                      (x00, x01, x02, x03, x04, x05, x06, x07, x08, x09, x10, x11, x12, x13, x14,
                       x15, x16, x17, x18, x19, label))
static_assert(sizeof(dense_row) == (dense_columns + 1) * sizeof(double));

/// About 500 columns: distance, passengers, 24 hours, 7 weekdays, two times 230 zones.
struct ridge_trip {
  timestamp pickup;
  double distance, total;
  int passengers, from, to;
};
BOOST_DESCRIBE_STRUCT(ridge_trip, (), (pickup, distance, total, passengers, from, to))

/// The same every time.
std::vector<dense_row> make_dense_rows();
std::vector<ridge_trip> make_ridge_trips();

} // namespace weir::bench
