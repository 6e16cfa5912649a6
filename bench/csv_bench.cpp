// SPDX-License-Identifier: Apache-2.0
//
// What does it cost to read CSV files into records? Twelve of eighteen taxi columns, about 100 MB
// from the page cache.
//
// The baseline is a parser for these files alone (bench/hand_csv.hpp): no quotes, the order of
// columns known after the header, numbers by fast_float, dates by their fixed places. It reads
// blocks of 1 MiB and fills batches of 4096 records, one thread.
//
// DuckDB, where python3 can import it, reads the same twelve columns with their types given, on one
// thread, and adds each up, so that none is skipped.

#include <weir/bench/hand_csv.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/process.hpp>
#include <weir/bench/taxi.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_source.hpp>

#include <sstream>
#include <stdexcept>

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

constexpr const char* duckdb_script = R"(
import resource, sys, time, duckdb
integers = ['vendor_id', 'passenger_count', 'rate_code_id', 'pickup_location_id',
            'dropoff_location_id', 'payment_type']
numbers = ['trip_distance', 'fare_amount', 'tip_amount', 'total_amount']
times = ['pickup_datetime', 'dropoff_datetime']
kinds = {**dict.fromkeys(integers, 'INTEGER'), **dict.fromkeys(numbers, 'DOUBLE'),
         **dict.fromkeys(times, 'TIMESTAMP')}
with open(sys.argv[2]) as first:
    names = first.readline().strip().split(',')
columns = {name: kinds.get(name, 'VARCHAR') for name in names}
sums = [f'sum({name})' for name in integers + numbers] + [f'max({name})' for name in times]
database = duckdb.connect(config={'threads': 1})
wall, cpu = time.perf_counter(), time.process_time()
rows = database.execute(f'''select count(*), {', '.join(sums)} from read_csv(?, columns = ?,
    auto_detect = false, strict_mode = false, header = true)''',
                        [sys.argv[1], columns]).fetchall()[0][0]
print(rows, time.perf_counter() - wall, time.process_time() - cpu,
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
)";

bool has_duckdb() { return child{{"-c", "import duckdb"}, "python3"}.finish().exit_code == 0; }

outcome peer_duckdb(trial& run) {
  const auto files = files_in(run.scratch() / "csv");
  child reader{{"-c", duckdb_script, (run.scratch() / "csv" / "*.csv").string(), files.front()},
               "python3"};
  std::istringstream said{reader.read_line()};
  outcome result;
  cost spent;
  if (!(said >> result.items >> spent.wall_s >> spent.cpu_s >> spent.peak_rss_bytes))
    throw std::runtime_error{"DuckDB read nothing"};
  run.charge(spent);
  return result;
}

const registration csv_entry{{
    .name = "csv",
    .question = "What does it cost to read CSV into records? (12 taxi columns, 100 MB)",
    .contestants = {{"hand", hand}, {"weir", weir_csv}, {"peer_duckdb", peer_duckdb, has_duckdb}},
    .prepare = prepare,
}};

} // namespace

} // namespace weir::bench
