// SPDX-License-Identifier: Apache-2.0
//
// What does it cost to read CSV files into records? Twelve of eighteen taxi columns, about 100 MB
// from the page cache.
//
// The baseline is a parser for these files alone (bench/hand_csv.hpp): no quotes, the order of
// columns known after the header, numbers by fast_float, dates by their fixed places. It reads
// blocks of 1 MiB and fills batches of 4096 records, one thread.

#include <weir/bench/hand_csv.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/taxi.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_source.hpp>

namespace weir::bench {

namespace {

void prepare(const trial& run) { replicate_taxi_files(run.scratch() / "csv", run.scaled(6)); }

outcome hand(trial& run) {
  const auto files = files_in(run.scratch() / "csv");
  trip_checksum sum;
  run.measure([&] {
    for (const auto& path : files)
      read_trips_by_hand(path, [&](std::span<const taxi_trip> batch) {
        for (const auto& row : batch) sum.add(row);
      });
  });
  return {.items = sum.rows(), .checksum = sum.value()};
}

outcome weir_csv(trial& run) {
  trip_checksum sum;
  const auto add = [&](std::span<const taxi_trip> batch) {
    for (const auto& row : batch) sum.add(row);
  };
  run.measure([&] {
    app graph{"csv"};
    graph.from(weir::csv<taxi_trip>((run.scratch() / "csv" / "*.csv").string()))
        | to(taking_sink<taxi_trip, decltype(add)>{add});
    run_to_end(graph);
  });
  return {.items = sum.rows(), .checksum = sum.value()};
}

const registration csv_entry{{
    .name = "csv",
    .question = "What does it cost to read CSV into records? (12 taxi columns, 100 MB)",
    .contestants = {{"hand", hand}, {"weir", weir_csv}},
    .prepare = prepare,
}};

} // namespace

} // namespace weir::bench
