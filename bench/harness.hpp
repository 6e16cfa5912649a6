// SPDX-License-Identifier: Apache-2.0
//
// harness: runs the contestants of a workload against each other and says how fast each was.
//
// A workload is a question ("what does a chain of operators cost?"), its input, and contestants
// that answer it: one or more baselines written by hand (their names begin with `hand`) and Weir's
// (`weir`). Contestants of a round run one after the other, in turned order every other round, so
// that a slow minute of the machine hits all of them. What they computed is compared with the
// baseline's result; a difference fails the run. A contestant is compared with the nearest baseline
// above it in the workload's list.
//
//   const registration sum{{.name = "sum", .question = "What does adding cost?",
//                           .contestants = {{"hand", hand_sum}, {"weir", weir_sum}}}};
//
//   outcome hand_sum(trial& run) {
//     auto rows = make_rows(run.scaled(1'000'000));              // not measured
//     auto total = run.measure([&] { return add_up(rows); });    // wall, CPU of all threads,
//     memory return {.items = rows.size(), .checksum = total};
//   }
//
// Not thread safe: one thread registers, runs and reports.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::bench {

/// What a contestant computed. `checksum` must be equal in all contestants of a group, `answers`
/// within the workload's tolerance; `figures` are shown and reported only (percentiles, sizes).
struct outcome {
  std::uint64_t items = 0;
  std::uint64_t checksum = 0;
  std::vector<double> answers = {};
  std::map<std::string, double> figures = {};
};

/// What one run cost. CPU is that of all threads of the process.
struct cost {
  double wall_s = 0;
  double cpu_s = 0;
  std::uint64_t peak_rss_bytes = 0;
};

/// One run of one contestant: its size, a directory for its files, and the clocks.
class trial {
public:
  trial(double scale, std::filesystem::path scratch);

  /// `full` items at scale 1, never fewer than `at_least`.
  std::uint64_t scaled(std::uint64_t full, std::uint64_t at_least = 1) const;
  double scale() const { return scale_; }
  /// Exists, and is removed after the run of the workload.
  const std::filesystem::path& scratch() const { return scratch_; }

  /// Runs `work` between two readings of the clocks. Once a trial.
  template <class Work>
  auto measure(Work&& work) {
    const meter running{*this};
    return std::forward<Work>(work)();
  }

  /// Replaces what was measured: for work that another process did.
  void charge(const cost& spent);
  const cost& spent() const { return spent_; }

private:
  class meter {
  public:
    explicit meter(trial& owner);
    ~meter();
    meter(const meter&) = delete;
    meter& operator=(const meter&) = delete;

  private:
    trial& owner_;
    double wall_s_;
    double cpu_s_;
  };

  double scale_;
  std::filesystem::path scratch_;
  cost spent_;
};

/// `hand...` is a baseline, `peer...` another system: of that only the items are compared, and it
/// is left out, with a word, where it is not installed.
struct contestant {
  std::string name;
  std::function<outcome(trial&)> run;
  std::function<bool()> is_installed = {};
  /// Others are compared with it although no hand wrote it: Weir in another setting.
  bool is_baseline = false;
};

struct workload {
  std::string name;
  /// What the workload answers, in one sentence.
  std::string question;
  std::vector<contestant> contestants;
  /// Makes input files in the scratch directory before the first round; not measured.
  std::function<void(const trial&)> prepare = {};
  /// Every run in a process of its own: where peak memory is the point.
  bool isolated = false;
  /// Largest relative difference between `answers` of a group.
  double tolerance = 0;
  /// Ratios are of wall time: where the point is to use several cores.
  bool by_wall = false;
  /// Workloads that run for a fixed time need no five rounds.
  int max_rounds = 1'000;
};

/// Adds a workload at start-up; one static object a file.
class registration {
public:
  explicit registration(workload entry);
};

/// All workloads, by name.
const std::vector<workload>& workloads();
/// Null if there is none.
const workload* find_workload(std::string_view name);

struct run_options {
  int rounds = 5;
  double scale = 1;
};

struct spread {
  double min = 0;
  double median = 0;
};

struct contestant_report {
  std::string name;
  std::uint64_t items = 0;
  spread wall_s;
  spread cpu_s;
  /// Items per CPU-second against the baseline's, both at their fastest round; 1 for a baseline.
  double per_core_ratio = 1;
  std::uint64_t peak_rss_bytes = 0;
  /// Median over the rounds.
  std::map<std::string, double> figures = {};
};

struct workload_report {
  std::string name;
  std::vector<contestant_report> contestants = {};
  /// Sentences: who differs from whom, who failed. Empty is what we want.
  std::vector<std::string> problems = {};
};

/// Runs all rounds of `entry`, telling its progress on stderr.
workload_report run_workload(const workload& entry, const run_options& options);

/// One round of one contestant in this process; what `run_workload` starts for isolated workloads.
outcome run_once(const workload& entry, const std::string& contestant, trial& run);

} // namespace weir::bench
