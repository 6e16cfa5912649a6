// SPDX-License-Identifier: Apache-2.0
//
// The graph of a model, which learns, answers and is fitted again, under seeded interleavings.

#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/models/ridge.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace weir {
namespace {

using testing::for_each_seed;

struct ride {
  double distance = 0;
  std::optional<double> total;
};
BOOST_DESCRIBE_STRUCT(ride, (), (distance, total))

std::vector<ride> rides(int count, double fare) {
  std::vector<ride> all;
  for (int i = 0; i < count; ++i) all.push_back({0.1 * (i % 97), 3 + fare * 0.1 * (i % 97)});
  return all;
}

/// What came of one run.
struct outcome {
  job_summary ended;
  std::vector<answer<ride>> answers;
  std::vector<model_report> reports;
};

/// History of 3,000 rides, then 2,000 live ones at another fare.
outcome run(std::uint32_t seed, learn_options how, bool asks_again) {
  app program{"test"};
  memory_sink<answer<ride>> out;
  memory_sink<model_report> judged;
  auto [answers, reports] =
      program.from(history(memory_rows{rides(3000, 2)}).then(memory_rows{rides(2000, 4)}))
      | learn(ridge(features(number(&ride::distance)), label(&ride::total), {.l2 = 0}), how);
  answers | to(out);
  reports | to(judged);
  auto planned = program.plan();
  if (!planned) throw std::runtime_error{planned.error().message};
  job_options options;
  options.commit_every = std::chrono::milliseconds{2};
  testing::seeded_job job{seed, planned->what, options};
  if (asks_again) job.may_happen([&] { job.refit(); });
  auto ended = job.run();
  EXPECT_TRUE(ended) << "the job hangs";
  return {ended.value_or(job_summary{}), out.rows(), judged.rows()};
}

TEST(LearnSeedsTest, AnswersAllLiveRowsByTheModelOfTheHistory) {
  for_each_seed([](std::uint32_t seed) {
    const auto got = run(seed, {.learners = 1 + seed % 3, .predictors = 1 + seed % 2}, true);
    ASSERT_EQ(got.ended.state, job_state::finished);
    ASSERT_EQ(got.answers.size(), 2000U);
    for (const auto& each : got.answers) {
      ASSERT_EQ(each.model_version, 1U);
      ASSERT_NEAR(each.prediction, 3 + 2 * each.row.distance, 1e-9);
    }
    ASSERT_EQ(got.reports.size(), 1U);
    EXPECT_EQ(got.reports[0].trained_rows + got.reports[0].holdout_rows, 3000U);
  });
}

TEST(LearnSeedsTest, KeepsLearningWithoutLosingARow) {
  for_each_seed([](std::uint32_t seed) {
    const auto got = run(
        seed, {.learners = 1 + seed % 3, .predictors = 1 + seed % 2, .keep_learning = true}, true);
    ASSERT_EQ(got.ended.state, job_state::finished);
    ASSERT_EQ(got.answers.size(), 2000U);
    ASSERT_GE(got.reports.size(), 2U) << "behind the history, and at the end";
    for (std::size_t i = 0; i < got.reports.size(); ++i) {
      EXPECT_EQ(got.reports[i].version, i + 1);
      const auto rows = got.reports[i].trained_rows + got.reports[i].holdout_rows;
      EXPECT_GE(rows,
                i == 0 ? 3000U : got.reports[i - 1].trained_rows + got.reports[i - 1].holdout_rows);
    }
    EXPECT_EQ(got.reports.front().trained_rows + got.reports.front().holdout_rows, 3000U);
    EXPECT_EQ(got.reports.back().trained_rows + got.reports.back().holdout_rows, 5000U);
    // An answer is what the version it names gives; those of one predictor never go back.
    EXPECT_TRUE(seed % 2 != 0
                || std::ranges::is_sorted(got.answers, {}, &answer<ride>::model_version));
    for (const auto& each : got.answers) {
      ASSERT_GE(each.model_version, 1U);
      ASSERT_LE(each.model_version, got.reports.size());
      if (each.model_version > 1) continue;
      ASSERT_NEAR(each.prediction, 3 + 2 * each.row.distance, 1e-9);
    }
  });
}

} // namespace
} // namespace weir
