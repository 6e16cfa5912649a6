// SPDX-License-Identifier: Apache-2.0
//
// weir_bench: Weir against programs written by hand for the same work, on this machine.

#include <weir/bench/harness.hpp>
#include <weir/bench/helper.hpp>
#include <weir/bench/wire.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>

using namespace weir::bench;

namespace {

constexpr int ok = 0, failed = 1, usage = 2;

int list() {
  for (const auto& entry : workloads()) {
    fmt::print("{:<10} {}\n", entry.name, entry.question);
    for (const auto& each : entry.contestants) fmt::print("{:<10}   {}\n", "", each.name);
  }
  return ok;
}

void write_json(const std::string& path, const std::string& text) {
  if (path == "-") {
    fmt::print("{}\n", text);
    return;
  }
  std::ofstream file{path};
  file << text << '\n';
  file.close();
  if (!file)
    throw std::runtime_error{"cannot write '" + path
                             + "': choose a file in a directory that exists"};
}

int run(const std::vector<std::string>& names, const std::string& json,
        const run_options& options) {
  std::vector<const workload*> chosen;
  for (const auto& name : names) {
    chosen.push_back(find_workload(name));
    if (chosen.back() == nullptr) {
      fmt::print(stderr, "there is no workload '{}'; `weir_bench list` names them\n", name);
      return usage;
    }
  }
  if (chosen.empty())
    for (const auto& entry : workloads()) chosen.push_back(&entry);
  std::vector<workload_report> reports;
  bool agreed = true;
  for (const auto* entry : chosen) {
    reports.push_back(run_workload(*entry, options));
    for (const auto& problem : reports.back().problems) {
      fmt::print(stderr, "error: {}\n", problem);
      agreed = false;
    }
  }
  fmt::print(json == "-" ? stderr : stdout, "{}", format_table(reports));
  if (!json.empty()) write_json(json, format_json(reports));
  return agreed ? ok : failed;
}

int round(const std::string& name, const std::string& contestant, double scale,
          const std::string& scratch) {
  const auto* entry = find_workload(name);
  if (entry == nullptr) return usage;
  trial run{scale, scratch};
  const auto result = run_once(*entry, contestant, run);
  fmt::print("{}\n", format_round(run.spent(), result));
  return ok;
}

int help_out(const std::vector<std::string>& words) {
  const auto* found = find_helper(words.front());
  return found == nullptr ? usage : (*found)({words.begin() + 1, words.end()});
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures Weir against programs written by hand for the same work, in the same "
               "process, in turns.",
               "weir_bench"};
  app.require_subcommand(1);
  app.footer("Examples:\n"
             "  weir_bench list\n"
             "  weir_bench run                                everything, five rounds each\n"
             "  weir_bench run operators rows --rounds 3\n"
             "  weir_bench run csv --scale 0.1 --json csv.json\n\n"
             "Input is made from the taxi files in the directory WEIR_DATA names, or else from the "
             "samples that come\n"
             "with Weir. Exit codes: 0 ok, 1 a run failed or results differ, 2 wrong usage.");

  app.add_subcommand("list", "Name the workloads, what each answers, and who takes part");

  auto* run_command = app.add_subcommand("run", "Run workloads (all of them if none is named)");
  std::vector<std::string> names;
  std::string json;
  run_options options;
  run_command->add_option("workload", names, "Names as `weir_bench list` shows them");
  run_command
      ->add_option("--json", json, "Write the report as JSON to FILE; without FILE to stdout")
      ->expected(0, 1)
      ->default_str("-")
      ->type_name("FILE");
  run_command->add_option("--rounds", options.rounds, "How often each contestant runs")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  run_command
      ->add_option("--scale", options.scale, "Size of the input; 1 is what bench/README.md reports")
      ->check(CLI::Range(1e-6, 1e3))
      ->capture_default_str();

  auto* round_command =
      app.add_subcommand("round", "One run of one contestant, for profilers and for `run` itself");
  std::string workload_name, contestant_name, scratch = ".";
  round_command->add_option("workload", workload_name)->required();
  round_command->add_option("contestant", contestant_name)->required();
  round_command->add_option("--scale", options.scale);
  round_command->add_option("--scratch", scratch, "Where the workload's input files are");

  auto* helper_command =
      app.add_subcommand("helper", "A process that `run` starts, such as the broker")->group("");
  std::vector<std::string> words;
  helper_command->add_option("words", words)->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? ok : usage;
  }
  try {
    if (*run_command) return run(names, json, options);
    if (*round_command) return round(workload_name, contestant_name, options.scale, scratch);
    if (*helper_command) return help_out(words);
    return list();
  } catch (const std::exception& wrong) {
    fmt::print(stderr, "error: {}\n", wrong.what());
    return failed;
  }
}
