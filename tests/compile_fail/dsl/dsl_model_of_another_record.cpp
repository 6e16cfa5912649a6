// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: this model is made for another record than the stream has

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/models/ridge.hpp>

struct trip {
  double distance = 0;
  double total = 0;
};
BOOST_DESCRIBE_STRUCT(trip, (), (distance, total))

struct flight {
  double height = 0;
};
BOOST_DESCRIBE_STRUCT(flight, (), (height))

int main() {
  weir::app app{"test"};
  auto fare = weir::ridge(weir::features(weir::number(&trip::distance)), weir::label(&trip::total));
#ifdef WEIR_EXPECT_OK
  auto [answers, reports] = app.from(weir::memory_rows<trip>{{}}) | weir::learn(fare);
#else
  auto [answers, reports] = app.from(weir::memory_rows<flight>{{}}) | weir::learn(fare);
#endif
  reports | weir::to(weir::discard{});
}
