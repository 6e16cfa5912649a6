// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/tap.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace weir::test {
namespace {

TEST(TapTest, KeepsTheContract) {
  expect_operator_contract<std::string, std::string>(
      [] { return tap([](const std::string&) {}).bind<std::string>().make(); },
      [](chance& by) { return std::string(by() % 50, 'x'); });
}

TEST(TapTest, SeesEachRowOnceInOrder) {
  std::vector<int> seen;
  operator_driver<int, int> driver{
      [&] { return tap([&](int row) { seen.push_back(row); }).bind<int>().make(); },
      {.cuts = {3, 1, 4}, .rooms = {2, 2, 1, 5}, .exclusive = false, .restart_after = {}}};
  chance by{1};
  std::vector<int> rows{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5};
  driver.run(rows, places_for(rows.size(), by));
  EXPECT_EQ(seen, rows);
  EXPECT_EQ(driver.output(0).rows(), rows);
}

TEST(TapTest, NamesTheRowItsCallableThrewOn) {
  auto op = *tap([](int x) {
               if (x == 3) throw std::runtime_error{"three"};
             })
                 .bind<int>()
                 .make();
  batch<int> in;
  batch<int> out;
  out.push_back(0); // an earlier row
  for (int i = 0; i < 5; ++i) in.push_back(i);
  in.set_origin({nullptr, 1});
  std::vector<batch_base*> open{&out};
  try {
    op->on_batch(0, any_view{&in, 0, true}, outlets{open});
    FAIL() << "nothing was thrown";
  } catch (const row_failure& failure) {
    EXPECT_EQ(failure.index, 3U);
  }
}

} // namespace
} // namespace weir::test
