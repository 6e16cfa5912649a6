// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/map.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace weir::test {
namespace {

TEST(MapTest, KeepsTheContractOnPlainRows) {
  expect_operator_contract<std::int64_t, std::int64_t>(
      [] {
        return map([by = std::int64_t{3}](std::int64_t x) { return x ^ by; })
            .bind<std::int64_t>()
            .make();
      },
      [](chance& by) { return static_cast<std::int64_t>(by()); });
}

TEST(MapTest, KeepsTheContractWhenTheTypeChanges) {
  expect_operator_contract<std::int32_t, double>(
      [] { return map([](std::int32_t x) { return x * 0.5; }).bind<std::int32_t>().make(); },
      [](chance& by) { return static_cast<std::int32_t>(by()); });
}

TEST(MapTest, KeepsTheContractOnRowsThatOwnText) {
  expect_operator_contract<std::string, std::string>(
      [] { return map([](std::string s) { return s + "!"; }).bind<std::string>().make(); },
      [](chance& by) { return std::string(by() % 50, 'x'); });
}

TEST(MapTest, KeepsTheContractOnRowsThatBorrowText) {
  const std::string text(200, 'x');
  expect_operator_contract<std::string_view, std::string_view>(
      [] {
        return map([](std::string_view s) { return s.substr(s.size() / 2); })
            .bind<std::string_view>()
            .make();
      },
      [&](chance& by) { return std::string_view{text}.substr(0, by() % text.size()); });
}

TEST(MapTest, ChangesRowsInPlaceWhenNobodyElseSeesThem) {
  auto op = *map([](int x) { return x + 1; }).bind<int>().make();
  batch<int> in;
  batch<int> out;
  for (int i = 0; i < 1000; ++i) in.push_back(i);
  const void* const rows = in.row_data();
  std::vector<batch_base*> open{&out};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, true}, outlets{open}), 1000U);
  EXPECT_EQ(out.row_data(), rows);
  EXPECT_EQ(out[999], 1000);
}

TEST(MapTest, LeavesRowsAloneThatOthersSee) {
  auto op = *map([](int x) { return x + 1; }).bind<int>().make();
  batch<int> in;
  batch<int> out;
  in.push_back(1);
  std::vector<batch_base*> open{&out};
  op->on_batch(0, any_view{&in, 0, false}, outlets{open});
  EXPECT_EQ(in[0], 1);
  EXPECT_EQ(out[0], 2);
}

TEST(MapTest, LetsACallableCount) {
  auto op = *map([n = 0](int) mutable { return n++; }).bind<int>().make();
  std::vector<int> seen;
  for (int i = 0; i < 3; ++i) {
    batch<int> in;
    batch<int> out;
    in.push_back(0);
    in.push_back(0);
    std::vector<batch_base*> open{&out};
    op->on_batch(0, any_view{&in, 0, true}, outlets{open});
    seen.insert(seen.end(), out.rows().begin(), out.rows().end());
  }
  EXPECT_EQ(seen, (std::vector{0, 1, 2, 3, 4, 5}));
}

TEST(MapTest, StopsWhenRowsThatOwnMemoryFillTheBatch) {
  auto op = *map([](int) { return std::string(batch_bytes / 4, 'x'); }).bind<int>().make();
  batch<int> in;
  batch<std::string> out;
  for (int i = 0; i < 100; ++i) in.push_back(i);
  std::vector<batch_base*> open{&out};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, true}, outlets{open}), 4U);
  EXPECT_TRUE(out.is_full());
}

TEST(MapTest, NamesTheRowItsCallableThrewOn) {
  const auto fails_at_7 = [](int x) { return x == 7 ? throw std::runtime_error{"seven"} : x; };
  for (const bool exclusive : {false, true}) {
    auto op = *map(fails_at_7).bind<int>().make();
    batch<int> in;
    batch<int> out;
    for (int i = 0; i < 20; ++i) in.push_back(i);
    std::vector<batch_base*> open{&out};
    try {
      op->on_batch(0, any_view{&in, exclusive ? 0U : 2U, exclusive}, outlets{open});
      FAIL() << "nothing was thrown";
    } catch (const row_failure& failure) {
      EXPECT_EQ(failure.index, exclusive ? 7U : 5U);
      EXPECT_EQ(text_of(failure.cause), "seven");
    }
  }
}

TEST(MapTest, GivesTheSameForEachInstructionSet) {
  std::vector<std::int64_t> rows(1001);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i * i) - 5000;
  const auto f = [by = 7](std::int64_t x) { return x * by + 1; };
  for (auto set : {instruction_set::baseline, instruction_set::avx2, instruction_set::avx512}) {
    if (set > best_instruction_set()) continue; // a machine without it can't run it
    auto copy = f;
    std::vector<std::int64_t> got(rows.size());
    run_for<detail::map_loop>(set, static_cast<const std::int64_t*>(rows.data()), rows.size(),
                              got.data(), &copy);
    for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(got[i], f(rows[i])) << i;
  }
}

} // namespace
} // namespace weir::test
