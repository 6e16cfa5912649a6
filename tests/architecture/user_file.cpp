// SPDX-License-Identifier: Apache-2.0
//
// What a user's file looks like: the DSL and one source. user_file_test.py says what it may cost.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_source.hpp>

struct trip {
  double distance;
  int passengers;
};
BOOST_DESCRIBE_STRUCT(trip, (), (distance, passengers))

int main(int argc, char** argv) {
  weir::app app{"long-trips", argc, argv};
  app.from(weir::csv<trip>("trips.csv"))
      | weir::filter([](const trip& t) { return t.distance > 10; })
      | weir::to(weir::csv<trip>("long_trips.csv"));
  return app.run();
}
