// SPDX-License-Identifier: Apache-2.0

#include <weir/models/holdout.hpp>
#include <weir/models/ridge.hpp>
#include <weir/tests/models/points.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

namespace weir {

namespace {

using namespace points_test;
using ::testing::AllOf;
using testing::drive_options;
using ::testing::HasSubstr;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(RidgeTest, FindsThePlaneItsRowsLieIn) {
  points rows = make_points(10'000);
  for (auto& p : rows) p.y = 4 + 2 * p.x + p.group * 0.01;
  const auto model =
      ridge(features(number(&point::x), one_hot(&point::group)), label(&point::y), {.l2 = 0});
  const auto learnt = testing::learn_by_hand(model, {{"a", rows}}, {{"live", make_points(50, 3)}});
  ASSERT_EQ(learnt.answers.size(), 50U);
  for (const auto& answer : learnt.answers)
    EXPECT_NEAR(answer.prediction, 4 + 2 * answer.row.x + answer.row.group * 0.01, 1e-9);
  EXPECT_NEAR(learnt.reports.at(0).rmse, 0, 1e-9);
  EXPECT_NEAR(learnt.reports.at(0).r2, 1, 1e-9);
}

TEST(RidgeTest, KeepsTheContractOfModels) {
  testing::check_model_contract(rich(), {{"a", make_points(5000)}, {"b", make_points(4500, 8)}},
                                {{"live", make_points(300, 9)}});
  testing::check_model_contract(baseline_mean(label(&point::y)), {{"a", make_points(100)}},
                                {{"live", make_points(3, 9)}});
}

TEST(RidgeTest, PenalisesWeightsButNotTheIntercept) {
  // Centred x is -1, 0, 1 and y - 10 is -2, 0, 2: weight 4 / (2 + l2), intercept 10.
  EXPECT_NEAR(answers(simple(2), line({{-1, 8}, {0, 10}, {1, 12}}), line({{1, 0}}))[0], 11, 1e-12);
}

TEST(RidgeTest, LosesNothingToLargeNumbersWithASmallSpread) {
  points rows;
  for (int i = 0; i < 1000; ++i) {
    rows.emplace_back().x = 1e9 + i;
    rows.back().y = 5 + 0.25 * i;
  }
  EXPECT_NEAR(answers(simple(), rows, line({{1e9 + 400, 0}}))[0], 105, 1e-6);
}

TEST(RidgeTest, KeepsLabelsThatAreNoNumbersOutOfTheFitAndCountsThem) {
  points rows = line({{0, 1}, {1, 3}, {2, 5}, {1, nan}, {1, infinity}, {1, -infinity}});
  rows.emplace_back().x = 1; // no label at all
  const auto learnt = testing::learn_by_hand(simple(), {{"a", rows}}, {{"live", line({{3, 0}})}},
                                             {.options = {.holdout = 0}});
  EXPECT_EQ(learnt.reports.at(0).skipped_rows, 4U);
  EXPECT_EQ(learnt.reports.at(0).trained_rows, 3U);
  EXPECT_NEAR(learnt.answers.at(0).prediction, 7, 1e-12);
}

TEST(RidgeTest, LeavesOutRowsWithoutANumberAndAnswersThemWithNaN) {
  const auto model = ridge(features(number(&point::sparse)), label(&point::y), {.l2 = 0});
  points rows = line({{0, 1}, {0, 3}, {0, 100}});
  rows[0].sparse = 0.0F;
  rows[1].sparse = 1.0F;
  points live(3);
  live[0].sparse = 2.0F;
  live[1].sparse = std::numeric_limits<float>::infinity();
  const auto learnt =
      testing::learn_by_hand(model, {{"a", rows}}, {{"live", live}}, {.options = {.holdout = 0}});
  EXPECT_EQ(learnt.reports.at(0).skipped_rows, 1U);
  EXPECT_NEAR(learnt.answers.at(0).prediction, 5, 1e-12);
  EXPECT_TRUE(std::isnan(learnt.answers.at(1).prediction));
  EXPECT_TRUE(std::isnan(learnt.answers.at(2).prediction));
  EXPECT_EQ(learnt.counts->answered, 3U);
  EXPECT_EQ(learnt.counts->unanswered, 2U);
}

TEST(RidgeTest, ImputesTheMeanOfTheRowsThatHaveTheNumber) {
  const auto model =
      ridge(features(impute(number(&point::sparse), mean)), label(&point::y), {.l2 = 0});
  points rows = line({{0, 1}, {0, 3}, {0, 5}, {0, 3}});
  for (int i = 0; i < 3; ++i) rows[static_cast<std::size_t>(i)].sparse = static_cast<float>(i);
  EXPECT_NEAR(answers(model, rows, points(1))[0], 3, 1e-12); // as if it were 1
}

TEST(RidgeTest, AnswersUnseenCategoriesWithZerosAndCountsThem) {
  const auto model = ridge(features(number(&point::x), one_hot(&point::word)), label(&point::y));
  points live(2);
  live[0].word = "never seen";
  live[1].word = "b";
  const auto learnt = testing::learn_by_hand(model, {{"a", make_points(100)}}, {{"live", live}});
  EXPECT_EQ(learnt.counts->unseen, 1U);
  EXPECT_NE(learnt.answers[0].prediction, learnt.answers[1].prediction);
}

TEST(RidgeTest, GivesAConstantColumnNoWeight) {
  for (const double l2 : {0.0, 1.0}) {
    const auto model =
        ridge(features(number(&point::x), one_hot(&point::group)), label(&point::y), {.l2 = l2});
    points other = line({{7, 0}});
    other[0].group = 3;
    EXPECT_NEAR(answers(model, line({{7, 1}, {7, 2}, {7, 3}}), other)[0], 2, 1e-12);
  }
}

TEST(RidgeTest, GivesTheStandardOfAConstantColumnNoWeight) {
  const auto model =
      ridge(features(standard(number(&point::x)), standard(impute(number(&point::sparse), mean))),
            label(&point::y), {.l2 = 0});
  // x is constant, and `sparse` is nowhere to be seen: no mean, no scale, no weight.
  for (const double answer : answers(model, line({{7, 1}, {7, 2}, {7, 3}}), line({{7, 0}, {9, 0}})))
    EXPECT_NEAR(answer, 2, 1e-12);
}

TEST(RidgeTest, FitsFewerRowsThanColumns) {
  for (const auto& row : {make_points(1), make_points(4), make_points(9)}) {
    const auto answer = answers(rich(), row, row);
    for (const double value : answer) EXPECT_TRUE(std::isfinite(value));
  }
  // Without a penalty there is a solution through every row.
  const auto model = ridge(features(number(&point::x), one_hot(&point::group),
                                    one_hot(&point::word), one_hot(&point::shade)),
                           label(&point::y), {.l2 = 0});
  const auto rows = make_points(4, 5);
  const auto exact = answers(model, rows, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_NEAR(exact[i], *rows[i].y, 1e-6);
}

TEST(RidgeTest, FailsClearlyWithoutAUsableRowAndWritesNoFile) {
  const auto failure = [](const points& rows, double holdout) {
    const testing::scratch_directory scratch;
    const auto file = scratch.file("model.json");
    const drive_options how{.options = {.holdout = holdout, .save = file}};
    const auto text = failure_of([&] { testing::learn_by_hand(simple(), {{"a", rows}}, {}, how); });
    EXPECT_FALSE(std::filesystem::exists(file));
    EXPECT_THAT(text, AllOf(HasSubstr("model 'model' can't be fitted"),
                            HasSubstr("there is no row to learn from"), HasSubstr("see that")));
    return text;
  };
  EXPECT_THAT(failure({}, 0.2), HasSubstr("0 rows lacked 'y'"));
  EXPECT_THAT(failure(points(10), 0.2), HasSubstr("10 rows lacked 'y'"));
  EXPECT_THAT(failure(line({{nan, 1}, {infinity, 2}}), 0.2), HasSubstr("2 rows lacked"));
  EXPECT_THAT(failure(make_points(3), 0.9999), HasSubstr("3 were held out"));
}

TEST(RidgeTest, RefusesNumbersTooLargeToBeSquared) {
  EXPECT_THAT(failure_of([] {
                answers(simple(), line({{1e200, 1}, {-1e200, 2}}), {});
              }),
              HasSubstr("too large to be squared"));
}

TEST(RidgeTest, RefusesOptionsThatMakeNoSense) {
  EXPECT_THAT(failure_of([] { answers(simple(), {}, {}, {.holdout = 1}); }), HasSubstr("holdout"));
  EXPECT_THAT(failure_of([] { answers(simple(-1), {}, {}); }), HasSubstr("l2"));
}

TEST(RidgeTest, HoldsOutAPureFunctionOfOriginAndSeed) {
  const auto rows = make_points(5000);
  const auto learn = [&](std::uint64_t seed) {
    return testing::learn_by_hand(simple(), {{"a", rows}}, {},
                                  {.options = {.holdout = 0.25, .seed = seed}})
        .reports.at(0);
  };
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < rows.size(); ++i)
    expected += is_held_out({intern_partition("elsewhere", "a"), i}, 0.25, 3) ? 1 : 0;
  EXPECT_EQ(learn(3).holdout_rows, expected);
  EXPECT_NEAR(static_cast<double>(expected), 1250, 150);
  EXPECT_NE(learn(3).rmse, learn(4).rmse);
}

TEST(RidgeTest, AnswersAreRecords) {
  std::vector<std::string> names;
  for (const auto& field : record_of<answer<point>>().fields) names.push_back(field.name);
  EXPECT_THAT(names,
              ::testing::ElementsAre("row.x", "row.sparse", "row.group", "row.word", "row.shade",
                                     "row.when", "row.y", "prediction", "model_version"));
}

RC_GTEST_PROP(RidgeTest, WeightsSatisfyTheNormalEquations, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(2, 40);
  points rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.emplace_back().x = *rc::gen::inRange(-100, 100) / 10.0;
    rows.back().group = *rc::gen::inRange(0, 4);
    rows.back().y = *rc::gen::inRange(-1000, 1000) / 10.0;
  }
  const double l2 = *rc::gen::element(0.1, 1.0, 10.0);
  const auto model =
      ridge(features(number(&point::x), one_hot(&point::group)), label(&point::y), {.l2 = l2});
  const auto predicted = answers(model, rows, rows);
  // Residuals sum to zero (free intercept); their product with x is l2 times x's weight.
  double sum = 0, product = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += *rows[i].y - predicted[i];
    product += (*rows[i].y - predicted[i]) * rows[i].x;
  }
  points two(2);
  two[1].x = 1;
  two[0].group = two[1].group = rows[0].group;
  const auto pair = answers(model, rows, two);
  RC_ASSERT(std::abs(sum) < 1e-8);
  RC_ASSERT(std::abs(product - l2 * (pair[1] - pair[0])) < 1e-7);
}

RC_GTEST_PROP(RidgeTest, ContinuesFromASnapshotBitForBit, ()) {
  const auto rows = *rc::gen::inRange<std::size_t>(20, 4600);
  const auto cut = *rc::gen::inRange<std::size_t>(1, 1000);
  const auto every = *rc::gen::inRange<std::size_t>(1, 20) * (1000 / cut + 1);
  const std::vector<testing::model_rows<point>> history{{"a", make_points(rows)}};
  const learn_options options{.learners = *rc::gen::inRange<std::uint32_t>(1, 3)};
  RC_ASSERT(
      testing::saved_by(rich(), history, {.options = options, .cut = cut, .restart_every = every})
      == testing::saved_by(rich(), history, {.options = options, .cut = cut}));
}

TEST(RidgeSumsTest, RefusesASnapshotOfOtherFeaturesOrCutShort) {
  const auto sums_of = [](const auto& looked_at) {
    const auto reader = feature_reader::bind(looked_at.list, "y", record_of<point>());
    return ridge_sums{reader->features(), reader->kinds()};
  };
  const auto one = features(number(&point::x), one_hot(&point::word));
  snapshot_writer saved;
  sums_of(one).save(saved);
  for (std::size_t size = 0; size < saved.bytes().size(); size += 5) {
    snapshot_reader cut{std::string_view{saved.bytes()}.substr(0, size)};
    EXPECT_FALSE(sums_of(one).load(cut)) << size;
  }
  snapshot_reader other{saved.bytes()}, whole{saved.bytes()};
  EXPECT_FALSE(sums_of(features(number(&point::x), number(&point::group), number(&point::sparse),
                                number(hour_of(&point::when)), one_hot(&point::word)))
                   .load(other));
  EXPECT_TRUE(sums_of(one).load(whole));
}

} // namespace

} // namespace weir
