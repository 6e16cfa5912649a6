// SPDX-License-Identifier: Apache-2.0
//
// --state and --state-memory: where operators by key keep their state.

#include "../support/map_backend.hpp"
#include "program_run.hpp"
#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace weir {
namespace {

using ::testing::HasSubstr;

std::vector<std::int64_t> some_rows() {
  std::vector<std::int64_t> rows(40'000);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

/// Counts the rows of 20,000 keys, two each.
struct counts_keys {
  state_kind offered = {};
  memory_sink<running_value<std::int64_t, std::uint64_t>> out{};

  void operator()(app& program) const {
    if (!offered.name.empty()) program.offer_state(offered);
    program.from(memory_rows{some_rows()}) | key_by([](std::int64_t row) { return row % 20'000; })
        | running(agg::count()) | to(out);
  }
};

TEST(StateFlagsTest, StateThatIsMoreThanItMayBeFailsTheJobAndSaysWhatToDo) {
  const counts_keys job;
  const auto failed = pieces::run_program({"--state-memory", "64KiB"}, job);
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.talk, HasSubstr("'running'"));
  EXPECT_THAT(failed.talk, HasSubstr("--state-memory"));
  EXPECT_EQ(pieces::run_program({"--state-memory", "64MiB"}, job).code, 0);
}

TEST(StateFlagsTest, StateThatIsMoreThanItMayBeGoesWhereItIsTold) {
  const auto seen = std::make_shared<testing::map_backend::record>();
  counts_keys job;
  job.offered = testing::map_kind(seen);
  const auto ran = pieces::run_program({"--state", "map", "--state-memory", "256KiB"}, job);
  EXPECT_EQ(ran.code, 0) << ran.talk;
  EXPECT_EQ(seen->opened, 1U);
  EXPECT_GT(seen->largest_write, 0U);
  const auto rows = job.out.rows();
  ASSERT_EQ(rows.size(), 40'000U);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].value, i < 20'000 ? 1U : 2U);
}

TEST(StateFlagsTest, AllInstancesShareTheMemoryAndEachHasABackendOfItsOwn) {
  std::vector<std::pair<std::string, std::size_t>> opened;
  counts_keys job;
  job.offered = {"map", [&](const std::string& name, std::size_t bytes) {
                   opened.emplace_back(name, bytes);
                   return testing::map_kind().open(name, bytes);
                 }};
  const auto ran = pieces::run_program({"--state", "map", "--set", "running.parallel=2",
                                        "--state-memory", "512KiB", "--threads", "1"},
                                       job);
  EXPECT_EQ(ran.code, 0) << ran.talk;
  EXPECT_EQ(job.out.rows().size(), 40'000U);
  std::ranges::sort(opened);
  ASSERT_EQ(opened.size(), 2U);
  EXPECT_EQ(opened[0].first, "running 1");
  EXPECT_EQ(opened[1].first, "running 2");
  EXPECT_LT(opened[0].second + opened[1].second, 512U << 10U);
}

struct stamped {
  std::int64_t key = 0;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(stamped, (), (key, at))

TEST(StateFlagsTest, KeysAndTimersOfJoinsCountToo) {
  // 20,000 rows of 24 bytes would fit; the key and the timer that each of them has do not.
  const auto joins = [](app& program) {
    std::vector<stamped> rows;
    for (int i = 0; i < 20'000; ++i) rows.push_back({i, timestamp{std::chrono::milliseconds{i}}});
    const auto timed = [&](std::vector<stamped> some) {
      return program.from(memory_rows{std::move(some)}) | event_time(&stamped::at)
             | key_by(&stamped::key);
    };
    timed(rows)
        | join(timed({rows.front()}), within(std::chrono::hours{0}, std::chrono::hours{1}),
               [](const stamped& a, const stamped&) { return a.key; })
        | to(discard());
  };
  const auto failed = pieces::run_program({"--state-memory", "1MiB"}, joins);
  EXPECT_EQ(failed.code, 1) << failed.talk;
  EXPECT_THAT(failed.talk, HasSubstr("the rows that 'join' holds do not fit into memory"));
  EXPECT_EQ(pieces::run_program({"--state-memory", "16MiB"}, joins).code, 0);
}

/// Counts the rows of 20,000 keys, two each, in windows of ten seconds, a millisecond a row.
template <class Windows>
struct counts_in_windows {
  Windows windows;
  state_kind offered = testing::map_kind();
  memory_sink<windowed<std::int64_t, std::uint64_t>> out{};

  void operator()(app& program) const {
    program.offer_state(offered);
    std::vector<stamped> rows;
    for (int i = 0; i < 40'000; ++i)
      rows.push_back({i * 7 % 20'000, timestamp{std::chrono::milliseconds{i * 13 % 40'000}}});
    program.from(memory_rows{std::move(rows)})
        | event_time(&stamped::at, out_of_order(std::chrono::seconds{40})) | key_by(&stamped::key)
        | window(windows, agg::count()) | to(out);
  }
  [[nodiscard]] std::vector<std::tuple<timestamp, std::int64_t, std::uint64_t>> results() const {
    std::vector<std::tuple<timestamp, std::int64_t, std::uint64_t>> all;
    for (const auto& row : out.rows()) all.emplace_back(row.end, row.key, row.value);
    std::ranges::sort(all);
    return all;
  }
};

TEST(StateFlagsTest, WindowsThatAreMoreThanMemoryAreTheSameInAnyNumberOfInstances) {
  using std::chrono::seconds;
  for (const auto windows : {tumbling(seconds{10}), sliding(seconds{10}, seconds{4})}) {
    const counts_in_windows in_memory{windows};
    ASSERT_EQ(pieces::run_program({}, in_memory).code, 0);
    ASSERT_GT(in_memory.results().size(), 30'000U);
    for (const auto* const instances : {"1", "2", "4", "7"}) {
      const auto seen = std::make_shared<testing::map_backend::record>();
      const auto parallel = std::string{"window.parallel="} + instances;
      counts_in_windows spilled{windows};
      std::mutex one_at_a_time; // instances have a backend of their own each
      spilled.offered = {"map", [&](const std::string& name, std::size_t bytes) {
                           const std::lock_guard lock{one_at_a_time};
                           ++seen->opened;
                           return testing::map_kind().open(name, bytes);
                         }};
      const auto ran = pieces::run_program(
          {"--state", "map", "--state-memory", "512KiB", "--set", parallel.c_str()}, spilled);
      ASSERT_EQ(ran.code, 0) << ran.talk;
      EXPECT_EQ(seen->opened, std::stoul(instances));
      EXPECT_EQ(spilled.results(), in_memory.results()) << instances;
    }
  }
}

TEST(StateFlagsTest, WindowsThatStayInMemorySaySo) {
  const auto failed = pieces::run_program({"--state", "map", "--state-memory", "512KiB"},
                                          counts_in_windows{session(std::chrono::seconds{10})});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.talk, HasSubstr("'window'"));
  EXPECT_THAT(failed.talk, HasSubstr("windows of this kind stay in memory, whatever --state says"));
  const auto told = pieces::run_program({"--state-memory", "512KiB"},
                                        counts_in_windows{tumbling(std::chrono::seconds{10})});
  EXPECT_EQ(told.code, 1);
  EXPECT_THAT(told.talk, HasSubstr("keep them on disk with --state rocksdb"));
}

TEST(StateFlagsTest, MistakesAreTold) {
  const counts_keys job;
  const auto unknown = pieces::run_program({"--state", "rocksdb"}, job);
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.talk, HasSubstr("this program keeps state in memory"));
  const auto no_size = pieces::run_program({"--state-memory", "much"}, job);
  EXPECT_EQ(no_size.code, 2);
  EXPECT_THAT(no_size.talk, HasSubstr("--state-memory 'much' is no size"));
}

TEST(StateFlagsTest, TheSummaryTellsWhatStateTook) {
  const counts_keys job;
  EXPECT_THAT(pieces::run_program({}, job).talk,
              HasSubstr("state   running: at most 20,000 entries"));
  EXPECT_THAT(pieces::run_program({"--json"}, job).out, HasSubstr("\"most_state_entries\":20000"));
}

TEST(StateFlagsTest, AnalysisTellsTheShareOfTheBusiestInstance) {
  const auto hot = [](app& program) {
    program.from(memory_rows{some_rows()})
        | key_by([](std::int64_t row) { return row % 10 == 0 ? row : -1; })
        | running(agg::count()).parallel(2) | to(discard());
  };
  const auto told = pieces::run_program({"--explain=analyze"}, hot);
  EXPECT_THAT(told.out, ::testing::ContainsRegex("keys: 'running [12]' has 9[0-9] % of the rows of "
                                                 "'running', whose 2 instances would have 50 %"));
}

} // namespace
} // namespace weir
