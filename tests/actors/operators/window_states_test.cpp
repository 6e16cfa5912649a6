// SPDX-License-Identifier: Apache-2.0
//
// Windows of time that are larger than memory, which must give what they give in memory.

#include <weir/actors/operators/window_states.hpp>
#include <weir/tests/support/state_ways.hpp>
#include <weir/tests/support/window_contract.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;
using testing::map_backend;

/// Sensitive to the order of rows: a number written in base 31.
struct in_order {
  struct digits {
    std::int64_t value = 0, base = 1;
    BOOST_DESCRIBE_CLASS(digits, (), (value, base), (), ())
  };
  digits create() const { return {}; }
  void add(digits& all, const order& row) const { merge(all, {row.amount, 31}); }
  void merge(digits& all, const digits& other) const {
    const auto times = [](std::int64_t a, std::int64_t b) {
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b)
                                       % 1'000'000'007U);
    };
    all.value = (times(all.value, other.base) + other.value) % 1'000'000'007;
    all.base = times(all.base, other.base);
  }
  std::int64_t result(const digits& all) const { return all.value; }
};

class WindowStatesTest : public ::testing::TestWithParam<state_way> {};

INSTANTIATE_TEST_SUITE_P(, WindowStatesTest, ::testing::Values(in_map(), in_rocksdb()),
                         name_of_way);

/// Two runs that are told the same, and must give the same, but for the order of keys.
struct both {
  window_run in_memory, spilled;

  void tell(const std::function<void(window_run&)>& what) {
    what(in_memory);
    what(spilled);
  }
  void agree() {
    auto expected = in_memory.results(), got = spilled.results();
    std::ranges::sort(expected);
    std::ranges::sort(got);
    RC_LOG() << rc::toString(got) << " not " << rc::toString(expected) << '\n';
    RC_ASSERT(got == expected);
    RC_ASSERT(spilled.late() == in_memory.late());
  }
};

template <class Windows>
void gives_what_memory_gives(const state_way& way, Windows windows, window_options options,
                             int second = 1) {
  const auto place = [&] {
    return way.place(*rc::gen::element<std::size_t>(1, 300, 3'000, 2 << 20U));
  };
  both runs{window_run{windows, options, {}, in_order{}},
            window_run{windows, options, place(), in_order{}}};
  auto now = 0s;
  int at = 0;
  for (auto steps = *rc::gen::inRange(0, 30); steps > 0; --steps) {
    std::vector<timed> rows;
    for (auto count = *rc::gen::inRange(0, 12); count > 0; --count)
      rows.push_back({(at + *rc::gen::inRange(-15, 10)) * second,
                      {std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 6))),
                       *rc::gen::inRange(0, 31)}});
    runs.tell([&](window_run& run) { run.rows(rows); });
    runs.agree();
    if (*rc::gen::inRange(0, 3) == 0) { // both: they forget when early results are due
      const auto move = *rc::gen::inRange(0, 4);
      if (move < 2)
        runs.spilled.restart();
      else
        runs.spilled.restart(move == 2 ? state_place{} : place());
      runs.in_memory.restart();
    }
    now += std::chrono::seconds{*rc::gen::element(0, 1, 1, 1, 200)};
    runs.tell([&](window_run& run) { run.time(now); });
    runs.agree();
    at += *rc::gen::inRange(0, 6);
    runs.tell([&](window_run& run) { run.watermark(at * second); });
    runs.agree();
  }
  runs.tell([](window_run& run) { run.end(); });
  runs.agree();
}

TEST_P(WindowStatesTest, GivesWhatMemoryGives) {
  EXPECT_TRUE(rc::check("windows are those in memory", [&] {
    GetParam().maybe_leave_out();
    const int slide = *rc::gen::inRange(1, 7);
    const int size = slide + *rc::gen::inRange(0, 12);
    const window_options options{.allow_late = std::chrono::seconds{*rc::gen::element(0, 3, 10)},
                                 .every = *rc::gen::element(0s, 0s, 1s),
                                 .timeout = *rc::gen::element(0s, 100s)};
    gives_what_memory_gives(
        GetParam(), sliding(std::chrono::seconds{size}, std::chrono::seconds{slide}), options);
  }));
}

TEST_P(WindowStatesTest, GivesWhatMemoryGivesOfDays) {
  EXPECT_TRUE(rc::check("days are those in memory", [&] {
    GetParam().maybe_leave_out();
    // A step is a third of a day.
    const window_options options{.allow_late = 9h * *rc::gen::inRange(0, 4)};
    gives_what_memory_gives(GetParam(), tumbling_days(1, "Europe/Berlin"), options, 8 * 3'600);
  }));
}

TEST_P(WindowStatesTest, HoldsTheContractOfOperators) {
  // One window, of which all is written behind each batch: so the order is that of keys.
  const auto tiny = [] { return GetParam().place(1); };
  expect_window_contract(tumbling(10'000s), true, {}, tiny, late_by_partition::no);
  expect_window_contract(tumbling_days(1, "UTC"), true, {}, tiny, late_by_partition::no);
}

/// `count` rows of as many keys, evenly over `seconds`.
std::vector<timed> many_rows(int count, int seconds) {
  std::vector<timed> rows;
  rows.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    rows.push_back({static_cast<int>(std::int64_t{i} * seconds / count),
                    {"a name that is long, number " + std::to_string(i * 7'919LL % count), i}});
  return rows;
}

/// Feeds rows a batch at a time, and gives the most that was held.
std::size_t most_held(window_run& run, const std::vector<timed>& rows) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < rows.size(); i += 4'096) {
    const auto end = std::min(rows.size(), i + 4'096);
    run.rows({rows.begin() + static_cast<std::ptrdiff_t>(i),
              rows.begin() + static_cast<std::ptrdiff_t>(end)});
    most = std::max(most, run.usage().bytes);
  }
  return most;
}

TEST(WindowStatesPlaceTest, HoldsNoMoreThanItMayWhereMostIsSpilled) {
  const auto seen = std::make_shared<map_backend::record>();
  const auto rows = many_rows(200'000, 8);
  for (const auto windows : {tumbling(8s), sliding(4s, 1s)}) {
    window_run run{windows, {}, place_of(testing::map_kind(seen), "totals", 8U << 20U)};
    EXPECT_LE(most_held(run, rows), 4U << 20U) << "half of it is the backend's";
    EXPECT_GT(seen->content.size(), 150'000U);
    EXPECT_GE(run.usage().entries, 200'000U);
    run.end();
    const auto got = run.results();
    EXPECT_EQ(std::set(got.begin(), got.end()).size(),
              windows.size == windows.slide ? 200'000U : 800'000U);
    EXPECT_EQ(got.size(), windows.size == windows.slide ? 200'000U : 800'000U);
    EXPECT_TRUE(seen->content.empty()) << "what is given is gone";
  }
}

TEST(WindowStatesPlaceTest, OpensNothingWhileAllFits) {
  const auto seen = std::make_shared<map_backend::record>();
  window_run run{sliding(4s, 1s), {}, place_of(testing::map_kind(seen), "totals", 64U << 20U)};
  most_held(run, many_rows(20'000, 8));
  run.watermark(4);
  run.end();
  EXPECT_EQ(run.results().size(), 80'000U);
  EXPECT_EQ(seen->opened, 0U);
}

TEST(WindowStatesPlaceTest, GivesTheKeysOfAWindowThatWasWrittenInTheOrderOfTheirBytes) {
  window_run run{tumbling(10s), {}, place_of(testing::map_kind(), "totals", 1)};
  const auto name = [](int i) { return std::to_string(i); };
  for (int i = 40; i > 0; --i) run.rows({{1, {name(i % 20), i}}});
  run.end();
  std::vector<std::pair<std::size_t, std::string>> expected;
  for (int i = 0; i < 20; ++i)
    expected.emplace_back(key_group_of(key_hash(name(i))), (i < 10 ? "1" : "2") + name(i));
  std::ranges::sort(expected); // shorter names first: their length is written before them
  texts names;
  for (const auto& each : expected) names.push_back(each.second.substr(1));
  texts got;
  for (const auto& each : run.results()) got.push_back(each.substr(0, each.find(' ')));
  EXPECT_EQ(got, names);
}

/// Phases of few keys, which fit, and of many, which do not; some rows are late.
TEST_P(WindowStatesTest, GivesWhatMemoryGivesWhereSomeWindowsFitAndOthersDoNot) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (const auto windows : {sliding(8s, 2s), tumbling(8s)}) {
    const window_options options{.allow_late = 4s};
    window_run in_memory{windows, options, {}, in_order{}},
        spilled{windows, options, GetParam().place(10U << 20U), in_order{}};
    std::size_t spills = 0;
    for (int at = 0; at < 120; ++at) {
      const unsigned keys = at / 20 % 2 == 0 ? 50 : 20'000;
      std::vector<timed> rows;
      for (int i = 0; i < 3'000; ++i)
        rows.push_back({at + static_cast<int>(random() % 5) - (i % 500 == 0 ? 12 : 0),
                        {"customer " + std::to_string(random() % keys),
                         static_cast<std::int64_t>(random() % 31)}});
      for (auto* run : {&in_memory, &spilled}) {
        run->rows(rows);
        run->watermark(at);
      }
      auto expected = in_memory.results(), got = spilled.results();
      spills += got == expected ? 0 : 1;
      std::ranges::sort(expected);
      std::ranges::sort(got);
      ASSERT_TRUE(got == expected) << "at " << at;
      ASSERT_EQ(spilled.late(), in_memory.late());
    }
    EXPECT_GT(spills, 4U) << "in the order of keys";
    EXPECT_LT(spills, 50U) << "in the order in which they came";
  }
}

std::string failure_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::runtime_error& thrown) {
    return thrown.what();
  }
  return "nothing";
}

TEST(WindowStatesPlaceTest, SaysWhatFailed) {
  const auto seen = std::make_shared<map_backend::record>();
  window_run run{tumbling(10s), {.allow_late = 5s}, place_of(testing::map_kind(seen), "totals", 1)};
  run.rows({{1, {"a", 1}}, {2, {"b", 2}}});
  seen->fails = true;
  const auto full = "the state of 'totals' can't be kept: no space left on '/data'";
  EXPECT_EQ(failure_of([&] { run.rows({{3, {"c", 1}}}); }), full);
  EXPECT_EQ(failure_of([&] { run.watermark(10); }), full);
  seen->fails = false;
  seen->is_damaged = true;
  window_run other{tumbling(10s), {}, place_of(testing::map_kind(seen), "sums", 1)};
  other.rows({{1, {"a", 1}}, {2, {"b", 2}}});
  EXPECT_THAT(failure_of([&] { other.end(); }),
              ::testing::HasSubstr("the state of 'sums' is damaged"));
}

TEST(WindowStatesPlaceTest, SaysWhatDoesNotFitBesideStates) {
  window_run run{tumbling(10s), {.every = 1s}, place_of(testing::map_kind(), "totals", 4U << 20U)};
  EXPECT_THAT(failure_of([&] { most_held(run, many_rows(100'000, 8)); }),
              ::testing::HasSubstr("the windows of 'totals' do not fit into memory: what stays "
                                   "there beside their states"));
}

TEST(WindowStatesPlaceTest, SaysHowToKeepMoreThanMemory) {
  window_run run{tumbling(10s), {}, {.name = "totals", .memory_bytes = 1U << 20U}};
  EXPECT_THAT(failure_of([&] { most_held(run, many_rows(100'000, 8)); }),
              ::testing::HasSubstr("keep them on disk with --state rocksdb"));
  window_run sessions{session(10s), {}, place_of(testing::map_kind(), "visits", 1U << 20U)};
  EXPECT_THAT(failure_of([&] { most_held(sessions, many_rows(100'000, 8)); }),
              ::testing::HasSubstr("windows of this kind stay in memory, whatever --state says"));
}

TEST(WindowStatesPlaceTest, RefusesADamagedSnapshot) {
  const auto make = window(sliding(4s, 2s), total{}).bind_keyed<order>(&order::name).make;
  const auto place = [] { return place_of(testing::map_kind(), "totals", 1); };
  auto op = *make(place());
  batch<order> in, aside;
  batch<result_row> out;
  std::vector<batch_base*> open{&out, &aside};
  for (int i = 0; i < 9; ++i) {
    in.times_for_writing()[0] = timestamp{std::chrono::seconds{i}};
    in.push_back({std::to_string(i % 3), i});
    ASSERT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open}), 1U);
    in.clear();
  }
  snapshot_writer saved;
  op->save(saved);
  for (std::size_t size = 0; size < saved.bytes().size(); ++size) {
    snapshot_reader from{std::string_view{saved.bytes()}.substr(0, size)};
    auto loaded = *make(place());
    EXPECT_THROW(loaded->load(from), std::runtime_error) << size;
  }
}

} // namespace
} // namespace weir::test
