// SPDX-License-Identifier: Apache-2.0
// expect: weir: into needs as many aggregations as its record has members

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/mean.hpp>

struct day {
  std::uint64_t orders = 0;
  double mean = 0;
};
BOOST_DESCRIBE_STRUCT(day, (), (orders, mean))

#ifdef WEIR_EXPECT_OK
auto both = weir::agg::into<day>(weir::agg::count(), weir::agg::mean());
#else
auto both = weir::agg::into<day>(weir::agg::count());
#endif
