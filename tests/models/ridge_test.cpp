// SPDX-License-Identifier: Apache-2.0

#include <weir/models/ridge.hpp>
#include <weir/tests/support/model_contract.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace weir {

namespace ridge_test {

struct point {
  double x = 0;
  int group = 0;
  double y = 0;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, group, y))

} // namespace ridge_test

namespace {

using ridge_test::point;

std::vector<point> make_points(std::size_t count) {
  std::mt19937_64 random{7};
  std::uniform_real_distribution<double> spread{-3, 3};
  std::vector<point> points(count);
  for (auto& p : points) {
    p.x = spread(random);
    p.group = static_cast<int>(random() % 5);
    p.y = 4 + 2 * p.x + p.group * 10;
  }
  return points;
}

TEST(RidgeTest, FindsThePlaneItsRowsLieIn) {
  const auto model =
      ridge(features(number(&point::x), one_hot(&point::group)), label(&point::y), {.l2 = 0});
  const auto points = make_points(10'000);
  const auto learnt =
      testing::learn_by_hand(model, {{"a", points}}, {{"live", {{1, 2, 0}, {-2, 4, 0}}}});
  ASSERT_EQ(learnt.reports.size(), 1U);
  EXPECT_NEAR(learnt.reports[0].rmse, 0, 1e-9);
  ASSERT_EQ(learnt.answers.size(), 2U);
  EXPECT_NEAR(learnt.answers[0].prediction, 26, 1e-9);
  EXPECT_NEAR(learnt.answers[1].prediction, 40, 1e-9);
  EXPECT_EQ(learnt.answers[0].model_version, 1U);
}

} // namespace

} // namespace weir
