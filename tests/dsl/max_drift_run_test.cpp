// SPDX-License-Identifier: Apache-2.0
//
// Partitions that run ahead in event time, in whole jobs: who is held, and that nobody is for ever.

#include "../support/drifting_source.hpp"
#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::drifting_source;
using ::testing::HasSubstr;
using testing::stalls;

struct order {
  std::int64_t number = 0;
  timestamp at;
  int partition = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (number, at, partition))

using orders = std::vector<std::vector<order>>;
using window_row = windowed<bool, std::uint64_t>;
const auto alike = [](const order&) { return true; };
constexpr drifting_source<order>::options any_cut{};

/// Partition i begins `apart` later than the one before; rows are up to 1 s out of order.
orders orders_apart(std::uint32_t seed, int partitions, int rows, duration apart) {
  std::mt19937 random{seed};
  orders all(static_cast<std::size_t>(partitions));
  for (int i = 0; i < partitions; ++i)
    for (int row = 0; row < rows; ++row) {
      const auto back = std::chrono::milliseconds{random() % 1'000};
      all[static_cast<std::size_t>(i)].push_back(
          {row, timestamp{1h + i * apart + row * 500ms - back}, i});
    }
  return all;
}

/// How many rows each window of 10 s has, of all that there are.
std::map<timestamp, std::uint64_t> windows_of(const orders& all) {
  std::map<timestamp, std::uint64_t> counts;
  for (const auto& part : all)
    for (const auto& one : part) ++counts[timestamp{one.at.time_since_epoch() / 10s * 10s}];
  return counts;
}
std::map<timestamp, std::uint64_t> windows_in(const memory_sink<window_row>& sink) {
  std::map<timestamp, std::uint64_t> counts;
  for (const auto& row : sink.rows())
    if (!counts.emplace(row.start, row.value).second) throw std::runtime_error{"fired twice"};
  return counts;
}

/// A source of these partitions, as a factory that sources of an app are made of.
auto drifting(orders all, std::uint32_t seed, std::shared_ptr<stalls> pauses,
              drifting_source<order>::options how = any_cut) {
  return [=] { return std::make_unique<drifting_source<order>>(all, seed, pauses, how); };
}

std::optional<job_summary> run_seeded(app& program, std::uint32_t seed,
                                      const std::vector<std::shared_ptr<stalls>>& pauses,
                                      std::size_t most_steps = 200'000) {
  auto planned = program.plan();
  if (!planned) throw std::runtime_error{planned.error().message};
  testing::seeded_job job{seed, planned->what};
  for (const auto& pause : pauses) job.may_happen([pause] { pause->end(); });
  return job.run(most_steps);
}

TEST(MaxDriftRunTest, GivesTheRightWindowsWhoeverIsReadFirst) {
  testing::for_each_seed([](std::uint32_t seed) {
    const auto apart = seed % 2 == 0 ? duration{24h} : duration{40s};
    const auto all = orders_apart(seed, 3, 150, apart);
    const auto pauses = std::make_shared<stalls>();
    memory_sink<window_row> out;
    memory_sink<order> late;
    app program{"test"};
    auto counts = program.from(drifting(all, seed, pauses)) | filter(alike)
                  | event_time(&order::at, out_of_order(1s).max_drift(seed % 3 * 20s))
                  | key_by(alike) | window(tumbling(10s), agg::count());
    counts | to(out);
    counts.late() | to(late);
    const auto ended = run_seeded(program, seed, {pauses});
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::finished);
    ASSERT_EQ(late.count(), 0U);
    ASSERT_EQ(windows_in(out), windows_of(all));
  });
}

/// The most rows of the fast partition 1 that had come by while the slow one had not ended.
std::size_t read_ahead(std::uint32_t seed, std::optional<duration> max_drift) {
  constexpr int rows = 150'000;
  auto all = orders_apart(seed, 2, rows, 24h);
  auto late = out_of_order(1s);
  if (max_drift) late = late.max_drift(*max_drift);
  const auto pauses = std::make_shared<stalls>();
  std::size_t slow = 0, fast = 0, ahead = 0;
  app program{"test"};
  program.from(drifting(all, seed, pauses, {.most_rows = 1'000})) | event_time(&order::at, late)
      | tap([&](const order& one) {
          ++(one.partition == 0 ? slow : fast);
          if (slow < rows) ahead = fast;
        })
      | to(discard{});
  if (!run_seeded(program, seed, {pauses})) throw std::runtime_error{"the job hangs"};
  EXPECT_EQ(slow + fast, 2U * rows);
  return ahead;
}

/// By its credit in bytes, which is less than that in rows.
constexpr auto rows_of_a_link = static_cast<std::size_t>(initial_credit().bytes) / sizeof(order);

TEST(MaxDriftRunTest, ReadsNoMoreRowsAheadThanALinkHolds) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    EXPECT_LE(read_ahead(seed, 5min), rows_of_a_link);
    EXPECT_GT(read_ahead(seed, std::nullopt), 2 * rows_of_a_link);
  }
}

TEST(MaxDriftRunTest, WaitsForASilentPartitionAsLongAsItIsNotIdle) {
  testing::for_each_seed([](std::uint32_t seed) {
    for (const bool is_idle_some_time : {true, false}) {
      const auto pauses = std::make_shared<stalls>();
      memory_sink<order> out;
      auto late = out_of_order(1s).max_drift(1min);
      if (is_idle_some_time) late = late.idle_after(10us);
      app program{"test"};
      program.from(drifting(orders_apart(seed, 3, 50'000, 1s), seed, pauses,
                            {.most_rows = 4'000, .last_is_silent = true}))
          | event_time(&order::at, late) | to(out);
      const auto ended = run_seeded(program, seed, {pauses}, is_idle_some_time ? 200'000 : 3'000);
      ASSERT_EQ(ended.has_value(), is_idle_some_time);
      if (ended)
        ASSERT_EQ(out.count(), 150'000U);
      else
        ASSERT_LE(out.count(), 2 * rows_of_a_link);
    }
  });
}

/// Two sources that drift apart, merged; each may be a history with something behind it.
TEST(MaxDriftRunTest, EndsWhereHistoriesOfSeveralSourcesEndAtDifferentTimes) {
  testing::for_each_seed([](std::uint32_t seed) {
    const auto early = orders_apart(seed, 2, 100, 30s);
    const auto late = orders_apart(seed + 1, 3, 300, 90s);
    const std::vector pauses{std::make_shared<stalls>(), std::make_shared<stalls>()};
    const auto after = std::vector<order>{{1, timestamp{2h}, 0}, {2, timestamp{3h}, 0}};
    memory_sink<order> out;
    app program{"test"};
    const auto source_of = [&](const orders& all, std::size_t number) {
      auto made = drifting(all, seed + static_cast<std::uint32_t>(number), pauses[number]);
      return program.from(made);
    };
    const auto files = program.from(history(memory_rows{early[0]}).then(memory_rows{after}));
    merge(source_of(early, 0), source_of(late, 1), files)
        | event_time(&order::at, out_of_order(1s).max_drift(5s)) | to(out);
    const auto ended = run_seeded(program, seed, pauses);
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(out.count(), 200U + 900U + 100U + 2U);
  });
}

TEST(MaxDriftRunTest, HoldsNobodyForASourceWhoseRowsAreNotWantedAnyMore) {
  testing::for_each_seed([](std::uint32_t seed) {
    const std::vector pauses{std::make_shared<stalls>(), std::make_shared<stalls>()};
    memory_sink<order> out;
    app program{"test"};
    const auto some =
        program.from(drifting(orders_apart(seed, 2, 300, 1s), seed, pauses[0])) | take(20);
    const auto others =
        program.from(drifting(orders_apart(seed, 2, 300, 24h), seed + 1, pauses[1]));
    merge(some, others) | event_time(&order::at, out_of_order(1s).max_drift(5s)) | to(out);
    const auto ended = run_seeded(program, seed, pauses);
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(out.count(), 620U);
  });
}

TEST(MaxDriftRunTest, HoldsNobodyWhenNothingBehindEventTimeWantsRows) {
  testing::for_each_seed([](std::uint32_t seed) {
    const auto pauses = std::make_shared<stalls>();
    memory_sink<order> some;
    memory_sink<order> all;
    app program{"test"};
    const auto from = program.from(drifting(orders_apart(seed, 2, 3'000, 24h), seed, pauses));
    auto timed = from | event_time(&order::at, out_of_order(1s).max_drift(5s));
    if (seed % 2 == 0)
      timed | take(50) | to(some);
    else
      timed | take(50).async() | to(some);
    from | to(all);
    const auto ended = run_seeded(program, seed, {pauses});
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(some.count(), 50U);
    ASSERT_EQ(all.count(), 6'000U);
  });
}

TEST(MaxDriftRunTest, HoldsNothingWhereItIsNotAskedTo) {
  app program{"test"};
  program.from(memory_rows{std::vector<order>{}}) | event_time(&order::at, out_of_order(1s))
      | to(discard{});
  const auto planned = program.plan();
  ASSERT_TRUE(planned);
  EXPECT_EQ(std::get<source_plan>(planned->what.actors[0].hosts).drift, nullptr);
}

TEST(MaxDriftRunTest, ReachesTheSourcesBeforeItAlone) {
  app program{"test"};
  const auto before = program.from(memory_rows{std::vector<order>{}}).named("before");
  const auto beside = program.from(memory_rows{std::vector<order>{}}).named("beside");
  before | filter(alike) | map([](const order& one) { return one; })
      | event_time(&order::at, out_of_order(1s).max_drift(1min)) | to(discard{});
  beside | to(discard{});
  const auto planned = program.plan();
  ASSERT_TRUE(planned);
  for (const auto& actor : planned->what.actors) {
    const auto* source = std::get_if<source_plan>(&actor.hosts);
    if (source == nullptr) continue;
    EXPECT_EQ(source->drift != nullptr, actor.name == "before") << actor.name;
  }
}

TEST(MaxDriftRunTest, RefusesTwoThatCouldWaitForEachOther) {
  app program{"test"};
  const auto from = program.from(memory_rows{std::vector<order>{}}).named("orders");
  const auto late = out_of_order(1s).max_drift(1min);
  from | event_time(&order::at, late).named("one") | to(discard{});
  from | event_time(&order::at, late).named("other") | to(discard{});
  const auto planned = program.plan();
  ASSERT_FALSE(planned);
  EXPECT_THAT(planned.error().message,
              HasSubstr("'one' and 'other' both have max_drift and take rows of 'orders'"));
}

TEST(MaxDriftRunTest, RefusesToHoldPartitionsThatAreBehind) {
  app program{"test"};
  program.from(memory_rows{std::vector<order>{}})
      | event_time(&order::at, out_of_order(1s).max_drift(-1s)) | to(discard{});
  const auto started = program.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("max_drift is -1s; it can't be negative"));
}

} // namespace
} // namespace weir
