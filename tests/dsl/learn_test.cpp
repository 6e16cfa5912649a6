// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/discard.hpp>
#include <weir/dsl/conduct.hpp>
#include <weir/dsl/learn.hpp>
#include <weir/dsl/planner.hpp>
#include <weir/tests/dsl/pieces.hpp>

#include <gmock/gmock.h>

namespace weir {
namespace {

using namespace pieces;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// A model by name only: plans are made of it, nothing runs.
struct guess {
  using row = int;
  static constexpr bool has_label = true;
  std::string describe() const { return "guess(numbers)"; }
  model_operators operators() const { return {}; }
};

planned plan_of(const std::shared_ptr<graph>& from) {
  auto made = make_plan(*from, {.job = "test"});
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made ? std::move(*made) : planned{};
}

std::vector<std::string> links_of(const planned& what) {
  std::vector<std::string> links;
  for (const auto& link : what.what.links)
    if (!what.notes[link.to].is_default)
      links.push_back(what.what.actors[link.from].name + "." + std::to_string(link.outlet) + " > "
                      + what.what.actors[link.to].name + "." + std::to_string(link.inlet));
  return links;
}

const source_plan& source_of(const planned& what) {
  return std::get<source_plan>(what.what.actors.front().hosts);
}

auto with_history(const std::shared_ptr<graph>& g) {
  return add_source(g, history(numbers()).then(memory_source<int>{})).named("in");
}

TEST(LearnTest, IsFourOperators) {
  auto g = new_graph();
  auto [answers, reports] = with_history(g) | learn(guess{});
  answers | to(discard{}).named("a");
  reports | to(discard{}).named("r");
  EXPECT_THAT(links_of(plan_of(g)),
              UnorderedElementsAre(
                  "in.0 > guess learner.0", "guess learner.0 > guess combiner.0",
                  "guess combiner.0 > guess evaluator.0", "guess learner.1 > guess evaluator.1",
                  "in.0 > guess predictor.0", "guess combiner.0 > guess predictor.1",
                  "guess predictor.0 > a.0", "guess evaluator.0 > r.0"));
}

TEST(LearnTest, SpreadsRowsOverSeveral) {
  auto g = new_graph();
  auto [answers, reports] =
      with_history(g) | learn(guess{}, {.learners = 2, .predictors = 2}).named("m");
  answers | to(discard{}).named("a");
  EXPECT_THAT(
      links_of(plan_of(g)),
      UnorderedElementsAre(
          "in.0 > m spread over learners.0", "m spread over learners.0 > m learner 1.0",
          "m spread over learners.1 > m learner 2.0", "m learner 1.0 > m combiner.0",
          "m learner 2.0 > m combiner.1", "m combiner.0 > m evaluator.0",
          "m learner 1.1 > m evaluator.1", "m learner 2.1 > m evaluator.2",
          "in.0 > m spread over predictors.0", "m spread over predictors.0 > m predictor 1.0",
          "m spread over predictors.1 > m predictor 2.0", "m combiner.0 > m predictor 1.1",
          "m combiner.0 > m predictor 2.1", "m predictor 1.0 > a.0", "m predictor 2.0 > a.0"));
}

TEST(LearnTest, LeavesPredictorsOutWhenNobodyTakesAnswers) {
  auto g = new_graph();
  auto [answers, reports] = with_history(g) | learn(guess{});
  reports | to(discard{}).named("r");
  for (const auto& actor : plan_of(g).what.actors)
    EXPECT_THAT(actor.name, testing::Not(HasSubstr("predictor")));
}

TEST(LearnTest, NeedsNoHistoryWithALoadedModel) {
  auto g = new_graph();
  auto [answers, reports] = with_history(g) | learn(guess{}, {.load = "fare.model"});
  answers | to(discard{}).named("a");
  reports | to(discard{}).named("r");
  const auto made = plan_of(g);
  EXPECT_THAT(links_of(made),
              UnorderedElementsAre("in.0 > guess predictor.0", "guess predictor.0 > a.0"));
  for (const auto& actor : made.what.actors) EXPECT_NE(actor.name, "r"); // it would wait for ever
  EXPECT_FALSE(source_of(made).has_history);
  EXPECT_TRUE(source_of(made).make()); // the live source alone
}

TEST(LearnTest, ReadsNothingOfAHistoryWithALoadedModel) {
  auto g = new_graph();
  auto [answers, reports] =
      add_source(g, history(numbers())) | learn(guess{}, {.load = "fare.model"});
  answers | to(discard{});
  add_source(g, numbers()).named("beside") | to(discard{}); // alone it would be refused
  const auto made = plan_of(g);
  auto source = source_of(made).make();
  ASSERT_TRUE(source);
  batch<int> rows;
  batch<reject> rejects;
  EXPECT_EQ(*(*source)->poll(initial_credit(), rows, rejects), poll_state::end);
  EXPECT_TRUE(rows.empty());
}

TEST(LearnTest, KeepsLearningOnlyWhatItLearns) {
  auto g = new_graph();
  auto [answers, reports] =
      with_history(g) | learn(guess{}, {.keep_learning = true, .load = "fare.model"});
  answers | to(discard{});
  const auto made = make_plan(*g, {.job = "test"});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, testing::HasSubstr("is loaded and learns nothing"));
}

TEST(LearnTest, ReadsHistoryWhileOneModelNeedsIt) {
  auto g = new_graph();
  auto rows = with_history(g);
  rows | score(guess{}) | to(discard{});
  auto [answers, reports] = rows | learn(guess{});
  answers | to(discard{});
  EXPECT_TRUE(source_of(plan_of(g)).has_history);
}

TEST(LearnTest, AnswersAllRowsOfAPlainSourceWithAGivenModel) {
  auto g = new_graph();
  add_source(g, numbers()).named("in") | score(guess{}) | to(discard{}).named("a");
  const auto made = plan_of(g);
  EXPECT_FALSE(source_of(made).has_history);
  EXPECT_THAT(links_of(made), ElementsAre("in.0 > guess predictor.0", "guess predictor.0 > a.0"));
}

TEST(LearnTest, RefusesAStreamWithoutHistory) {
  auto g = new_graph();
  auto [answers, reports] = add_source(g, memory_source<int>{}).named("in") | learn(guess{});
  answers | to(discard{});
  const auto made = make_plan(*g, {.job = "test"});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("'guess' has no history to learn from"));
}

TEST(LearnTest, TakesModelFilesFromTheCommandLine) {
  auto g = new_graph();
  auto [answers, reports] = with_history(g) | learn(guess{});
  conduct told;
  told.save_model = {"fare.model"};
  EXPECT_TRUE(apply_model_files(told, *g));
  EXPECT_EQ(std::get<model_node>(g->nodes()[1].content).options->save, "fare.model");

  auto [more, other] = with_history(g) | learn(guess{}).named("tip");
  g->at(2).name = "again";
  const auto refused = apply_model_files(told, *g);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("say which model"));
  told.save_model = {"tip=tip.model"};
  EXPECT_TRUE(apply_model_files(told, *g));
  EXPECT_EQ(std::get<model_node>(g->nodes()[3].content).options->save, "tip.model");
}

} // namespace
} // namespace weir
