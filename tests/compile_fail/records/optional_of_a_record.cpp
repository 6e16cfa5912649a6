// SPDX-License-Identifier: Apache-2.0
// expect: weir: this field's type can't be part of a record
// expect: trip::to

#include <weir/actors/stream/record.hpp>

#include <optional>

struct place {
  int zone;
};
BOOST_DESCRIBE_STRUCT(place, (), (zone))
struct trip {
  place from;
  std::optional<place> to;
};
#ifdef WEIR_EXPECT_OK
BOOST_DESCRIBE_STRUCT(trip, (), (from))
#else
BOOST_DESCRIBE_STRUCT(trip, (), (from, to))
#endif

const auto& table = weir::record_of<trip>();
