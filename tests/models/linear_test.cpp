// SPDX-License-Identifier: Apache-2.0

#include <weir/models/linear.hpp>
#include <weir/tests/models/points.hpp>

#include <gtest/gtest.h>

namespace weir {

namespace {

using namespace points_test;

TEST(LinearTest, KeepsTheContractOfGivenModels) {
  testing::check_given_model_contract(
      linear(1, 2.0 * number(&point::x), number(hour_of(&point::when)) * 0.5),
      {{"a", make_points(5000)}, {"b", make_points(300, 8)}});
}

TEST(LinearTest, AnswersEveryRowWithGivenCoefficients) {
  const auto given = linear(1, 2.0 * number(&point::x), -1.0 * impute(number(&point::sparse), 3));
  points rows = line({{0, 0}, {10, 0}});
  rows[1].sparse = 1.0F;
  const auto scored = testing::score_by_hand(given, {{"a", rows}});
  EXPECT_EQ(testing::predictions_of(scored), (std::vector<double>{-2, 20}));
}

} // namespace

} // namespace weir
