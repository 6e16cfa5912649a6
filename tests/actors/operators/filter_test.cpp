// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/filter.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace weir::test {
namespace {

struct wide_row {
  std::int64_t key = 0;
  double weights[5] = {};
  friend bool operator==(const wide_row&, const wide_row&) = default;
};

std::size_t run(any_operator& op, batch_base& in, batch_base& out, bool exclusive) {
  std::vector<batch_base*> open{&out};
  return op.on_batch(0, any_view{&in, 0, exclusive}, outlets{open});
}

TEST(FilterTest, KeepsTheContractOnPlainRows) {
  expect_operator_contract<std::int64_t, std::int64_t>(
      [] { return filter([](std::int64_t x) { return x % 3 != 0; }).bind<std::int64_t>().make(); },
      [](chance& by) { return static_cast<std::int64_t>(by()); });
}

TEST(FilterTest, KeepsTheContractOnWideRows) {
  expect_operator_contract<wide_row, wide_row>(
      [] { return filter([](const wide_row& r) { return r.key > 0; }).bind<wide_row>().make(); },
      [](chance& by) {
        return wide_row{static_cast<std::int64_t>(by()), {1, 2}};
      });
}

TEST(FilterTest, KeepsTheContractOnRowsThatOwnText) {
  expect_operator_contract<std::string, std::string>(
      [] {
        return filter([](const std::string& s) { return s.size() % 2 == 0; })
            .bind<std::string>()
            .make();
      },
      [](chance& by) { return std::string(by() % 50, 'x'); });
}

TEST(FilterTest, KeepsTheContractOnRowsThatBorrowText) {
  const std::string text(9000, 'x');
  expect_operator_contract<std::string_view, std::string_view>(
      [] {
        return filter([](std::string_view s) { return s.size() % 8 == 1; })
            .bind<std::string_view>()
            .make();
      },
      [&](chance& by) { return std::string_view{text}.substr(0, by() % text.size()); });
}

TEST(FilterTest, FollowsAnotherFilterWithItsOrigins) {
  auto even = *filter([](int x) { return x % 2 == 0; }).bind<int>().make();
  auto by3 = *filter([](int x) { return x % 3 == 0; }).bind<int>().make();
  batch<int> in;
  batch<int> between;
  batch<int> out;
  for (int i = 0; i < 1000; ++i) in.push_back(i);
  in.set_origin({nullptr, 10'000});
  run(*even, in, between, true);
  run(*by3, between, out, true);
  ASSERT_EQ(out.size(), 167U);
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i], static_cast<int>(6 * i));
    EXPECT_EQ(out.origin_of(i).position, 10'000 + 6 * i);
  }
}

TEST(FilterTest, HandsABatchOnUntouchedWhenAllPass) {
  auto op = *filter([](int) { return true; }).bind<int>().make();
  batch<int> in;
  batch<int> out;
  for (int i = 0; i < 100; ++i) in.push_back(i);
  const void* const rows = in.row_data();
  run(*op, in, out, true);
  EXPECT_EQ(out.row_data(), rows);
  EXPECT_EQ(out.size(), 100U);
  EXPECT_FALSE(out.has_offsets());
}

TEST(FilterTest, ConsumesWhatItDropsUntilTheOutletIsFull) {
  auto op = *filter([](int x) { return x % 10 == 0; }).bind<int>().make();
  batch<int> in;
  batch<int> out;
  out.set_limit(20);
  for (int i = 0; i < 1000; ++i) in.push_back(i);
  EXPECT_EQ(run(*op, in, out, false), 191U);
  EXPECT_EQ(out.size(), 20U);
  EXPECT_EQ(out[19], 190);
}

TEST(FilterTest, CopiesTextTogetherOnceLittleOfItIsUsed) {
  auto op = *filter([](std::string_view s) { return s[0] == 'b'; }).bind<std::string_view>().make();
  auto text = std::make_shared<std::string>(100'000, 'a');
  (*text)[500] = 'b';
  batch<std::string_view> in;
  for (std::size_t i = 0; i < 1000; ++i) in.push_back(std::string_view{*text}.substr(i * 100, 100));
  in.keep({text, text->size()});
  batch<std::string_view> out;
  run(*op, in, out, false);
  in.clear();
  std::weak_ptr<std::string> source = text;
  text.reset();
  EXPECT_TRUE(source.expired());
  EXPECT_EQ(out.text_bytes(), 100U);
  EXPECT_EQ(out[0], "b" + std::string(99, 'a'));
}

TEST(FilterTest, NamesTheRowItsCallableThrewOn) {
  const auto fails_at_77 = [](int x) {
    return x == 77 ? throw std::runtime_error{"77"} : x % 2 == 0;
  };
  for (const bool exclusive : {false, true}) {
    auto op = *filter(fails_at_77).bind<int>().make();
    batch<int> in;
    batch<int> out;
    out.set_limit(exclusive ? out.capacity() : 60); // in rounds: the second one throws
    for (int i = 0; i < 100; ++i) in.push_back(i);
    try {
      run(*op, in, out, exclusive);
      FAIL() << "nothing was thrown";
    } catch (const row_failure& failure) {
      EXPECT_EQ(failure.index, 77U);
    }
  }
}

} // namespace
} // namespace weir::test
