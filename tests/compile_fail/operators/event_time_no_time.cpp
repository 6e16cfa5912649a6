// SPDX-License-Identifier: Apache-2.0
// expect: weir: event_time needs a field of type weir::timestamp

#include <weir/actors/operators/event_time.hpp>

#include <optional>

struct trip {
  weir::timestamp pickup;
  std::optional<weir::timestamp> dropoff;
  double distance = 0;
};

#ifdef WEIR_EXPECT_OK
auto bound = weir::event_time(&trip::pickup).bind<trip>();
#else
auto bound = weir::event_time(&trip::distance).bind<trip>();
#endif
