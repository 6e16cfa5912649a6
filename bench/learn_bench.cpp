// SPDX-License-Identifier: Apache-2.0
//
// What does it cost to learn from CSV files: read, filter, split, fit, score the held-out rows? The
// 18 monthly taxi files, each with its rows 50 times (9 million rows, 830 MB), from the page cache;
// and once (180,000 rows).
//
// The baseline is a program for this one job (bench/hand_learn.cpp): it parses only the columns it
// needs, adds up six non-zeros a row, solves by Cholesky, all in one thread. Each run has a process
// of its own, so that peak memory is its own.

#include <weir/bench/harness.hpp>
#include <weir/bench/learn.hpp>
#include <weir/bench/process.hpp>
#include <weir/bench/taxi.hpp>

namespace weir::bench {

namespace {

void prepare(const trial& run) {
  replicate_taxi_files(run.scratch() / "large", run.scaled(50));
  replicate_taxi_files(run.scratch() / "small", 1);
}

/// `learn` is run on the files of one size; what it holds above the idle process is told as well.
template <fit_report (*Learn)(const std::vector<std::filesystem::path>&)>
outcome learn_from(trial& run, const char* size) {
  const auto files = files_in(run.scratch() / size);
  const auto idle = current_rss_bytes();
  const auto fit = run.measure([&] { return Learn(files); });
  const auto above = static_cast<double>(run.spent().peak_rss_bytes) - static_cast<double>(idle);
  return {.items = fit.read,
          .checksum = fit.kept * 31 + fit.held_out,
          .answers = {fit.rmse, fit.mae},
          .figures = {{"above_idle_mib", above / (1 << 20)}, {"rmse", fit.rmse}}};
}

template <fit_report (*Learn)(const std::vector<std::filesystem::path>&)>
std::function<outcome(trial&)> contestant_on(const char* size) {
  return [size](trial& run) { return learn_from<Learn>(run, size); };
}

const registration learn{{
    .name = "learn",
    .question = "What does it cost to learn from CSV files? (read, filter, split, fit, score)",
    .contestants = {{"hand", contestant_on<learn_by_hand>("large")},
                    {"weir", contestant_on<learn_by_weir>("large")},
                    {"hand_small", contestant_on<learn_by_hand>("small")},
                    {"weir_small", contestant_on<learn_by_weir>("small")}},
    .prepare = prepare,
    .isolated = true,
    .tolerance = 1e-6,
}};

} // namespace

} // namespace weir::bench
