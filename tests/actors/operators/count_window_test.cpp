// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/count_window.hpp>
#include <weir/tests/support/window_contract.hpp>
#include <weir/tests/support/window_run.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;
using count_run = window_run_of<count_row>;

std::vector<order> ones(const std::string& names) {
  std::vector<order> rows;
  for (const char name : names) rows.push_back({std::string(1, name), 1});
  return rows;
}

TEST(CountWindowTest, FiresForAKeyWhenItHasItsRows) {
  count_run run{count_window(3)};
  run.rows_without_time(ones("aabab"));
  EXPECT_EQ(run.results(), texts{"a [0,0) 3"});
  run.rows_without_time(ones("abaa"));
  EXPECT_EQ(run.results(), (texts{"b [0,0) 3", "a [0,0) 3"}));
  EXPECT_EQ(run.times(), std::vector<int>{});
}

TEST(CountWindowTest, GivesTheLastRowsAfterEverySoMany) {
  count_run run{count_window(5, 2)};
  for (int i = 0; i < 9; ++i) run.rows_without_time({{"a", 1LL << i}});
  EXPECT_EQ(run.results(), (texts{"a [0,0) 3", "a [0,0) 15", "a [0,0) 62", "a [0,0) 248"}))
      << "rows 1 to 2, 1 to 4, 2 to 6, 4 to 8";
}

TEST(CountWindowTest, GivesWhatIsThereOfTheNextWindowsAtTheEnd) {
  count_run run{count_window(4, 2)};
  run.rows_without_time(ones("aaabbc"));
  run.phase(1);
  EXPECT_EQ(run.results(), (texts{"a [0,0) 2", "b [0,0) 2"}));
  run.end();
  EXPECT_EQ(run.results(), (texts{"a [0,0) 3~", "c [0,0) 1~"})) << "b has no rows since it fired";
}

TEST(CountWindowTest, SpansTheTimesOfItsRowsInWhateverOrderTheyCome) {
  count_run run{count_window(3)};
  run.rows({{7, {"a", 1}}, {4, {"a", 1}}, {5, {"a", 1}}, {9, {"a", 1}}});
  EXPECT_EQ(run.results(), texts{"a [4,7) 3"});
  EXPECT_EQ(run.times(), std::vector{7}) << "of the latest of its rows";
  run.watermark(20);
  run.rows({{-86'400, {"a", 1}}});
  run.restart();
  run.end();
  EXPECT_EQ(run.results(), texts{"a [-86400,9) 2~"});
  EXPECT_EQ(run.late(), texts{});
  EXPECT_EQ(run.times(), std::vector{20}) << "no result is late";
}

TEST(CountWindowTest, KnowsTheEndsOfTime) {
  auto op = *window(count_window(2), total{}).bind_keyed<order>(&order::name).make({});
  batch<order> in, aside;
  batch<count_row> out;
  for (const auto time : {timestamp::max(), timestamp::min()}) {
    in.times_for_writing()[in.size()] = time;
    in.push_back({"a", 1});
  }
  std::vector<batch_base*> open{&out, &aside};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 2U);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].start, timestamp::min());
  EXPECT_EQ(out[0].end, timestamp::max());
}

TEST(CountWindowTest, RefusesWindowsThatMakeNoSense) {
  const auto message = [](count_windows windows, window_options options = {}) {
    auto made = window(windows, total{}, options).bind_keyed<order>(&order::name).make({});
    return made ? "made" : made.error().message;
  };
  EXPECT_EQ(message(count_window(0)), "count_window has 0 rows; it must have at least one");
  EXPECT_EQ(message(count_window(-3)), "count_window has -3 rows; it must have at least one");
  EXPECT_EQ(message(count_window(3, 0)),
            "count_window fires after every 0 rows; it must be at least one");
  EXPECT_NE(message(count_window(3, 4)).find("would be lost"), std::string::npos);
  EXPECT_NE(message(count_window(3), {.allow_late = 1s}).find("leave it out"), std::string::npos);
}

TEST(CountWindowTest, SaysWhatItKeeps) {
  count_run run{count_window(100, 1)};
  const auto before = run.usage().bytes;
  run.rows_without_time(std::vector<order>(1'000, {"a", 1}));
  EXPECT_EQ(run.usage().entries, 1U);
  const auto full = run.usage().bytes;
  EXPECT_GE(full, before + 100 * sizeof(std::int64_t));
  run.rows_without_time(std::vector<order>(1'000, {"a", 1}));
  EXPECT_EQ(run.usage().bytes, full) << "it does not grow";
  run.restart();
  EXPECT_EQ(run.usage().bytes, full);
}

/// Text does not commute: rows in the wrong order would be seen.
struct written {
  std::string create() const { return {}; }
  void add(std::string& text, const order& row) const { text += std::to_string(row.amount) + " "; }
  void merge(std::string& text, const std::string& other) const { text += other; }
  std::string result(const std::string& text) const { return text; }
};

/// The slow way: all rows of a key, cut by hand.
std::map<std::string, texts> by_hand(const std::vector<order>& rows, std::size_t size,
                                     std::size_t every) {
  std::map<std::string, std::vector<std::int64_t>> by_key;
  for (const auto& row : rows) by_key[row.name].push_back(row.amount);
  std::map<std::string, texts> all;
  for (const auto& [key, amounts] : by_key)
    for (std::size_t end = every; end < amounts.size() + every; end += every) {
      std::string text;
      for (auto i = end - std::min(end, size); i < std::min(end, amounts.size()); ++i)
        text += std::to_string(amounts[i]) + " ";
      all[key].push_back(text + (end > amounts.size() ? "~" : ""));
    }
  return all;
}

RC_GTEST_PROP(CountWindowTest, GivesWhatCuttingByHandGives, ()) {
  const auto size = *rc::gen::inRange<std::int64_t>(1, 40);
  const auto every = *rc::gen::inRange<std::int64_t>(1, size + 1);
  const auto names = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3));
  const auto restarts = *rc::gen::inRange<std::size_t>(1, 50);
  std::vector<order> rows;
  for (const int name : names)
    rows.push_back({std::to_string(name), static_cast<std::int64_t>(rows.size())});

  const auto make =
      window(count_window(size, every), written{}).bind_keyed<order>(&order::name).make;
  auto op = *make({});
  batch<windowed_rows<std::string, std::string>> out;
  batch<order> aside;
  std::vector<batch_base*> open{&out, &aside};
  std::map<std::string, texts> got;
  const auto take = [&] {
    for (const auto& row : out.rows())
      got[row.key].push_back(row.value + (row.is_complete ? "" : "~"));
    out.clear();
    out.set_limit(1);
  };
  take();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    batch<order> in;
    in.push_back(rows[i]);
    while (op->on_batch(0, any_view{&in, 0, false}, outlets{open}) == 0) take();
    if (i % restarts != 0) continue;
    snapshot_writer saved;
    op->save(saved);
    op = *make({});
    snapshot_reader from{saved.bytes()};
    op->load(from);
    RC_ASSERT(from.is_finished());
  }
  while (!op->on_mark(any_operator::mark::end, 0, outlets{open})) take();
  take();
  RC_ASSERT(got == by_hand(rows, static_cast<std::size_t>(size), static_cast<std::size_t>(every)));
}

TEST(CountWindowTest, RefusesADamagedSnapshot) {
  const auto make = window(count_window(6, 2), total{}).bind_keyed<order>(&order::name).make;
  auto op = *make({});
  batch<order> in, aside;
  batch<count_row> out;
  for (int i = 0; i < 9; ++i) in.push_back({"a", 1});
  std::vector<batch_base*> open{&out, &aside};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 9U);
  snapshot_writer saved;
  op->save(saved);
  for (std::size_t cut = 0; cut < saved.bytes().size(); ++cut) {
    snapshot_reader from{std::string_view{saved.bytes()}.substr(0, cut)};
    EXPECT_THROW((*make({}))->load(from), std::runtime_error) << cut;
  }
}

TEST(CountWindowTest, HoldsTheContractOfOperators) {
  expect_window_contract<count_row>(count_window(4), false);
  expect_window_contract<count_row>(count_window(12, 3), false);
  expect_window_contract<count_row>(count_window(7, 1), false);
}

} // namespace
} // namespace weir::test
