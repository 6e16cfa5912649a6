// SPDX-License-Identifier: Apache-2.0

#include "../../support/keyed_run.hpp"
#include "../../support/operator_contract.hpp"
#include <weir/actors/operators/rate_limit.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <functional>

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::keyed_run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int> seconds_of(const std::vector<test::at_second<int>>& given) {
  std::vector<int> all;
  for (const auto& one : given) all.push_back(*one.second);
  return all;
}

TEST(RateLimitTest, PassesSoManyRowsOfAKeyInASpan) {
  keyed_run<int, int, int> run{rate_limit(2, 10s).bind_keyed<int>(std::identity{}).make};
  run.rows({{0, 7}, {1, 8}, {3, 7}, {5, 7}, {9, 7}, {10, 7}, {11, 8}, {12, 7}});
  run.restart();
  run.rows({{13, 7}, {4, 7}, {20, 7}});
  EXPECT_THAT(seconds_of(run.given<0>()), ElementsAre(0, 1, 3, 10, 11, 12, 20));
  EXPECT_THAT(seconds_of(run.given<1>()), ElementsAre(5, 9, 13, 4)) << "nothing is lost";
}

TEST(RateLimitTest, PassesTheSameHoweverRowsAreCutAndWatermarksCome) {
  keyed_run<int, int, int> whole{rate_limit(1, 10s).bind_keyed<int>(std::identity{}).make, 1000};
  keyed_run<int, int, int> cut{rate_limit(1, 10s).bind_keyed<int>(std::identity{}).make, 1};
  std::vector<test::at_second<int>> rows;
  for (int i = 0; i < 200; ++i) rows.push_back({i, i % 3});
  whole.rows(rows);
  for (const auto& one : rows) {
    cut.rows({one});
    cut.watermark(*one.second);
  }
  EXPECT_EQ(seconds_of(whole.given<0>()), seconds_of(cut.given<0>()));
  EXPECT_EQ(seconds_of(whole.given<1>()), seconds_of(cut.given<1>()));
}

TEST(RateLimitTest, RefusesASpanOfNoTimeAndARateOfNoRow) {
  const auto why = [](rate_limit_adaptor how) {
    const auto made = how.bind_keyed<int>(std::identity{}).make(state_place{});
    return made ? std::string{} : made.error().message;
  };
  EXPECT_THAT(why(rate_limit(1, 0s)), HasSubstr("longer than zero"));
  EXPECT_THAT(why(rate_limit(1, -1s)), HasSubstr("longer than zero"));
  EXPECT_THAT(why(rate_limit(0, 1s)), HasSubstr("at least one row"));
}

TEST(RateLimitTest, KeepsTheOperatorContract) {
  test::expect_operator_contract<int, int>(
      [make = rate_limit(2, 10s).bind_keyed<int>([](int row) { return row % 5; }).make] {
        return make(state_place{});
      },
      [](test::chance& by) { return static_cast<int>(by() % 1000); }, true);
}

} // namespace
} // namespace weir
