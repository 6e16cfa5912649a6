// SPDX-License-Identifier: Apache-2.0
//
// What does it cost to start, pass three rows and end? From exec to exit, this program's own
// libraries included in both contestants.
//
// The baseline is a loop over three rows.

#include <weir/bench/harness.hpp>
#include <weir/bench/helper.hpp>
#include <weir/bench/process.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace weir::bench {

namespace {

const helper_registration three_by_hand{"three_by_hand", [](const std::vector<std::string>&) {
                                          int sum = 0;
                                          for (const int row : {1, 2, 3}) sum += row * 2;
                                          fmt::print("{} {}\n", sum, peak_rss_bytes());
                                          return 0;
                                        }};

const helper_registration three_by_weir{"three_by_weir", [](const std::vector<std::string>&) {
                                          int sum = 0;
                                          const auto add = [&](std::span<const int> rows) {
                                            for (const int row : rows) sum += row;
                                          };
                                          app graph{"startup"};
                                          graph.from(memory_rows<int>{{1, 2, 3}})
                                              | map([](int row) { return row * 2; })
                                              | to(taking_sink<int, decltype(add)>{add});
                                          run_to_end(graph);
                                          fmt::print("{} {}\n", sum, peak_rss_bytes());
                                          return 0;
                                        }};

/// Starts a helper that prints a sum, and takes its costs from exec to exit as those of the run.
outcome start(trial& run, const std::string& helper) {
  child process{{"helper", helper}};
  const auto line = process.read_line(); // "sum peak": the kernel's figure for a child counts ours
  const auto usage = process.finish();
  if (usage.exit_code != 0)
    throw std::runtime_error{fmt::format("the program ended with {}", usage.exit_code)};
  run.charge({.wall_s = usage.wall_s,
              .cpu_s = usage.cpu_s,
              .peak_rss_bytes = std::stoull(line.substr(line.find(' ') + 1))});
  return {.items = 3, .checksum = std::stoull(line)};
}

const registration startup{{
    .name = "startup",
    .question = "What does it cost to start, pass three rows and end?",
    .contestants = {{"hand", [](trial& run) { return start(run, "three_by_hand"); }},
                    {"weir", [](trial& run) { return start(run, "three_by_weir"); }}},
}};

} // namespace

} // namespace weir::bench
