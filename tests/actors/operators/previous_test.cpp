// SPDX-License-Identifier: Apache-2.0

#include "../../support/keyed_run.hpp"
#include "../../support/operator_contract.hpp"
#include <weir/actors/operators/previous.hpp>

#include <gmock/gmock.h>

#include <string>

namespace weir {
namespace {

using test::keyed_run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct reading {
  int sensor = 0;
  std::int64_t value = 0;
};
BOOST_DESCRIBE_STRUCT(reading, (), (sensor, value))

const auto step = [](const reading& now, const reading* before) {
  return before == nullptr ? std::int64_t{-1} : now.value - before->value;
};

TEST(PreviousTest, GivesEachRowWithTheOneBeforeItOfItsKey) {
  keyed_run<reading, std::int64_t> run{previous(step).bind_keyed<reading>(&reading::sensor).make};
  run.rows({{1, {7, 10}}, {2, {8, 100}}, {3, {7, 13}}});
  run.restart();
  run.rows({{4, {8, 150}}, {5, {7, 14}}});
  std::vector<std::int64_t> steps;
  for (const auto& one : run.given()) steps.push_back(one.row);
  EXPECT_THAT(steps, ElementsAre(-1, -1, 3, 50, 1));
}

TEST(PreviousTest, ReachesBackAsFarAsItIsTold) {
  keyed_run<reading, std::int64_t> run{lag(3, step).bind_keyed<reading>(&reading::sensor).make};
  run.rows({{1, {7, 1}},
            {2, {7, 2}},
            {3, {7, 4}},
            {4, {7, 8}},
            {5, {7, 16}},
            {6, {7, 32}},
            {7, {7, 64}}});
  std::vector<std::int64_t> steps;
  for (const auto& one : run.given()) steps.push_back(one.row);
  EXPECT_THAT(steps, ElementsAre(-1, -1, -1, 7, 14, 28, 56));
}

TEST(PreviousTest, RefusesToReachBackNoRow) {
  const auto made = lag(0, step).bind_keyed<reading>(&reading::sensor).make(state_place{});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("at least one row"));
}

TEST(PreviousTest, KeepsTheOperatorContract) {
  test::expect_operator_contract<reading, std::int64_t>(
      [make = lag(2, step).bind_keyed<reading>(&reading::sensor).make] {
        return make(state_place{});
      },
      [](test::chance& by) {
        return reading{static_cast<int>(by() % 5), static_cast<int>(by() % 100)};
      });
}

} // namespace
} // namespace weir
