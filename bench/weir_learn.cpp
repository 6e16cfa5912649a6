// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/learn.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/learn.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/models/ridge.hpp>

#include <string>

namespace weir::bench {

namespace {

struct fare_trip {
  timestamp pickup;
  double distance = 0;
  std::optional<int> passengers;
  int from = 0, to = 0;
  double total = 0;
};
BOOST_DESCRIBE_STRUCT(fare_trip, (), (pickup, distance, passengers, from, to, total))
auto aliases(of<fare_trip>) {
  return alias_list<fare_trip>{
      {&fare_trip::pickup, {"pickup_datetime", "tpep_pickup_datetime"}},
      {&fare_trip::distance, {"trip_distance"}},
      {&fare_trip::passengers, {"passenger_count"}},
      {&fare_trip::from, {"pickup_location_id", "PULocationID"}},
      {&fare_trip::to, {"dropoff_location_id", "DOLocationID"}},
      {&fare_trip::total, {"total_amount"}},
  };
}

} // namespace

fit_report learn_by_weir(const std::vector<std::filesystem::path>& files) {
  app graph{"learn"};
  const auto fare =
      ridge(features(number(&fare_trip::distance), number(&fare_trip::passengers),
                     one_hot(hour_of(&fare_trip::pickup)), one_hot(weekday_of(&fare_trip::pickup)),
                     one_hot(&fare_trip::from), one_hot(&fare_trip::to)),
            label(&fare_trip::total), {.l2 = learn_l2});
  auto [answers, reports] =
      graph.from(csv<fare_trip>((files.front().parent_path() / "*.csv").string()))
      | filter([](const fare_trip& t) { return is_kept(t.distance, t.passengers, t.total); })
      | learn(fare, {.holdout = learn_holdout, .seed = learn_seed});
  answers | to(discard());
  reports | to(discard());
  auto running = graph.start();
  if (!running) throw std::runtime_error{running.error().message};
  if (const auto ended = running->wait(); ended.state != job_state::finished)
    throw std::runtime_error{ended.cause ? ended.cause->message : "the job was stopped"};
  const auto report = running->reports().at(0);
  std::uint64_t read = 0;
  for (const auto& actor : running->counters())
    if (actor.role == actor_role::source) read += actor.rows_out.get();
  return {.read = read,
          .kept = report.trained_rows + report.holdout_rows,
          .held_out = report.holdout_rows,
          .rmse = report.rmse,
          .mae = report.mae};
}

} // namespace weir::bench
