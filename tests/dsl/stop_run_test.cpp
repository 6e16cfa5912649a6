// SPDX-License-Identifier: Apache-2.0
//
// Jobs that are stopped while one of several streams is behind: what was not complete then comes to
// nothing, wherever the streams meet. Under seeded interleavings.

#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

struct order {
  int id = 0;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, at))

constexpr int behind = 15; // rows, and seconds, that the slow stream has come to
constexpr int ahead = 100;
constexpr auto alike = [](const order&) { return 0; };

order at_second(int second) { return {second, timestamp{std::chrono::seconds{second}}}; }

/// A fast stream and a slow one, which is to go on: only a stop ends the job.
class StopRunTest : public ::testing::Test {
protected:
  struct streams {
    app program{"test"};
    memory_source<order> fast, slow;
    auto timed(memory_source<order>& from, const out_of_order& late = out_of_order{0s}) {
      return program.from(from) | event_time(&order::at, late);
    }
  };

  static void run_and_stop(streams& what, std::uint32_t seed) {
    auto planned = what.program.plan();
    ASSERT_TRUE(planned);
    testing::seeded_job job{seed, planned->what};
    for (int i = 0; i < ahead; ++i) what.fast.push(at_second(i));
    for (int i = 0; i < behind; ++i) what.slow.push(at_second(i));
    if (seed % 4 == 0) what.fast.close();
    job.happens_at(20 + seed % 300, [&] { job.stop(); });
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::stopped);
  }

  /// No order has a payment that is not in the other stream, sooner or later.
  template <class Join>
  static void expect_nobody_alone(const Join& join) {
    std::size_t pairs = 0;
    testing::for_each_seed([&](std::uint32_t seed) {
      for (const bool is_left_fast : {true, false}) {
        streams both;
        memory_sink<std::string> out;
        auto left = both.timed(is_left_fast ? both.fast : both.slow) | key_by(&order::id);
        auto right = both.timed(is_left_fast ? both.slow : both.fast) | key_by(&order::id);
        left | join(right).parallel(1 + seed % 3) | to(out);
        run_and_stop(both, seed);
        for (const auto& row : out.rows()) ASSERT_EQ(row, "pair");
        pairs += out.count();
      }
    });
    EXPECT_GT(pairs, 0U);
  }
};

constexpr auto of_left = [](const order&, const order* r) {
  return std::string{r == nullptr ? "alone" : "pair"};
};
constexpr auto of_either = [](const order* l, const order* r) {
  return std::string{l == nullptr || r == nullptr ? "alone" : "pair"};
};

TEST_F(StopRunTest, FiresNoWindowThatWasOpenWhereStreamsAreMerged) {
  std::size_t fired = 0;
  testing::for_each_seed([&](std::uint32_t seed) {
    streams both;
    memory_sink<windowed<int, std::uint64_t>> out;
    merge(both.timed(both.fast), both.timed(both.slow)) | key_by(alike)
        | window(tumbling(10s), agg::count()) | to(out);
    run_and_stop(both, seed);
    ASSERT_LE(out.count(), 1U);
    for (const auto& row : out.rows()) ASSERT_EQ(row.value, 20U);
    fired += out.count();
  });
  EXPECT_GT(fired, 0U) << "what was complete has fired";
}

TEST_F(StopRunTest, FiresNoWindowThatWasOpenForAPartition) {
  std::size_t fired = 0;
  testing::for_each_seed([&](std::uint32_t seed) {
    streams both;
    int seen = 0;
    memory_sink<windowed<int, std::uint64_t>> out;
    merge(both.program.from(both.fast).named("fast"), both.program.from(both.slow).named("slow"))
        | event_time(&order::at) | tap([&](const order&) { ++seen; }) | key_by(alike)
        | window(tumbling(10s), agg::count()) | to(out);
    auto planned = both.program.plan();
    ASSERT_TRUE(planned);
    testing::seeded_job job{seed, planned->what};
    // The slow one is known before the fast one goes ahead.
    both.fast.push(at_second(0));
    for (int i = 0; i < behind; ++i) both.slow.push(at_second(i));
    for (int i = 0; i < 20'000 && seen < behind + 1; ++i) job.step();
    ASSERT_EQ(seen, behind + 1);
    for (int i = 1; i < ahead; ++i) both.fast.push(at_second(i));
    for (std::uint32_t i = 0; i < seed % 40; ++i) job.step();
    job.stop();
    ASSERT_TRUE(job.run()) << "the job hangs";
    fired += out.count();
    ASSERT_LE(out.count(), 1U);
  });
  EXPECT_GT(fired, 0U);
}

TEST_F(StopRunTest, LeavesNobodyAloneInAnIntervalJoin) {
  expect_nobody_alone([](const auto& r) { return left_join(r, within(-1s, 1s), of_left); });
  expect_nobody_alone([](const auto& r) { return outer_join(r, within(-1s, 1s), of_either); });
}
TEST_F(StopRunTest, LeavesNobodyAloneInAWindowJoin) {
  expect_nobody_alone([](const auto& r) { return outer_join(r, tumbling(5s), of_either); });
}
TEST_F(StopRunTest, LeavesNobodyAloneInAJoinWithTheLatestRow) {
  expect_nobody_alone([](const auto& r) { return left_join(r, latest(), of_left); });
}

/// Tells of the timers that fire.
struct reminder {
  void on_row(const order&, auto& to) { to.set_timer(to.time() + 30s); }
  void on_timer(int id, auto& to) { to.give(order{id, to.time()}); }
};

TEST_F(StopRunTest, FiresNoTimerOfAProcess) {
  testing::for_each_seed([](std::uint32_t seed) {
    streams both;
    memory_sink<order> fired;
    merge(both.timed(both.fast), both.timed(both.slow)) | key_by(&order::id)
        | process<order>(reminder{}) | to(fired);
    run_and_stop(both, seed);
    ASSERT_EQ(fired.count(), 0U);
  });
}

} // namespace
} // namespace weir
