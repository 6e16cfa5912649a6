// SPDX-License-Identifier: Apache-2.0

#include <weir/models/model_file.hpp>
#include <weir/tests/models/points.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {

namespace {

using namespace points_test;
using ::testing::AllOf;
using ::testing::HasSubstr;

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

std::string refusal(std::string_view text, errc code) {
  const auto refused = model_from_json(text, "m.json");
  EXPECT_FALSE(refused);
  if (refused) return "";
  EXPECT_EQ(refused.error().code, code) << refused.error().message;
  EXPECT_THAT(refused.error().message, HasSubstr("cannot load model 'm.json'"));
  return refused.error().message;
}

TEST(ModelFileTest, NamesAFileThatIsMissing) {
  const auto refused = load_model("/nowhere/m.json");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::config);
  EXPECT_THAT(refused.error().message, HasSubstr("/nowhere/m.json"));
}

TEST(ModelFileTest, SaysThatAForeignFileIsNoModel) {
  for (const char* foreign : {"", "{}", "[1, 2]", "a,b\n1,2\n", R"({"weir_model": "one"})"})
    EXPECT_THAT(refusal(foreign, errc::damaged),
                AllOf(HasSubstr("no model file of Weir"), HasSubstr("--save-model")));
}

TEST(ModelFileTest, SaysThatADamagedFileIsDamaged) {
  auto text = model_to_json(learnt_model());
  text[text.find("\"weight\": ") + 10] = '9';
  EXPECT_THAT(refusal(text, errc::damaged),
              AllOf(HasSubstr("checksum does not match"), HasSubstr("fit the model again")));
}

TEST(ModelFileTest, SaysWhichFormatAFileOfANewerVersionHas) {
  auto text = model_to_json(learnt_model());
  const std::string mark = "\"weir_model\": 1";
  text.replace(text.find(mark), mark.size(), "\"weir_model\": 2");
  EXPECT_THAT(refusal(text, errc::config), AllOf(HasSubstr("format 2"), HasSubstr("format 1"),
                                                 HasSubstr("use the Weir that wrote it")));
}

TEST(ModelFileTest, SaysWhichKindAndEnumValuesDiffer) {
  auto model = std::make_shared<linear_model>(learnt_model());
  for (auto& learnt : model->features)
    if (learnt.field == field_kind::enumeration) learnt.categories.at(0).text = "violet";
  auto refused = linear_scorer::bind(model, record_of<point>());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("enum field 'shade' has no value 'violet'"));
  for (auto& learnt : model->features)
    if (learnt.what.field == "group") learnt.field = field_kind::text;
  refused = linear_scorer::bind(model, record_of<point>());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("field 'group' is int32, the model learnt it as text"));
}

TEST(ModelFileTest, SpellsOutHowARecordDiffers) {
  const testing::scratch_directory scratch;
  const auto file = scratch.file("m.json");
  ASSERT_TRUE(save_model(learnt_model(), file));
  EXPECT_TRUE(load_model_for(file, record_of<point>()));
  const auto refused = load_model_for(file, record_of<other_point>());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::config);
  EXPECT_THAT(refused.error().message, HasSubstr("field 'x' is text, not a number"));
  EXPECT_THAT(refused.error().message, HasSubstr("field 'word' is missing"));
}

TEST(ModelFileTest, ShowsEveryWeightByName) {
  const auto model = learnt_model();
  const auto shown = describe(model);
  for (const char* name : {"model       model (version 1), ridge, l2 = 1\n",
                           "record      ",
                           "point: x float64,",
                           "sparse float32?",
                           "learnt      y from ",
                           "held out ",
                           "RMSE",
                           "MAE",
                           "R2",
                           "baseline ",
                           "residuals ",
                           "intercept ",
                           "standard(x)",
                           "(mean ",
                           "log1p(sparse)",
                           "(missing: mean ",
                           "(missing: value ",
                           "group=-2000",
                           "word=b",
                           "shade=green",
                           "hour_of(when)=13",
                           "weekday_of(when)"})
    EXPECT_THAT(shown, HasSubstr(name));
  EXPECT_EQ(weights_of(model).size(), model.columns());
  for (const auto& weight : weights_of(model))
    EXPECT_THAT(shown, HasSubstr("\n  " + weight.name + " "));
}

} // namespace

} // namespace weir
