// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/take.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace weir::test {
namespace {

TEST(TakeTest, KeepsTheContract) {
  expect_operator_contract<int, int>([] { return take(50).bind<int>().make(); },
                                     [](chance& by) { return static_cast<int>(by()); });
}

TEST(TakeTest, WantsNoMoreOnceItHasItsRows) {
  auto op = *take(3).bind<int>().make();
  batch<int> in;
  batch<int> out;
  for (int i = 0; i < 5; ++i) in.push_back(i);
  std::vector<batch_base*> open{&out};
  EXPECT_FALSE(op->wants_no_more());
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, true}, outlets{open}), 3U);
  EXPECT_TRUE(op->wants_no_more());
  EXPECT_EQ(out.size(), 3U);
}

TEST(TakeTest, OfNothingWantsNothing) {
  EXPECT_TRUE((*take(0).bind<int>().make())->wants_no_more());
}

TEST(TakeTest, ReadsItsOptionsWhenItIsMade) {
  const auto bound = take(3).bind<int>();
  const auto* rows = bound.options.table->find("rows");
  ASSERT_NE(rows, nullptr);
  *static_cast<std::uint64_t*>(rows->value_for_writing(bound.options.object.get())) = 0;
  EXPECT_TRUE((*bound.make())->wants_no_more());
}

} // namespace
} // namespace weir::test
