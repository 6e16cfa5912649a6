// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/harness.hpp>
#include <weir/bench/process.hpp>
#include <weir/bench/wire.hpp>

#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <stdexcept>

namespace weir::bench {

namespace {

std::vector<workload>& registry() {
  static std::vector<workload> entries;
  return entries;
}

/// A directory below the system's temporary one, removed with everything in it.
class scratch_directory {
public:
  scratch_directory() {
    auto path = (std::filesystem::temp_directory_path() / "weir_bench-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr)
      throw std::runtime_error{"cannot make a temporary directory like '" + path + "'"};
    path_ = path;
  }
  ~scratch_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

struct sample {
  cost spent;
  outcome result;
};

sample run_isolated(const workload& entry, const std::string& name, const trial& run) {
  child process{{"round", entry.name, name, "--scale", fmt::format("{}", run.scale()), "--scratch",
                 run.scratch().string()}};
  const auto text = process.read_all();
  if (const auto usage = process.finish(); usage.exit_code != 0)
    throw std::runtime_error{fmt::format("its process ended with {}", usage.exit_code)};
  sample result;
  parse_round(text, result.spent, result.result);
  return result;
}

sample run_here(const workload& entry, const std::string& name, trial& run) {
  sample result;
  result.result = run_once(entry, name, run);
  result.spent = run.spent();
  return result;
}

template <class Field>
spread spread_of(const std::vector<sample>& samples, Field field) {
  std::vector<double> values;
  for (const auto& each : samples) values.push_back(field(each));
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return {values.front(),
          values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2};
}

bool is_baseline(const contestant& who) { return who.is_baseline || who.name.starts_with("hand"); }

bool is_peer(const std::string& name) { return name.starts_with("peer"); }

/// The sentence that says how `mine` differs from `baseline`, or nothing.
std::string difference(const outcome& mine, const outcome& baseline, double tolerance) {
  if (mine.items != baseline.items)
    return fmt::format("{} items instead of {}", mine.items, baseline.items);
  if (mine.checksum != baseline.checksum)
    return fmt::format("checksum {:016x} instead of {:016x}", mine.checksum, baseline.checksum);
  if (mine.answers.size() != baseline.answers.size())
    return fmt::format("{} answers instead of {}", mine.answers.size(), baseline.answers.size());
  for (std::size_t i = 0; i < mine.answers.size(); ++i) {
    const double off = std::abs(mine.answers[i] - baseline.answers[i]);
    if (!(off <= tolerance * std::max(1.0, std::abs(baseline.answers[i]))))
      return fmt::format("answer {} is {:.12g} instead of {:.12g}", i, mine.answers[i],
                         baseline.answers[i]);
  }
  return {};
}

contestant_report summary_of(const std::string& name, const std::vector<sample>& samples) {
  contestant_report report{
      .name = name, .items = samples.front().result.items, .wall_s = {}, .cpu_s = {}};
  report.wall_s = spread_of(samples, [](const sample& each) { return each.spent.wall_s; });
  report.cpu_s = spread_of(samples, [](const sample& each) { return each.spent.cpu_s; });
  for (const auto& each : samples)
    report.peak_rss_bytes = std::max(report.peak_rss_bytes, each.spent.peak_rss_bytes);
  for (const auto& [figure, ignored] : samples.front().result.figures)
    report.figures[figure] = spread_of(samples, [&key = figure](const sample& each) {
                               return each.result.figures.at(key);
                             }).median;
  return report;
}

/// Items a second, of CPU or of wall time, in the fastest round.
double speed_of(const contestant_report& report, bool by_wall) {
  const double seconds = by_wall ? report.wall_s.min : report.cpu_s.min;
  return seconds > 0 ? static_cast<double>(report.items) / seconds : 0;
}

/// Reports and compares everybody who ran; `samples` is parallel to the contestants.
void conclude(const workload& entry, const std::vector<std::vector<sample>>& samples,
              workload_report& report) {
  const std::vector<sample>* baseline = nullptr;
  double baseline_speed = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i].empty()) continue;
    auto summary = summary_of(entry.contestants[i].name, samples[i]);
    if (is_baseline(entry.contestants[i])) {
      baseline = &samples[i];
      baseline_speed = speed_of(summary, entry.by_wall);
    }
    if (baseline != nullptr && baseline_speed > 0)
      summary.per_core_ratio = speed_of(summary, entry.by_wall) / baseline_speed;
    for (const auto& each : samples[i])
      if (baseline == nullptr) {
        report.problems.push_back(fmt::format("{}/{}: no baseline ran", entry.name, summary.name));
        break;
      } else if (auto off =
                     is_peer(summary.name)
                         ? difference({.items = each.result.items},
                                      {.items = baseline->front().result.items}, 0)
                         : difference(each.result, baseline->front().result, entry.tolerance);
                 !off.empty()) {
        report.problems.push_back(fmt::format("{}/{}: {}", entry.name, summary.name, off));
        break;
      }
    report.contestants.push_back(std::move(summary));
  }
}

} // namespace

trial::trial(double scale, std::filesystem::path scratch)
    : scale_{scale}, scratch_{std::move(scratch)} {}

std::uint64_t trial::scaled(std::uint64_t full, std::uint64_t at_least) const {
  return std::max(at_least,
                  static_cast<std::uint64_t>(std::llround(static_cast<double>(full) * scale_)));
}

void trial::charge(const cost& spent) { spent_ = spent; }

trial::meter::meter(trial& owner) : owner_{owner} {
  malloc_trim(0); // what earlier contestants freed is not this one's memory
  static const bool resets = reset_peak_rss();
  if (resets)
    reset_peak_rss();
  else
    std::fputs("peak memory can't be reset here: figures are those of the process so far\n",
               stderr);
  cpu_s_ = cpu_seconds();
  wall_s_ = wall_seconds();
}

trial::meter::~meter() {
  const double wall = wall_seconds();
  const double cpu = cpu_seconds();
  owner_.spent_ = {
      .wall_s = wall - wall_s_, .cpu_s = cpu - cpu_s_, .peak_rss_bytes = peak_rss_bytes()};
}

registration::registration(workload entry) {
  auto& entries = registry();
  const auto after = std::find_if(entries.begin(), entries.end(),
                                  [&](const workload& other) { return other.name > entry.name; });
  entries.insert(after, std::move(entry));
}

const std::vector<workload>& workloads() { return registry(); }

const workload* find_workload(std::string_view name) {
  for (const auto& entry : registry())
    if (entry.name == name) return &entry;
  return nullptr;
}

outcome run_once(const workload& entry, const std::string& name, trial& run) {
  for (const auto& each : entry.contestants)
    if (each.name == name) return each.run(run);
  throw std::runtime_error{"workload '" + entry.name + "' has no contestant '" + name + "'"};
}

workload_report run_workload(const workload& entry, const run_options& options) {
  workload_report report{.name = entry.name};
  const scratch_directory scratch;
  trial preparing{options.scale, scratch.path()};
  if (entry.prepare) {
    fmt::print(stderr, "{}: preparing\n", entry.name);
    entry.prepare(preparing);
  }
  std::vector<std::vector<sample>> samples(entry.contestants.size());
  std::vector<std::size_t> order(entry.contestants.size());
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](std::size_t index) {
    const auto& each = entry.contestants[index];
    const bool is_missing = each.is_installed && !each.is_installed();
    if (is_missing)
      fmt::print(stderr, "{}: {} is not installed: left out\n", entry.name, each.name);
    return is_missing;
  });
  const int rounds = std::min(options.rounds, entry.max_rounds);
  for (int round = 1; round <= rounds; ++round) {
    for (const auto index : order) {
      const auto& name = entry.contestants[index].name;
      fmt::print(stderr, "{}: round {} of {}, {}\n", entry.name, round, rounds, name);
      try {
        trial run{options.scale, scratch.path()};
        samples[index].push_back(entry.isolated ? run_isolated(entry, name, run)
                                                : run_here(entry, name, run));
      } catch (const std::exception& failed) {
        report.problems.push_back(fmt::format("{}/{}: {}", entry.name, name, failed.what()));
      }
    }
    std::reverse(order.begin(), order.end());
  }
  conclude(entry, samples, report);
  return report;
}

} // namespace weir::bench
