// SPDX-License-Identifier: Apache-2.0
//
// What do two instances of an operator by key gain on two cores? Five aggregates (mean, deviation,
// quantile sketch, distinct values, the greatest) of each of 1,000 keys in every second.
//
// The baseline is Weir itself with one instance, which already works beside its source: two
// instances must pay for the exchange out of what they gain. Measured is wall time.

#include <weir/actors/operators/agg/distinct.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/mean.hpp>
#include <weir/actors/operators/agg/min_max.hpp>
#include <weir/actors/operators/agg/quantile.hpp>
#include <weir/actors/operators/agg/variance.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/readings.hpp>
#include <weir/dsl/pipeline.hpp>

namespace weir::bench {
namespace {

constexpr std::uint64_t full_rows = 10'000'000;
constexpr std::int64_t keys = 1'000;

struct account {
  double mean = 0;
  double variance = 0;
  double median = 0;
  std::uint64_t values = 0;
  double most = 0;
};
BOOST_DESCRIBE_STRUCT(account, (), (mean, variance, median, values, most))

outcome run_with(trial& run, std::uint32_t instances) {
  const auto table = make_readings(keys);
  const auto rows = run.scaled(full_rows);
  using result_row = windowed<std::int64_t, account>;
  std::uint64_t results = 0, values = 0;
  double means = 0, medians = 0;
  const auto add = [&](std::span<const result_row> given) {
    results += given.size();
    for (const auto& row : given) {
      values += row.value.values;
      means += row.value.mean;
      medians += row.value.median;
    }
  };
  run.measure([&] {
    app graph{"exchange"};
    graph.from(readings_source{table, rows})
        | event_time(&reading::at, out_of_order(std::chrono::seconds{2})) | key_by(&reading::key)
        | window(tumbling(std::chrono::seconds{1}),
                 agg::into<account>(agg::mean(&reading::value), agg::variance(&reading::value),
                                    agg::quantile(&reading::value, 0.5),
                                    agg::distinct(&reading::value), agg::max(&reading::value)))
              .parallel(instances)
        | to(taking_sink<result_row, decltype(add)>{add});
    run_to_end(graph);
  });
  return {.items = rows, .checksum = results * 1'000'003 + values, .answers = {means, medians}};
}

const registration exchange_by_key{{
    .name = "exchange",
    .question = "What do two instances by key gain on two cores? (five aggregates of 1,000 keys)",
    .contestants = {{.name = "weir_1",
                     .run = [](trial& run) { return run_with(run, 1); },
                     .is_baseline = true},
                    {.name = "weir_2", .run = [](trial& run) { return run_with(run, 2); }}},
    .tolerance = 1e-9,
    .by_wall = true,
}};

} // namespace
} // namespace weir::bench
