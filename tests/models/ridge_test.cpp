// SPDX-License-Identifier: Apache-2.0

#include <weir/models/holdout.hpp>
#include <weir/models/linear.hpp>
#include <weir/models/model_file.hpp>
#include <weir/models/ridge.hpp>
#include <weir/tests/support/model_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace weir {

namespace ridge_test {

enum class color { red, green, blue };
BOOST_DESCRIBE_ENUM(color, red, green, blue)

struct point {
  double x = 0;
  std::optional<float> sparse;
  int group = 0;
  std::string word;
  color shade = color::red;
  timestamp when;
  std::optional<double> y;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, sparse, group, word, shade, when, y))

/// Like point, with one field gone and one of another kind.
struct other_point {
  std::string x;
  std::optional<float> sparse;
  int group = 0;
  color shade = color::red;
  timestamp when;
  std::optional<double> y;
};
BOOST_DESCRIBE_STRUCT(other_point, (), (x, sparse, group, shade, when, y))

} // namespace ridge_test

namespace {

using ridge_test::point;
using ::testing::HasSubstr;
using points = std::vector<point>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

points make_points(std::size_t count, std::uint64_t seed = 7) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> spread{-3, 3};
  const std::vector<std::string> words{"b", "", "a,\"c", "d\n"};
  points made(count);
  for (auto& p : made) {
    p.x = spread(random);
    if (random() % 4 != 0) p.sparse = static_cast<float>(5 + spread(random));
    p.group = static_cast<int>(random() % 5) * 1000 - 2000;
    p.word = words[random() % words.size()];
    p.shade = static_cast<ridge_test::color>(random() % 3);
    p.when = timestamp{std::chrono::hours{random() % 1000}};
    p.y = 4 + 2 * p.x + p.sparse.value_or(5) + p.group * 0.01 + 3.0 * (p.word == "b")
          + static_cast<double>(p.shade) + spread(random) * 0.1;
  }
  return made;
}

auto simple(double l2 = 0) {
  return ridge(features(number(&point::x)), label(&point::y), {.l2 = l2});
}

auto rich() {
  return ridge(features(standard(number(&point::x)), impute(number(&point::sparse), mean),
                        log1p(impute(number(&point::sparse), 2.0)), one_hot(&point::group),
                        one_hot(&point::word), one_hot(&point::shade),
                        one_hot(hour_of(&point::when)), number(weekday_of(&point::when))),
               label(&point::y));
}

std::string failure_of(const auto& run) {
  try {
    run();
  } catch (const std::exception& failure) {
    return failure.what();
  }
  return "";
}

/// y = intercept + slope * x through rows of (x, y), nothing held out.
points line(std::initializer_list<std::pair<double, double>> rows) {
  points made;
  for (const auto& [x, y] : rows) {
    made.emplace_back().x = x;
    made.back().y = y;
  }
  return made;
}

std::vector<double> answers(const auto& model, const points& history, const points& live,
                            learn_options options = {.holdout = 0}) {
  return testing::predictions_of(
      testing::learn_by_hand(model, {{"a", history}}, {{"live", live}}, {.options = options}));
}

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

TEST(RidgeTest, FailsClearlyWithoutAUsableRow) {
  points unlabelled(10);
  for (const auto& rows : {points{}, unlabelled}) {
    const testing::scratch_directory scratch;
    const auto file = scratch.file("model.json");
    EXPECT_THAT(failure_of([&] {
                  testing::learn_by_hand(simple(), {{"a", rows}}, {}, {.options = {.save = file}});
                }),
                HasSubstr("there is no row to learn from"));
    EXPECT_FALSE(std::filesystem::exists(file));
  }
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

// --- model files --------------------------------------------------------------------------------

linear_model learnt_model() {
  const testing::scratch_directory scratch;
  const auto file = scratch.file("m.json");
  testing::learn_by_hand(rich(), {{"a", make_points(500)}}, {}, {.options = {.save = file}});
  return *load_model(file);
}

TEST(ModelFileTest, GivesBackWhatWasSavedBitForBit) {
  const auto model = learnt_model();
  const auto text = model_to_json(model);
  const auto again = model_from_json(text, "again");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(model_to_json(*again), text);
  EXPECT_EQ(again->features, model.features);
  EXPECT_EQ(again->intercept, model.intercept);
  EXPECT_EQ(again->report->rmse, model.report->rmse);
}

TEST(ModelFileTest, KeepsTextThatIsNoUtf8) {
  auto model = learnt_model();
  for (auto& learnt : model.features)
    if (is_text(learnt.field)) learnt.categories.push_back({.text = "\xff\x01"});
  const auto again = model_from_json(model_to_json(model), "again");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->features, model.features);
}

TEST(ModelFileTest, RefusesEveryFlippedByte) {
  auto model = learnt_model();
  model.features.resize(2);
  const auto text = model_to_json(model);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto broken = text;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    ASSERT_FALSE(model_from_json(broken, "broken")) << "byte " << i;
  }
  for (std::size_t size = 0; size + 1 < text.size(); size += 13)
    ASSERT_FALSE(model_from_json(text.substr(0, size), "short"));
}

TEST(ModelFileTest, SaysWhatAFileIsThatIsNoModel) {
  EXPECT_THAT(load_model("/nowhere/m.json").error().message, HasSubstr("/nowhere/m.json"));
  EXPECT_EQ(load_model("/nowhere/m.json").error().code, errc::config);
  EXPECT_THAT(model_from_json("{}", "x").error().message, HasSubstr("no model file of Weir"));
  EXPECT_EQ(model_from_json("a,b\n1,2\n", "x").error().code, errc::damaged);
}

TEST(ModelFileTest, SpellsOutHowARecordDiffers) {
  const testing::scratch_directory scratch;
  const auto file = scratch.file("m.json");
  ASSERT_TRUE(save_model(learnt_model(), file));
  EXPECT_TRUE(load_model_for(file, record_of<point>()));
  const auto refused = load_model_for(file, record_of<ridge_test::other_point>());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::config);
  EXPECT_THAT(refused.error().message, HasSubstr("field 'x' is text, not a number"));
  EXPECT_THAT(refused.error().message, HasSubstr("field 'word' is missing"));
}

TEST(ModelFileTest, ShowsEveryWeightByName) {
  const auto shown = describe(learnt_model());
  for (const char* name : {"standard(x)", "log1p(sparse)", "group=-2000", "word=b", "shade=green",
                           "hour_of(when)=13", "weekday_of(when)", "RMSE", "baseline"})
    EXPECT_THAT(shown, HasSubstr(name));
}

TEST(LinearTest, AnswersEveryRowWithGivenCoefficients) {
  const auto given = linear(1, 2.0 * number(&point::x), -1.0 * impute(number(&point::sparse), 3));
  points rows = line({{0, 0}, {10, 0}});
  rows[1].sparse = 1.0F;
  const auto scored = testing::score_by_hand(given, {{"a", rows}});
  EXPECT_EQ(testing::predictions_of(scored), (std::vector<double>{-2, 20}));
}

TEST(RowStoreTest, GivesBackPiecesFromMemoryAndFileInOrder) {
  row_store store{1000};
  std::vector<std::string> added, given;
  for (std::size_t i = 0; i < 3000; ++i) {
    added.emplace_back(i % 700, static_cast<char>('a' + i % 26));
    store.add(added.back());
  }
  store.replay([&](std::string_view piece) { given.emplace_back(piece); });
  EXPECT_EQ(given, added);
}

} // namespace

} // namespace weir
