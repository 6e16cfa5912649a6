// SPDX-License-Identifier: Apache-2.0
//
// taxi_fares: learns from past trips what a taxi ride costs, then answers live ones, in one graph.
//
//   taxi_fares --history 'yellow_*.csv' --live none --json
//   taxi_fares --history 'yellow_*.h5' --live kafka://localhost:9092/taxi-trips

#include <weir/apps/taxi_fares/places.hpp>
#include <weir/apps/taxi_fares/trip.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/models/ridge.hpp>

#include <chrono>

using namespace taxi;
using weir::features, weir::hour_of, weir::label, weir::number, weir::one_hot, weir::ridge,
    weir::weekday_of;

// [main]
int main(int argc, char** argv) {
  weir::app app{"taxi_fares", argc, argv};
  app.about("Learns from past trips what a taxi ride costs, then answers live ones.");
  app.example("--history 'yellow_*.csv' --live none", "learn, and say how well");
  app.example("--load-model fare.model.json --live kafka://localhost:9092/taxi-trips",
              "answer live trips by a model learnt before");
  auto files = app.flag<std::vector<std::string>>("history", {"yellow_*.csv"},
                                                  "CSV or HDF5 files to learn from");
  auto live = app.flag<std::string>(
      "live", "none",
      "kafka://host:port/topic, embedded (a broker in this process), a file, or none");
  auto where =
      app.flag<std::string>("answers", "console", "kafka://host:port/topic, csv:FILE or console");
  auto seed = app.flag<std::uint64_t>("seed", 1, "which trips are held out to judge the model");
  auto split = app.flag<std::string>("export-split", "",
                                     "CSV file of every trip learnt from or held out; empty: none");
  auto past_trips = files_of<trip>("--history", files);
  if (!past_trips) return app.refuse(past_trips.error());
  auto place = answers_to(where);
  if (!place) return app.refuse(place.error());

  auto fare = ridge(features(number(&trip::passengers), number(&trip::distance),
                             one_hot(hour_of(&trip::pickup)), one_hot(weekday_of(&trip::pickup)),
                             one_hot(&trip::from), one_hot(&trip::to)),
                    label(&trip::total), {.l2 = 1.0});

  auto past = weir::history(*past_trips);
  auto source = live == "none" ? app.from(past) : app.from(past.then(live_of(live)));
  auto trips = source.named("trips")
               | weir::event_time(&trip::pickup, weir::out_of_order(std::chrono::minutes{1}))
               | weir::filter(is_plausible).named("plausible");

  auto [answers, reports] =
      trips
      | weir::learn(fare, {.holdout = 0.2, .seed = seed, .export_split = split}).named("fare");
  answers | weir::map(to_quote) | weir::to(*place).named("answers");
  reports | weir::to(weir::console()).named("reports");
  return app.run();
}
// [/main]
