// SPDX-License-Identifier: Apache-2.0
// expect: weir: this member can't take the result of its aggregation
// expect: day::mean

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/mean.hpp>

struct day {
  std::uint64_t orders = 0;
#ifdef WEIR_EXPECT_OK
  double mean = 0;
#else
  float mean = 0; // would lose digits
#endif
};
BOOST_DESCRIBE_STRUCT(day, (), (orders, mean))

auto bound = weir::agg::bind<double>(weir::agg::into<day>(weir::agg::count(), weir::agg::mean()));
