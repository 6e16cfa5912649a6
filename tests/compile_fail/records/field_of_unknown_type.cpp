// SPDX-License-Identifier: Apache-2.0
// expect: weir: this field's type can't be part of a record
// expect: trip::stops

#include <weir/actors/stream/record.hpp>

#include <vector>

struct trip {
  double distance;
  std::vector<int> stops;
};
#ifdef WEIR_EXPECT_OK
BOOST_DESCRIBE_STRUCT(trip, (), (distance))
#else
BOOST_DESCRIBE_STRUCT(trip, (), (distance, stops))
#endif

const auto& table = weir::record_of<trip>();
