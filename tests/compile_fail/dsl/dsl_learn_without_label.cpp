// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: learn needs a label: say what is to be predicted

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/models/ridge.hpp>

struct trip {
  double distance = 0;
  double total = 0;
};
BOOST_DESCRIBE_STRUCT(trip, (), (distance, total))

int main() {
  weir::app app{"test"};
  auto what = weir::features(weir::number(&trip::distance));
#ifdef WEIR_EXPECT_OK
  auto fare = weir::ridge(what, weir::label(&trip::total));
#else
  auto fare = weir::ridge(what);
#endif
  auto [answers, reports] = app.from(weir::memory_rows<trip>{{}}) | weir::learn(fare);
  answers | weir::to(weir::discard{});
}
