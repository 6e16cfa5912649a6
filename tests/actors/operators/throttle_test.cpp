// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/throttle.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

/// Runs a throttle on endless rows until `end`; gives when each row passed.
std::vector<moment> passed_until(double pace, moment end) {
  auto op = *throttle(pace).bind<int>().make();
  std::vector<moment> passed;
  for (moment now{}; now < end;) {
    batch<int> in;
    batch<int> out;
    for (int i = 0; i < 4000; ++i) in.push_back(i);
    std::vector<batch_base*> open{&out};
    const auto n = op->on_batch(0, any_view{&in, 0, true}, outlets{open});
    passed.insert(passed.end(), n, now);
    if (n < 4000)
      if (const auto at = op->resume_at(now)) now = *at;
  }
  return passed;
}

TEST(ThrottleTest, KeepsTheContract) {
  expect_operator_contract<int, int>([] { return throttle(1000).bind<int>().make(); },
                                     [](chance& by) { return static_cast<int>(by()); });
}

TEST(ThrottleTest, LetsAsManyRowsPassAsThePaceSays) {
  for (const double pace : {0.5, 1.0, 7.0, 1000.0, 2e5}) {
    const auto passed = passed_until(pace, moment{100s});
    EXPECT_NEAR(static_cast<double>(passed.size()), 100 * pace, std::max(2.0, pace / 20)) << pace;
  }
}

TEST(ThrottleTest, NeverLetsMoreThanOneBucketTooManyPass) {
  const auto passed = passed_until(1000, moment{2s});
  for (std::size_t i = 0; i + 100 < passed.size(); ++i)
    ASSERT_GE(passed[i + 100] - passed[i], 89ms) << i; // 10 of the 101 may come at once
}

TEST(ThrottleTest, SavesUpNoMoreThanOneBucketWhileNothingCame) {
  auto op = *throttle(1000).bind<int>().make();
  const auto offer = [&] {
    batch<int> in;
    batch<int> out;
    for (int i = 0; i < 100; ++i) in.push_back(i);
    std::vector<batch_base*> open{&out};
    return op->on_batch(0, any_view{&in, 0, true}, outlets{open});
  };
  EXPECT_EQ(offer(), 10U);
  EXPECT_TRUE(op->resume_at(moment{}).has_value());
  EXPECT_EQ(op->resume_at(moment{1h}), std::nullopt);
  EXPECT_EQ(offer(), 10U);
}

TEST(ThrottleTest, RefusesAPaceThatIsNone) {
  for (const double pace : {0.0, -1.0, std::nan("")}) {
    const auto made = throttle(pace).bind<int>().make();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, errc::config);
  }
}

} // namespace
} // namespace weir::test
