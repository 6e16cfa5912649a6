// SPDX-License-Identifier: Apache-2.0
//
// Phases, fits that are asked for, and barriers among each other, over links that meet again, under
// seeded interleavings of the real shells.

#include "../../support/seeded_graph.hpp"
#include "../../support/seeds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

namespace weir {
namespace {

using namespace testing;

TEST(PhaseSeedsTest, PhasesAlignOverLinksWhateverTheBarriersDo) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto history = counted(700);
    history.phase_at = 100 + seed % 300;
    auto other = counted(900);
    other.phase_at = seed % 2 == 0 ? 50 : 850;
    other.first = 10'000;
    const auto a = g.source(history);
    const auto b = g.source(other);
    const auto middle = g.chain({{.tells_phase = true}});
    const auto to = g.sink({.stall_every = 90, .slow_prepare = seed % 2 == 0});
    g.link(a, middle);
    g.link(b, middle);
    g.link(middle, to);
    job_options options;
    options.commit_every = std::chrono::milliseconds{3}; // often: barriers meet phases everywhere
    seeded_job job{seed, g.made, options};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::finished);
    const auto& got = g.sinks[0]->rows;
    ASSERT_EQ(got.size(), 1601U);
    const auto mark = std::ranges::find(got, -1);
    ASSERT_NE(mark, got.end());
    EXPECT_EQ(std::count(got.begin(), got.end(), -1), 1);
    std::int64_t live = 0;
    for (auto at = got.begin(); at != mark; ++at)
      live += (*at >= 10'000 ? *at - 10'000 >= other.phase_at : *at >= history.phase_at) ? 1 : 0;
    EXPECT_EQ(live, 0) << "rows overtook the phase mark";
    EXPECT_EQ(mark - got.begin(), history.phase_at + other.phase_at);
  });
}

TEST(PhaseSeedsTest, EachFitThatIsAskedForIsOnePhaseBetweenTheSameRowsEverywhere) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto history = counted(2000);
    history.phase_at = 50 + seed % 100;
    history.idle_every = 40;
    auto other = counted(2000);
    other.first = 10'000;
    other.idle_every = 60;
    other.phase_at = 30;
    const auto a = g.source(history);
    const auto b = g.source(other, seed % 3 != 0);
    const auto both = g.chain({{.tells_phase = true}});
    const auto first = g.sink({.stall_every = 90, .slow_prepare = seed % 2 == 0});
    const auto alone = g.chain({{.tells_phase = true}});
    const auto second = g.sink({.stall_every = 70});
    g.link(a, both);
    g.link(b, both);
    g.link(both, first);
    g.link(a, alone);
    g.link(alone, second);
    job_options options;
    options.commit_every = std::chrono::milliseconds{3};
    seeded_job job{seed, g.made, options};
    g.drive(job);
    job.may_happen([&] { job.refit(); });
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::finished);
    // Where each phase lies among the rows of source a.
    const auto phases_of = [](const rows& got) {
      std::vector<std::int64_t> at;
      std::int64_t seen = 0;
      for (const auto row : got) {
        if (row >= 0 && row < 10'000) ++seen;
        if (row < 0) {
          at.push_back(seen);
          EXPECT_EQ(row, -static_cast<std::int64_t>(at.size())) << "a phase is missing";
        }
      }
      return at;
    };
    auto here = phases_of(g.sinks[0]->rows);
    const auto there = phases_of(g.sinks[1]->rows);
    ASSERT_FALSE(there.empty());
    // When a has ended, b may still pass some.
    ASSERT_GE(here.size(), there.size());
    const auto of_b_alone = here.size() - there.size();
    EXPECT_EQ(std::count(here.end() - static_cast<std::ptrdiff_t>(of_b_alone), here.end(), 2000),
              static_cast<std::ptrdiff_t>(of_b_alone));
    const auto all_here = here.size();
    here.resize(there.size());
    EXPECT_EQ(here, there);
    EXPECT_EQ(here[0], history.phase_at);
    EXPECT_EQ(g.sinks[0]->rows.size(), 4000U + all_here);
    EXPECT_EQ(g.sinks[1]->rows.size(), 2000U + there.size());
  });
}

TEST(PhaseSeedsTest, AFitMayBeAskedForWhenSomeStreamsHaveEnded) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto options = counted(0);
    options.endless = true;
    options.reject_every = 20;
    const auto a = g.source(options, false);
    const auto few = g.chain({{.limit = 5}});
    const auto had_enough = g.sink();
    const auto b = g.source(options, false);
    const auto rest = g.sink({.stall_every = 999});
    g.link(a, few);
    g.link(few, had_enough);
    g.link(b, rest);
    const auto rejects = g.keep_rejects_of(a);
    g.link(b, g.made.actors.size() - 1, 0, reject_outlet);
    job_options often;
    often.commit_every = std::chrono::milliseconds{5};
    seeded_job job{seed, g.made, often};
    g.drive(job);
    job.may_happen([&] { job.refit(); });
    job.happens_at(500 + seed % 500, [&] { job.stop(); });
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::stopped);
    EXPECT_EQ(g.sinks[0]->rows, numbers(0, 5));
    EXPECT_EQ(g.sinks[1]->rows, numbers(0, g.sources[1]->given));
    EXPECT_EQ(rejects->count, job.counters()[0].rejects.get() + job.counters()[3].rejects.get());
    EXPECT_EQ(g.sources[1]->committed_rows, g.sources[1]->given) << "rows were dropped";
  });
}

TEST(PhaseSeedsTest, ADiamondDoesNotDeadlockAndLosesNothing) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto options = counted(3000);
    options.phase_at = 1000;
    const auto from = g.source(options);
    const auto left = g.chain({{.keep = [](std::int64_t row) { return row % 10 == 0; }}});
    const auto right = g.chain({{.copies = 3}});
    const auto both = g.zip();
    const auto to = g.sink({.stall_every = seed % 2 == 0 ? 128 : never});
    g.link(from, left);
    g.link(from, right);
    g.link(left, both, 0);
    g.link(right, both, 1);
    g.link(both, to);
    job_options often;
    often.commit_every = std::chrono::milliseconds{5};
    seeded_job job{seed, g.made, often};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::finished);
    EXPECT_EQ(g.sinks[0]->rows.size(), 300U + 9000U);
    const auto sum =
        std::accumulate(g.sinks[0]->rows.begin(), g.sinks[0]->rows.end(), std::int64_t{0});
    EXPECT_EQ(sum, 10 * (299 * 300 / 2) - 3 * (2999LL * 3000 / 2));
  });
}

TEST(PhaseSeedsTest, StopWhileOneSourceIsStillInItsHistoryEnds) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto quick = endless();
    quick.phase_at = 100;
    const auto slow = endless();
    const auto a = g.source(quick);
    const auto b = g.source(slow);
    const auto middle = g.chain({{.tells_phase = true}});
    const auto to = g.sink({.stall_every = 999});
    g.link(a, middle);
    g.link(b, middle);
    g.link(middle, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    job.happens_at(200 + seed % 500, [&] { job.stop(); });
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::stopped);
    EXPECT_EQ(std::ranges::count(g.sinks[0]->rows, -1), 0) << "a phase that was never reached";
  });
}

} // namespace
} // namespace weir
