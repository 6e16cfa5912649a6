// SPDX-License-Identifier: Apache-2.0

#include "../../support/keyed_run.hpp"
#include "../../support/operator_contract.hpp"
#include <weir/actors/operators/dedup.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::keyed_run;
using ::testing::ElementsAre;

template <class T>
std::vector<T> rows_of(const std::vector<test::at_second<T>>& given) {
  std::vector<T> all;
  for (const auto& one : given) all.push_back(one.row);
  return all;
}

TEST(DedupTest, PassesTheFirstRowOfEachKey) {
  keyed_run<int, int> run{dedup().bind_keyed<int>([](int row) { return row % 10; }).make};
  run.rows({{{}, 1}, {{}, 11}, {{}, 2}, {{}, 21}, {{}, 12}, {{}, 3}});
  run.restart();
  run.rows({{{}, 31}, {{}, 4}});
  EXPECT_THAT(rows_of(run.given()), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(run.runs().usage().entries, 4U);
}

TEST(DedupTest, PassesAKeyAgainThatDidNotComeForItsTtl) {
  keyed_run<int, int> run{dedup({.ttl = 10s}).bind_keyed<int>(std::identity{}).make};
  run.rows({{0, 7}, {9, 7}, {18, 7}, {28, 7}, {29, 7}});
  run.watermark(30);
  run.rows({{37, 7}, {47, 7}});
  std::vector<int> seconds;
  for (const auto& one : run.given()) seconds.push_back(*one.second);
  EXPECT_THAT(seconds, ElementsAre(0, 28, 47)) << "each coming counts, also one that is dropped";
}

TEST(DedupTest, KeepsTheOperatorContractWithATtl) {
  test::expect_operator_contract<int, int>(
      [make = dedup({.ttl = 10s}).bind_keyed<int>(std::identity{}).make] {
        return make(state_place{});
      },
      [](test::chance& by) { return static_cast<int>(by() % 20); }, true);
}

TEST(DedupTest, KeepsTheOperatorContractWithTextItBorrows) {
  static const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  test::expect_operator_contract<std::string_view, std::string_view>(
      [make = dedup().bind_keyed<std::string_view>(std::identity{}).make] {
        return make(state_place{});
      },
      [](test::chance& by) {
        const auto first = by() % 20;
        return std::string_view{letters}.substr(first, 1 + by() % 5);
      });
}

} // namespace
} // namespace weir
