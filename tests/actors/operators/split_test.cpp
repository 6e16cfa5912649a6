// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/split.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace weir::test {
namespace {

bool is_even(std::int64_t x) { return x % 2 == 0; }

TEST(SplitTest, KeepsTheContractOnPlainRows) {
  expect_operator_contract<std::int64_t, std::int64_t>(
      [] { return split(is_even).bind<std::int64_t>().make(); },
      [](chance& by) { return static_cast<std::int64_t>(by()); });
}

TEST(SplitTest, KeepsTheContractOnRowsThatOwnText) {
  expect_operator_contract<std::string, std::string>(
      [] {
        return split([](const std::string& s) { return s.size() > 25; }).bind<std::string>().make();
      },
      [](chance& by) { return std::string(by() % 50, 'x'); });
}

TEST(SplitTest, GivesEachRowToExactlyOneOutlet) {
  auto op = *split(is_even).bind<std::int64_t>().make();
  batch<std::int64_t> in;
  batch<std::int64_t> even;
  batch<std::int64_t> odd;
  for (std::int64_t i = 0; i < 1001; ++i) in.push_back(i);
  std::vector<batch_base*> open{&even, &odd};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 1001U);
  ASSERT_EQ(even.size(), 501U);
  ASSERT_EQ(odd.size(), 500U);
  for (std::size_t i = 0; i < odd.size(); ++i) {
    EXPECT_EQ(odd[i], static_cast<std::int64_t>(2 * i + 1));
    EXPECT_EQ(odd.origin_of(i).position, 2 * i + 1);
    EXPECT_EQ(even[i], static_cast<std::int64_t>(2 * i));
  }
}

TEST(SplitTest, PassesRowsForTheOtherOutletWhileOneIsFull) {
  int asked = 0;
  auto op =
      *split([&asked](std::int64_t x) { return ++asked, x >= 10; }).bind<std::int64_t>().make();
  batch<std::int64_t> in;
  batch<std::int64_t> large;
  batch<std::int64_t> small;
  large.set_limit(1);
  large.push_back(99);
  for (std::int64_t i = 0; i < 20; ++i) in.push_back(i);
  std::vector<batch_base*> open{&large, &small};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 10U);
  EXPECT_EQ(small.size(), 10U);
  large.clear();
  EXPECT_EQ(op->on_batch(0, any_view{&in, 10, false}, outlets{open}), 10U);
  EXPECT_EQ(large[0], 10);
  EXPECT_EQ(asked, 20); // once a row, though the eleventh had to wait
}

TEST(SplitTest, NamesTheRowItsCallableThrewOn) {
  auto op = *split([](std::int64_t x) { return x == 33 ? throw std::runtime_error{"33"} : x > 0; })
                 .bind<std::int64_t>()
                 .make();
  batch<std::int64_t> in;
  batch<std::int64_t> yes;
  batch<std::int64_t> no;
  for (std::int64_t i = 0; i < 40; ++i) in.push_back(i);
  std::vector<batch_base*> open{&yes, &no};
  try {
    op->on_batch(0, any_view{&in, 1, false}, outlets{open});
    FAIL() << "nothing was thrown";
  } catch (const row_failure& failure) {
    EXPECT_EQ(failure.index, 32U);
  }
}

} // namespace
} // namespace weir::test
