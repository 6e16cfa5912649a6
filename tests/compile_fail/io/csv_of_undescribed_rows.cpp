// SPDX-License-Identifier: Apache-2.0
//
// only: weir: csv writes records: describe the row's struct with BOOST_DESCRIBE_STRUCT

#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_sink.hpp>
#include <weir/io/memory_source.hpp>

struct trip {
  double distance = 0;
};
#ifdef WEIR_EXPECT_OK
BOOST_DESCRIBE_STRUCT(trip, (), (distance))
#endif

int main() {
  weir::app app{"test"};
  app.from(weir::memory_source<trip>{}) | weir::to(weir::csv("trips.csv"));
}
