// SPDX-License-Identifier: Apache-2.0
//
// guide_model: learns the price of a ride from rides that were, then answers rides that come.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/models/ridge.hpp>

#include <optional>
#include <vector>

// [record]
struct ride {
  double miles = 0;
  int zone = 0;
  std::optional<double> price; // what is to be predicted; a live ride has none
};
BOOST_DESCRIBE_STRUCT(ride, (), (miles, zone, price))
// [/record]

/// price = 3 + 2 * miles, and 5 more in zone 1.
std::vector<ride> past_rides() {
  std::vector<ride> rides;
  for (int i = 0; i < 1000; ++i) {
    const double miles = 0.1 * (i % 97);
    rides.push_back({miles, i % 2, 3 + 2 * miles + 5 * (i % 2)});
  }
  return rides;
}

// [main]
int main(int argc, char** argv) {
  weir::app app{"guide_model", argc, argv};
  app.about("Learns the price of a ride from rides that were, then answers rides that come.");
  const std::vector<ride> today{{10, 0, std::nullopt}, {10, 1, std::nullopt}};

  const auto price =
      weir::ridge(weir::features(weir::number(&ride::miles), weir::one_hot(&ride::zone)),
                  weir::label(&ride::price), {.l2 = 0.001});

  auto [answers, reports] =
      app.from(weir::history(weir::memory_rows{past_rides()}).then(weir::memory_rows{today}))
      | weir::learn(price, {.holdout = 0.2});
  answers | weir::map([](const weir::answer<ride>& a) { return a.prediction; })
      | weir::to(weir::console());
  return app.run();
}
// [/main]
