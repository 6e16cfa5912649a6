// SPDX-License-Identifier: Apache-2.0

#include <weir/models/feature_reader.hpp>
#include <weir/models/features.hpp>
#include <weir/models/linear_model.hpp>
#include <weir/tests/models/points.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

namespace weir {

namespace {

using namespace points_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct inner {
  float weight = 0;
};
BOOST_DESCRIBE_STRUCT(inner, (), (weight))

struct sample {
  double a = 0, b = 0, c = 0, d = 0, e = 0; // side by side: they are read four at a time
  bool flag = false;
  std::int8_t small = 0;
  std::uint64_t large = 0;
  duration took{};
  std::optional<double> perhaps = {};
  std::optional<timestamp> when = {};
  std::optional<std::string> word = {};
  inner nested = {};
};
BOOST_DESCRIBE_STRUCT(sample, (),
                      (a, b, c, d, e, flag, small, large, took, perhaps, when, word, nested))

/// What a reader makes of rows.
feature_block read(const auto& looked_at, const std::vector<sample>& rows) {
  const auto reader = feature_reader::bind(looked_at.list, "", record_of<sample>());
  EXPECT_TRUE(reader) << reader.error().message;
  auto block = reader->make_block();
  reader->read(rows.data(), rows.size(), block);
  return block;
}

double number_of_row(const auto& expression, const sample& row) {
  return read(features(expression), {row}).columns[0].numbers[0];
}

std::int64_t category_of_row(const auto& expression, const sample& row) {
  return read(features(expression), {row}).columns[0].integers[0];
}

TEST(FeaturesTest, NumbersAreFieldsAsTheyAre) {
  sample row{.a = -1.5, .flag = true, .small = -7, .large = 1U << 30U, .took = duration{2'500'000}};
  row.nested.weight = 0.25F;
  EXPECT_EQ(number_of_row(number(&sample::a), row), -1.5);
  EXPECT_EQ(number_of_row(number(&sample::flag), row), 1);
  EXPECT_EQ(number_of_row(number(&sample::small), row), -7);
  EXPECT_EQ(number_of_row(number(&sample::large), row), 1U << 30U);
  EXPECT_EQ(number_of_row(number(&sample::took), row), 2.5); // seconds
  EXPECT_EQ(number_of_row(number(field(&sample::nested, &inner::weight)), row), 0.25);
  EXPECT_THAT(number_of_row(number(&sample::perhaps), row), IsNan());
  row.a = infinity;
  EXPECT_THAT(number_of_row(number(&sample::a), row), IsNan());
}

TEST(FeaturesTest, HoursAndWeekdaysAreUtc) {
  using namespace std::chrono;
  const auto at = [](auto day, auto time) {
    sample row;
    row.when = timestamp{sys_days{day}.time_since_epoch() + time};
    return row;
  };
  const auto hour = one_hot(hour_of(&sample::when));
  const auto weekday = one_hot(weekday_of(&sample::when));
  const auto check = [&](const sample& row, int expected_hour, int expected_weekday) {
    EXPECT_EQ(category_of_row(hour, row), expected_hour);
    EXPECT_EQ(category_of_row(weekday, row), expected_weekday);
    EXPECT_EQ(number_of_row(number(hour_of(&sample::when)), row), expected_hour);
  };
  check(at(1970y / 1 / 1, 0s), 0, 3); // a Thursday
  check(at(1969y / 12 / 31, 23h + 59min + 59s), 23, 2);
  check(at(2019y / 1 / 7, 13h), 13, 0); // a Monday
  check(at(2020y / 2 / 29, 23h + 59min), 23, 5);
  check(at(1600y / 2 / 29, 1us), 0, 1);
  EXPECT_EQ(category_of_row(hour, {}), missing_category);
  EXPECT_THAT(number_of_row(number(hour_of(&sample::when)), {}), IsNan());
}

RC_GTEST_PROP(FeaturesTest, HoursAndWeekdaysAgreeWithTheCalendar, ()) {
  using namespace std::chrono;
  const auto us =
      *rc::gen::inRange<std::int64_t>(-100'000'000'000'000'000, 100'000'000'000'000'000);
  sample row;
  row.when = timestamp{duration{us}};
  const auto day = floor<days>(sys_time<microseconds>{microseconds{us}});
  RC_ASSERT(category_of_row(one_hot(weekday_of(&sample::when)), row)
            == static_cast<std::int64_t>(weekday{day}.iso_encoding()) - 1);
  RC_ASSERT(category_of_row(one_hot(hour_of(&sample::when)), row)
            == floor<hours>(microseconds{us} - day.time_since_epoch()).count());
}

TEST(FeaturesTest, Log1pOfWhatHasNoneIsMissing) {
  EXPECT_DOUBLE_EQ(number_of_row(log1p(number(&sample::a)), {.a = 1}), std::log(2.0));
  EXPECT_THAT(number_of_row(log1p(number(&sample::a)), {.a = -1}), IsNan());
  EXPECT_THAT(number_of_row(log1p(number(&sample::a)), {.a = -2}), IsNan());
}

TEST(FeaturesTest, ImputesAValueBeforeAndAfterLog1p) {
  EXPECT_EQ(number_of_row(impute(number(&sample::perhaps), 3), {}), 3);
  EXPECT_EQ(number_of_row(impute(number(&sample::perhaps), 3), {.perhaps = 4}), 4);
  EXPECT_DOUBLE_EQ(number_of_row(log1p(impute(number(&sample::perhaps), 3)), {}), std::log(4.0));
  EXPECT_EQ(number_of_row(impute(log1p(number(&sample::a)), 7), {.a = -2}), 7);
  EXPECT_THAT(number_of_row(impute(number(&sample::perhaps), mean), {}), IsNan()); // at the fit
}

TEST(FeaturesTest, TextAndBoolAreCategories) {
  sample row{.flag = true};
  EXPECT_EQ(category_of_row(one_hot(&sample::flag), row), 1);
  EXPECT_EQ(read(features(one_hot(&sample::word)), {row}).columns[0].texts[0].data(), nullptr);
  row.word = "";
  EXPECT_NE(read(features(one_hot(&sample::word)), {row}).columns[0].texts[0].data(), nullptr);
}

TEST(FeaturesTest, ReadsDoublesSideBySideLikeEachAlone) {
  std::vector<sample> rows(101);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto x = static_cast<double>(i);
    rows[i] = {
        .a = x, .b = -x, .c = i % 7 == 0 ? nan : x * x, .d = i == 100 ? infinity : 1 / (x + 1)};
    rows[i].e = x / 3;
  }
  const auto block =
      read(features(number(&sample::a), number(&sample::b), impute(number(&sample::c), -1.0),
                    number(&sample::d), number(&sample::e)),
           rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(block.columns[0].numbers[i], rows[i].a);
    EXPECT_EQ(block.columns[1].numbers[i], rows[i].b);
    EXPECT_EQ(block.columns[2].numbers[i], i % 7 == 0 ? -1 : rows[i].c);
    EXPECT_EQ(std::isnan(block.columns[3].numbers[i]), i == 100);
    EXPECT_EQ(block.columns[4].numbers[i], rows[i].e);
  }
}

TEST(FeaturesTest, NamesEveryColumn) {
  std::vector<std::string> names;
  for (const auto& what : features(number(&point::x), standard(log1p(number(&point::x))),
                                   impute(number(&point::x), mean), one_hot(hour_of(&point::when)),
                                   number(weekday_of(&point::when)))
                              .list)
    names.push_back(name_of(what));
  EXPECT_THAT(names,
              ElementsAre("x", "standard(log1p(x))", "x", "hour_of(when)", "weekday_of(when)"));
}

TEST(FeaturesTest, SaysWhichFieldsDoNotFit) {
  const auto wrong =
      feature_reader::bind(std::vector<feature>{{.field = "word"},
                                                {.kind = feature_kind::one_hot, .field = "x"},
                                                {.field = "group", .part = time_part::hour},
                                                {.field = "gone"}},
                           "shade", record_of<point>());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, errc::config);
  for (const char* difference :
       {"field 'word' is text, not a number (word)", "field 'x' is float64, not an integer",
        "field 'group' is int32, not a time (hour_of(group))", "field 'gone' is missing (gone)",
        "field 'shade' is enum, not a number (the label)", "the record has: x, sparse, group"})
    EXPECT_THAT(wrong.error().message, HasSubstr(difference));
}

} // namespace

} // namespace weir
