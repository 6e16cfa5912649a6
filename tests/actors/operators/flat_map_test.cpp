// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/flat_map.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::test {
namespace {

std::vector<int> countdown(int from) {
  std::vector<int> rows;
  for (int i = from; i > 0; --i) rows.push_back(i);
  return rows;
}

std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> rows;
  for (; text.size() >= 7; text.remove_prefix(7)) rows.push_back(text.substr(0, 7));
  return rows;
}

TEST(FlatMapTest, KeepsTheContractWhenRowsMultiply) {
  expect_operator_contract<int, int>([] { return flat_map(countdown).bind<int>().make(); },
                                     [](chance& by) { return static_cast<int>(by() % 20); });
}

TEST(FlatMapTest, KeepsTheContractOnRowsThatBorrowText) {
  const std::string text(100, 'x');
  expect_operator_contract<std::string_view, std::string_view>(
      [] { return flat_map(pieces).bind<std::string_view>().make(); },
      [&](chance& by) { return std::string_view{text}.substr(0, by() % text.size()); });
}

TEST(FlatMapTest, TakesAContainerThatLiesInTheRow) {
  using basket = std::vector<std::string>;
  auto op = *flat_map([](const basket& b) -> const basket& { return b; }).bind<basket>().make();
  batch<basket> in;
  batch<std::string> out;
  in.push_back({"apple", "pear"});
  in.push_back({});
  in.push_back({"plum"});
  std::vector<batch_base*> open{&out};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 3U);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[2], "plum");
  EXPECT_EQ(out.origin_of(1).position, 0U);
  EXPECT_EQ(out.origin_of(2).position, 2U);
  EXPECT_EQ(in[0][1], "pear"); // copied, not taken
}

TEST(FlatMapTest, TakesRowsComputedOnTheWay) {
  const auto squares = [](int n) {
    return std::views::iota(0, n) | std::views::transform([](int i) { return i * i; });
  };
  auto op = *flat_map(squares).bind<int>().make();
  batch<int> in;
  batch<int> out;
  in.push_back(4);
  std::vector<batch_base*> open{&out};
  op->on_batch(0, any_view{&in, 0, false}, outlets{open});
  EXPECT_EQ((std::vector<int>(out.rows().begin(), out.rows().end())), (std::vector{0, 1, 4, 9}));
}

TEST(FlatMapTest, StopsInTheMiddleOfARowAndResumesThere) {
  auto op = *flat_map(countdown).bind<int>().make();
  batch<int> in;
  batch<int> out;
  in.push_back(10'000);
  std::vector<batch_base*> open{&out};
  std::size_t made = 0;
  std::size_t calls = 0;
  for (std::size_t consumed = 0; consumed == 0; ++calls) {
    out.clear();
    consumed = op->on_batch(0, any_view{&in, 0, true}, outlets{open});
    for (int row : out.rows()) EXPECT_EQ(row, 10'000 - static_cast<int>(made++));
  }
  EXPECT_EQ(made, 10'000U);
  EXPECT_EQ(calls, 3U);
}

TEST(FlatMapTest, NamesTheRowItsCallableThrewOn) {
  auto op =
      *flat_map([](int x) { return x == 3 ? throw std::runtime_error{"three"} : std::vector{x}; })
           .bind<int>()
           .make();
  batch<int> in;
  batch<int> out;
  for (int i = 0; i < 5; ++i) in.push_back(i);
  std::vector<batch_base*> open{&out};
  try {
    op->on_batch(0, any_view{&in, 0, true}, outlets{open});
    FAIL() << "nothing was thrown";
  } catch (const row_failure& failure) {
    EXPECT_EQ(failure.index, 3U);
  }
}

TEST(FlatMapTest, KeepsTheTimeOfTheRowItMadeThemOf) {
  auto op = *flat_map(countdown).bind<int>().make();
  batch<int> in;
  batch<int> out;
  out.set_limit(4); // in the middle of the second row
  for (const int second : {3, 2}) {
    in.times_for_writing()[in.size()] = timestamp{std::chrono::seconds{second}};
    in.push_back(second);
  }
  std::vector<batch_base*> open{&out};
  std::vector<int> seconds;
  for (std::size_t done = 0; done < in.size(); out.clear()) {
    done += op->on_batch(0, any_view{&in, done, false}, outlets{open});
    for (std::size_t i = 0; i < out.size(); ++i)
      seconds.push_back(static_cast<int>(out.time_of(i).time_since_epoch().count() / 1'000'000));
  }
  EXPECT_EQ(seconds, (std::vector{3, 3, 3, 2, 2}));
}

} // namespace
} // namespace weir::test
