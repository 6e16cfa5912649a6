// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: event_time needs a field of type weir::timestamp

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

struct trip {
  weir::timestamp pickup;
  double distance = 0;
};
BOOST_DESCRIBE_STRUCT(trip, (), (pickup, distance))

int main() {
  weir::app app{"test"};
#ifdef WEIR_EXPECT_OK
  app.from(weir::memory_rows<trip>{{}}) | weir::event_time(&trip::pickup)
      | weir::to(weir::discard{});
#else
  app.from(weir::memory_rows<trip>{{}}) | weir::event_time(&trip::distance)
      | weir::to(weir::discard{});
#endif
}
