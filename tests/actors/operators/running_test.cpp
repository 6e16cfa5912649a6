// SPDX-License-Identifier: Apache-2.0

#include "../../support/keyed_run.hpp"
#include "../../support/operator_contract.hpp"
#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/mean.hpp>
#include <weir/actors/operators/agg/sum.hpp>
#include <weir/actors/operators/running.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <string>

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::keyed_run;
using ::testing::ElementsAre;

struct order {
  std::string name;
  double amount = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount))

template <class Out>
std::vector<std::string> texts(const std::vector<test::at_second<Out>>& given) {
  std::vector<std::string> all;
  for (const auto& one : given) {
    auto value = std::to_string(one.row.value);
    all.push_back(one.row.key + " " + value.substr(0, value.find('.') + 2));
  }
  return all;
}

TEST(RunningTest, GivesTheAggregateOfAKeySoFarWithEachRow) {
  using out = running_value<std::string, double>;
  keyed_run<order, out> run{
      running(agg::mean(&order::amount)).bind_keyed<order>(&order::name).make};
  run.rows({{1, {"Alice", 10}}, {2, {"Bob", 4}}, {3, {"Alice", 20}}});
  run.restart();
  run.rows({{4, {"Alice", 30}}, {5, {"Bob", 6}}});
  EXPECT_THAT(texts(run.given()),
              ElementsAre("Alice 10.0", "Bob 4.0", "Alice 15.0", "Alice 20.0", "Bob 5.0"));
}

TEST(RunningTest, BeginsAnewForAKeyThatWasSilentForItsTtl) {
  using out = running_value<std::string, double>;
  keyed_run<order, out> run{
      running(agg::sum(&order::amount), {.ttl = 10s}).bind_keyed<order>(&order::name).make};
  run.rows({{1, {"Alice", 10}}, {10, {"Alice", 4}}, {20, {"Alice", 1}}});
  EXPECT_THAT(texts(run.given()), ElementsAre("Alice 10.0", "Alice 14.0", "Alice 1.0"));
}

TEST(RunningTest, KeepsTheOperatorContract) {
  const auto make = running(agg::count()).bind_keyed<order>(&order::name).make;
  test::expect_operator_contract<order, running_value<std::string, std::uint64_t>>(
      [make] { return make(state_place{}); },
      [](test::chance& by) {
        return order{std::string(1 + by() % 3, 'x'), static_cast<double>(by() % 100)};
      });
}

} // namespace
} // namespace weir
