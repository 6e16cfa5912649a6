// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/models/linear.hpp>
#include <weir/models/model_file.hpp>
#include <weir/models/ridge.hpp>

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

struct ride {
  double distance = 0;
  std::optional<double> total;
};
BOOST_DESCRIBE_STRUCT(ride, (), (distance, total))

/// total = 3 + 2 * distance
std::vector<ride> rides(int count) {
  std::vector<ride> all;
  for (int i = 0; i < count; ++i) {
    const double distance = 0.1 * (i % 97);
    all.push_back({distance, 3 + 2 * distance});
  }
  return all;
}

auto fare_model() {
  return ridge(features(number(&ride::distance)), label(&ride::total), {.l2 = 0.0});
}

/// What a run says on stderr, and its exit code.
std::pair<int, std::string> run_of(app& program) {
  testing::internal::CaptureStderr();
  const int code = program.run();
  return {code, testing::internal::GetCapturedStderr()};
}

class LearnRunTest : public testing::TestWithParam<std::uint32_t> {};

TEST_P(LearnRunTest, LearnsFromHistoryAndAnswersWhatFollows) {
  app program{"test"};
  memory_source<ride> live;
  memory_sink<answer<ride>> out;
  memory_sink<model_report> judged;
  auto [answers, reports] =
      program.from(history(memory_rows{rides(20'000)}).then(live))
      | learn(fare_model(), {.holdout = 0.2, .learners = GetParam(), .predictors = GetParam()});
  answers | to(out);
  reports | to(judged);
  auto running = program.start();
  ASSERT_TRUE(running) << running.error().message;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(live.push({0.5 * i, std::nullopt}));
  live.close();
  const auto ended = running->wait();
  ASSERT_EQ(ended.state, job_state::finished) << (ended.cause ? ended.cause->message : "");

  ASSERT_EQ(out.count(), 100U); // history is not answered
  for (const auto& each : out.rows()) {
    EXPECT_NEAR(each.prediction, 3 + 2 * each.row.distance, 1e-9);
    EXPECT_EQ(each.model_version, 1U);
  }
  ASSERT_EQ(judged.count(), 1U);
  const auto report = judged.rows().front();
  EXPECT_EQ(report.trained_rows + report.holdout_rows, 20'000U);
  EXPECT_NEAR(static_cast<double>(report.holdout_rows), 4'000, 300);
  EXPECT_LT(report.rmse, 1e-9);
  ASSERT_EQ(running->reports().size(), 1U);
  EXPECT_EQ(running->reports().front().trained_rows, report.trained_rows);
}

INSTANTIATE_TEST_SUITE_P(OneOrSeveral, LearnRunTest, testing::Values(1U, 3U));

/// Learns from 1,000 rides, gets 100 more at another fare, is asked for a fit, gets a last one;
/// gives the answers and the reports.
struct refitted {
  std::vector<answer<ride>> answers;
  std::vector<model_report> reports;
};
refitted refit_while_running(learn_options how) {
  app program{"test"};
  program.set("commit-every", "5ms");
  memory_source<ride> live;
  memory_sink<answer<ride>> out;
  memory_sink<model_report> judged;
  auto [answers, reports] =
      program.from(history(memory_rows{rides(1'000)}).then(live)) | learn(fare_model(), how);
  answers | to(out);
  reports | to(judged);
  auto running = program.start();
  if (!running) throw std::runtime_error{running.error().message};
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(live.push({0.1 * i, 30 + 0.2 * i}));
  EXPECT_TRUE(out.wait_for(100, 20s));
  running->refit();
  EXPECT_TRUE(judged.wait_for(how.keep_learning ? 2 : 1, 20s));
  EXPECT_TRUE(live.push({5, std::nullopt}));
  EXPECT_TRUE(out.wait_for(101, 20s));
  live.close();
  EXPECT_EQ(running->wait().state, job_state::finished);
  return {out.rows(), judged.rows()};
}

TEST(RefitTest, FitsWhatIsKnownWhenAskedAndAnswersWithItFromThatMarkOn) {
  const auto got = refit_while_running({.holdout = 0.2, .learners = 2, .keep_learning = true});
  ASSERT_EQ(got.answers.size(), 101U);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(got.answers[i].model_version, 1U);
    EXPECT_NEAR(got.answers[i].prediction, 3 + 2 * got.answers[i].row.distance, 1e-9);
  }
  EXPECT_EQ(got.answers[100].model_version, 2U);
  EXPECT_GT(got.answers[100].prediction, 13.5);
  ASSERT_EQ(got.reports.size(), 3U) << "one at the end of history, when asked, and at the end";
  EXPECT_EQ(got.reports[0].trained_rows + got.reports[0].holdout_rows, 1'000U);
  EXPECT_EQ(got.reports[1].trained_rows + got.reports[1].holdout_rows, 1'100U);
  EXPECT_EQ(got.reports[1].version, 2U);
  EXPECT_EQ(got.reports[2].version, 3U);
  EXPECT_EQ(got.reports[2].skipped_rows, 1U) << "the last one has no fare";

  // As one that learns the same rows in one go.
  app program{"test"};
  memory_sink<answer<ride>> out;
  auto all = rides(1'000);
  for (int i = 0; i < 100; ++i) all.push_back({0.1 * i, 30 + 0.2 * i});
  auto [answers, reports] =
      program.from(history(memory_rows{all}).then(memory_rows{std::vector<ride>{{5, {}}}}))
      | learn(fare_model(), {.holdout = 0});
  answers | to(out);
  reports | to(discard{});
  ASSERT_EQ(program.run(), 0);
  const auto whole = refit_while_running({.holdout = 0, .keep_learning = true});
  EXPECT_NEAR(whole.answers[100].prediction, out.rows()[0].prediction, 1e-9);
}

TEST(RefitTest, LearnsFromHistoryAloneUnlessItIsToKeepLearning) {
  const auto got = refit_while_running({});
  ASSERT_EQ(got.answers.size(), 101U);
  EXPECT_EQ(got.answers[100].model_version, 1U);
  EXPECT_EQ(got.reports.size(), 1U);
}

TEST(RefitTest, HappensAgainAndAgainWhenTheProgramIsToldHowOften) {
  app program{"test"};
  program.set("commit-every", "2ms").set("refit-every", "5ms");
  memory_source<ride> live;
  memory_sink<model_report> judged;
  auto [answers, reports] = program.from(history(memory_rows{rides(1'000)}).then(live))
                            | learn(fare_model(), {.keep_learning = true});
  answers | to(discard{});
  reports | to(judged);
  auto running = program.start();
  ASSERT_TRUE(running) << running.error().message;
  EXPECT_TRUE(judged.wait_for(4, 20s));
  running->stop();
  EXPECT_EQ(running->wait().state, job_state::stopped);
  EXPECT_GE(judged.count(), 4U);
  EXPECT_EQ(running->reports().front().version, judged.rows().back().version);
}

TEST(RefitTest, NeedsAModelThatKeepsLearning) {
  app program{"test"};
  program.set("refit-every", "1min");
  auto [answers, reports] =
      program.from(memory_rows{rides(10)}) | learn(fare_model()).named("fare");
  const auto started = program.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("--set fare.keep_learning=true"));
}

TEST(LearnFileTest, AnswersFromALoadedModelWithoutHistory) {
  const auto path = testing::TempDir() + "weir_learn_run_test.model";
  {
    app program{"test"};
    program.set("save-model", path);
    auto [answers, reports] = program.from(memory_rows{rides(1'000)}) | learn(fare_model());
    EXPECT_EQ(program.run(), 0);
  }
  app program{"test"};
  program.set("load-model", path);
  memory_source<ride> live;
  memory_sink<answer<ride>> out;
  const auto no_history = []() -> result<std::unique_ptr<source<ride>>> {
    return error{errc::config, "history was read"};
  };
  auto [answers, reports] = program.from(history(no_history).then(live)) | learn(fare_model());
  answers | to(out);
  reports | to(discard{});
  auto running = program.start();
  ASSERT_TRUE(running) << running.error().message;
  ASSERT_TRUE(live.push({10, std::nullopt}));
  live.close();
  EXPECT_EQ(running->wait().state, job_state::finished);
  ASSERT_EQ(out.count(), 1U);
  EXPECT_NEAR(out.rows().front().prediction, 23, 1e-9);
  ASSERT_EQ(running->reports().size(), 1U) << "what is known of the model, from its file";
  EXPECT_GT(running->reports().front().trained_rows, 0U);
  std::remove(path.c_str());
}

TEST(LearnFileTest, FailsWhereAModelWasToBeSavedAndHistoryIsCutShort) {
  const auto path = testing::TempDir() + "weir_learn_cut_test.model";
  app program{"test"};
  program.set("save-model", path);
  program.set("until", "500 rows");
  auto [answers, reports] = program.from(memory_rows{rides(1'000)}) | learn(fare_model());
  testing::internal::CaptureStderr();
  EXPECT_EQ(program.run(), 1);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("history was cut short: '"),
            std::string::npos);
  EXPECT_FALSE(std::ifstream{path}.is_open());
}

TEST(LearnFileTest, FailsWhereASplitWasToBeExportedAndHistoryIsCutShort) {
  const auto path = testing::TempDir() + "weir_learn_cut_test.split";
  app program{"test"};
  program.set("until", "500 rows").set("json", "true");
  auto [answers, reports] = program.from(memory_rows{rides(1'000)})
                            | learn(fare_model(), {.export_split = path}).named("fare");
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  EXPECT_EQ(program.run(), 1);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              HasSubstr(R"("state":"stopped","error":"history was cut short: 'fare' was not)"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("'fare' was not fitted, and nothing is written to '" + path + "'"));
}

TEST(LearnFileTest, KnowsBeforeItLearnsWhatItCantWrite) {
  for (const auto& how : {learn_options{.save = "/no/such/place/m.json"},
                          learn_options{.export_split = "/no/such/place/split.csv"}}) {
    app program{"test"};
    auto [answers, reports] = program.from(memory_rows{rides(10)}) | learn(fare_model(), how);
    const auto started = program.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(exit_code_of(started.error().code), 3);
    EXPECT_THAT(started.error().message, HasSubstr("there is no directory '/no/such/place'"));
  }
}

TEST(LearnFileTest, OverwritesNothingThatIsNoModelOrSplit) {
  const auto path = testing::TempDir() + "weir_learn_precious.csv";
  std::ofstream{path} << "distance,total\n1,5\n";
  for (const auto& how : {learn_options{.save = path}, learn_options{.export_split = path},
                          learn_options{.save = "/dev/full"}}) {
    app program{"test"};
    auto [answers, reports] = program.from(memory_rows{rides(10)}) | learn(fare_model(), how);
    const auto started = program.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(exit_code_of(started.error().code), 3);
    EXPECT_THAT(started.error().message, testing::AnyOf(HasSubstr("file of another kind is there"),
                                                        HasSubstr("it is no regular file")));
  }
  std::remove(path.c_str());
  for (int again = 0; again < 2; ++again) { // what it wrote itself it replaces
    app program{"test"};
    auto [answers, reports] = program.from(memory_rows{rides(100)})
                              | learn(fare_model(), {.save = path, .export_split = path + "2"});
    EXPECT_EQ(program.run(), 0);
  }
  std::remove(path.c_str());
  std::remove((path + "2").c_str());
}

TEST(LearnFileTest, SavesThroughALink) {
  const auto target = testing::TempDir() + "weir_learn_target.json";
  const auto link = testing::TempDir() + "weir_learn_link.json";
  std::filesystem::remove(link);
  std::filesystem::create_symlink(target, link);
  app program{"test"};
  auto [answers, reports] =
      program.from(memory_rows{rides(100)}) | learn(fare_model(), {.save = link});
  EXPECT_EQ(program.run(), 0);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_TRUE(load_model(target));
  std::filesystem::remove(link);
  std::filesystem::remove(target);
}

TEST(LearnFileTest, SaysThatAModelWasNotFitted) {
  const char* words[] = {"test", "--json", "--until", "500 rows"};
  app program{"test", 4, words};
  auto [answers, reports] =
      program.from(memory_rows{rides(1'000)}) | learn(fare_model()).named("fare");
  testing::internal::CaptureStdout();
  const auto [code, said] = run_of(program);
  static_cast<void>(testing::internal::GetCapturedStdout());
  EXPECT_EQ(code, 0);
  EXPECT_THAT(said, HasSubstr("history was cut short: 'fare' was not fitted"));
}

TEST(LearnFileTest, JudgesTheRejectsOfAHistoryWhereItEnds) {
  struct half_bad final : source<ride> {
    result<void> open(source_context) override { return {}; }
    result<poll_state> poll(credit, poll_out<ride> out) override {
      for (int i = 0; i < 10; ++i) {
        out.rows.push_back({1.0 * i, 2.0 * i});
        out.rejects.push_back({"in", "in:" + std::to_string(i), "of no use", "junk"});
      }
      return poll_state::end;
    }
  };
  const auto path = testing::TempDir() + "weir_learn_half_bad.json";
  app program{"test"};
  memory_source<ride> live;
  auto [answers, reports] =
      program.from(history([] { return std::make_unique<half_bad>(); }).then(live))
          .rejects_to(discard{})
      | learn(fare_model(), {.save = path});
  const auto [code, said] = run_of(program);
  EXPECT_EQ(code, exit_code_of(errc::too_many_rejects));
  EXPECT_THAT(said, HasSubstr("rejected 10 of 20 rows"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(LearnFileTest, RefusesADirectoryAsAModel) {
  app program{"test"};
  program.set("load-model", testing::TempDir());
  auto [answers, reports] = program.from(memory_rows{rides(10)}) | learn(fare_model());
  const auto [code, said] = run_of(program);
  EXPECT_EQ(code, 3);
  EXPECT_THAT(said, HasSubstr("it is a directory"));
}

TEST(LearnFileTest, RefusesALoadedModelThatWouldAnswerNothing) {
  app program{"test"};
  program.set("load-model", "fare.json");
  auto [answers, reports] = program.from(history(memory_rows{rides(10)})) | learn(fare_model());
  const auto started = program.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("gives no row: the model is loaded"));
}

TEST(LearnFileTest, MissesNoFitWhereTheModelIsLoaded) {
  const auto path = testing::TempDir() + "weir_learn_loaded_test.model";
  const auto run = [&](bool loads) {
    app program{"test"};
    program.set("save-model", path);
    if (loads) program.set("load-model", path);
    auto [answers, reports] = program.from(memory_rows{rides(1'000)}) | learn(fare_model());
    return program.run();
  };
  EXPECT_EQ(run(false), 0);
  EXPECT_EQ(run(true), 0);
  std::remove(path.c_str());
}

TEST(LearnFileTest, SavesNothingWhenHistoryFails) {
  const auto path = testing::TempDir() + "weir_learn_failed_test.model";
  app program{"test"};
  auto [answers, reports] = program.from(memory_rows<ride>{rides(1'000), {.fail_after = 500}})
                            | learn(fare_model(), {.save = path});
  EXPECT_EQ(program.run(), 1);
  std::FILE* file = std::fopen(path.c_str(), "rb");
  EXPECT_EQ(file, nullptr);
  if (file != nullptr) std::fclose(file);
}

TEST(LearnFileTest, FailsAndSavesNothingWithoutAUsableRow) {
  const auto path = testing::TempDir() + "weir_learn_unlabelled_test.model";
  app program{"test"};
  auto unlabelled = rides(100);
  for (auto& each : unlabelled) each.total.reset();
  auto [answers, reports] =
      program.from(memory_rows{unlabelled}) | learn(fare_model(), {.save = path});
  const auto [code, said] = run_of(program);
  EXPECT_EQ(code, 1);
  EXPECT_THAT(said, HasSubstr("no row to learn from"));
  EXPECT_THAT(said, HasSubstr("100 rows lacked 'total'"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(LearnFileTest, RefusesAModelFileItCantUse) {
  const auto path = testing::TempDir() + "weir_learn_refused_test.model";
  const auto run_with = [&](const std::string& text) {
    std::ofstream{path, std::ios::binary} << text;
    app program{"test"};
    program.set("load-model", path);
    auto [answers, reports] = program.from(memory_rows{rides(10)}) | learn(fare_model());
    return run_of(program);
  };
  const auto [foreign_code, foreign] = run_with("distance,total\n");
  EXPECT_EQ(foreign_code, 5);
  EXPECT_THAT(foreign, HasSubstr("no model file of Weir"));

  auto model = linear(3, 2 * number(&ride::distance)).model();
  model.features.at(0).what.field = "miles";
  const auto [unfit_code, unfit] = run_with(model_to_json(model));
  EXPECT_EQ(unfit_code, 3);
  EXPECT_THAT(unfit, HasSubstr("field 'miles' is missing"));
  EXPECT_THAT(unfit, HasSubstr("the record has: distance, total"));
  std::remove(path.c_str());
}

struct zoned_ride {
  std::optional<double> distance;
  int zone = 0;
  std::optional<double> total;
};
BOOST_DESCRIBE_STRUCT(zoned_ride, (), (distance, zone, total))

TEST(LearnFileTest, CountsWhatItsAnswersLacked) {
  std::vector<zoned_ride> past;
  for (int i = 0; i < 100; ++i) past.push_back({1.0 * i, i % 2, 2.0 * i});
  const std::vector<zoned_ride> live{
      {1, 0, {}}, {2, 7, {}}, {std::nullopt, 1, {}}, {std::nullopt, 8, {}}};
  app program{"test"};
  auto [answers, reports] =
      program.from(history(memory_rows{past}).then(memory_rows{live}))
      | learn(ridge(features(number(&zoned_ride::distance), one_hot(&zoned_ride::zone)),
                    label(&zoned_ride::total)))
            .named("fare");
  answers | to(discard{});
  reports | to(discard{});
  auto running = program.start();
  ASSERT_TRUE(running) << running.error().message;
  ASSERT_EQ(running->wait().state, job_state::finished);
  const auto met = running->predictions();
  ASSERT_EQ(met.size(), 1U);
  EXPECT_EQ(met[0].first, "fare");
  EXPECT_EQ(met[0].second->answered, 4U);
  EXPECT_EQ(met[0].second->unanswered, 2U);
  EXPECT_EQ(met[0].second->unseen, 2U);
}

TEST(ScoreTest, AnswersAllRowsWithAGivenModel) {
  app program{"test"};
  memory_sink<answer<ride>> out;
  program.from(memory_rows{rides(10)}) | score(linear(3, 2 * number(&ride::distance))) | to(out);
  EXPECT_EQ(program.run(), 0);
  ASSERT_EQ(out.count(), 10U);
  for (const auto& each : out.rows()) EXPECT_NEAR(each.prediction, *each.row.total, 1e-12);
}

} // namespace
} // namespace weir
