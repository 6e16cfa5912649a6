// SPDX-License-Identifier: Apache-2.0
//
// Every way a graph can stop, under seeded interleavings of the real shells.

#include "../../support/seeded_graph.hpp"
#include "../../support/seeds.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <string>

namespace weir {
namespace {

using namespace testing;
TEST(JobSeedsTest, EveryRowArrivesOnceInOrderWhenAllSourcesEnd) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto options = counted(500 + seed % 7 * 311);
    options.per_poll = 1 + seed % 97;
    options.idle_every = seed % 3 == 0 ? 100 : never;
    const auto from = g.source(options);
    const auto middle = g.chain({{.copies = 2}, {}});
    const auto to =
        g.sink({.stall_every = seed % 2 == 0 ? 37 : never, .slow_prepare = seed % 5 == 0});
    g.link(from, middle);
    g.link(middle, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::finished);
    rows expected;
    for (auto row : numbers(0, options.rows)) {
      expected.push_back(row);
      expected.push_back(row);
    }
    EXPECT_EQ(g.sinks[0]->rows, expected);
    EXPECT_TRUE(g.sinks[0]->is_closed);
    EXPECT_EQ(g.sources[0]->committed_rows, options.rows);
  });
}

TEST(JobSeedsTest, TheSameSeedGivesTheSameRun) {
  auto trace = [](std::uint32_t seed) {
    graph g;
    const auto from = g.source(counted(300));
    const auto to = g.sink({.stall_every = 11});
    g.link(from, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    EXPECT_TRUE(job.run());
    return job.trace();
  };
  EXPECT_EQ(trace(7), trace(7));
  EXPECT_NE(trace(7), trace(8));
}

TEST(JobSeedsTest, AnOperatorThatWantsNoMoreFinishesTheJob) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    const auto from = g.source(endless());
    const auto middle = g.chain({{}, {.limit = 10}, {.tells_end = true}});
    const auto to = g.sink({.stall_every = seed % 2 == 0 ? 3 : never});
    g.link(from, middle);
    g.link(middle, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::finished);
    auto expected = numbers(0, 10);
    expected.push_back(-1000);
    EXPECT_EQ(g.sinks[0]->rows, expected);
    EXPECT_TRUE(g.sinks[0]->is_closed);
  });
}

TEST(JobSeedsTest, ASharedStreamGoesOnWhenOneOfItsReadersHasEnough) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    const auto from = g.source(counted(2000));
    const auto few = g.chain({{.limit = 5}});
    const auto first = g.sink();
    const auto second = g.sink({.stall_every = 50});
    g.link(from, few);
    g.link(few, first);
    g.link(from, second);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::finished);
    EXPECT_EQ(g.sinks[0]->rows, numbers(0, 5));
    EXPECT_EQ(g.sinks[1]->rows, numbers(0, 2000));
  });
}

TEST(JobSeedsTest, AnOperatorIsCalledInTimeWithoutRowsAndNotWhileItIsBlocked) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto options = counted(600);
    options.idle_every = seed % 2 == 0 ? 100 : never;
    const auto from = g.source(options);
    const auto middle = g.chain({{}, {.tick_every = std::chrono::milliseconds{5}}, {}});
    const auto to = g.sink({.stall_every = seed % 3 == 0 ? 7 : never});
    g.link(from, middle);
    g.link(middle, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::finished);
    rows passed;
    for (auto row : g.sinks[0]->rows)
      if (row != -1) passed.push_back(row);
    EXPECT_EQ(passed, numbers(0, 600));
    // Each step of virtual time may bring one tick; more would be calls in vain.
    const auto ticks = g.sinks[0]->rows.size() - passed.size();
    EXPECT_LE(ticks, static_cast<std::size_t>(ended->took / std::chrono::milliseconds{5}) + 1);
  });
}

TEST(JobSeedsTest, AnOperatorThatThrowsFailsTheJobWithItsNameRowAndText) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    const auto from = g.source(counted(1000));
    const auto middle = g.chain({{}, {.throw_at = 321}});
    const auto to = g.sink({.stall_every = seed % 2 == 0 ? 20 : never});
    g.link(from, middle);
    g.link(middle, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::failed);
    EXPECT_EQ(ended->cause->code, errc::user_code);
    EXPECT_NE(ended->cause->message.find("shape 1 threw"), std::string::npos)
        << ended->cause->message;
    EXPECT_NE(ended->cause->message.find("row 321"), std::string::npos) << ended->cause->message;
    EXPECT_FALSE(g.sinks[0]->is_closed);
    expect_no_row_lost_by_commit(*g.sources[0], *g.sinks[0]);
  });
}

TEST(JobSeedsTest, ASourceThatFailsFailsTheJobAndNothingLooksComplete) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto options = counted(1000);
    options.fail_at = 400;
    const auto from = g.source(options);
    const auto to = g.sink({.stall_every = seed % 2 == 0 ? 20 : never});
    g.link(from, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::failed);
    EXPECT_NE(ended->cause->message.find("source 0: the disk is on fire"), std::string::npos);
    EXPECT_FALSE(g.sinks[0]->is_closed);
    expect_no_row_lost_by_commit(*g.sources[0], *g.sinks[0]);
  });
}

TEST(JobSeedsTest, ASinkThatFailsFailsTheJob) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    const auto from = g.source(counted(1000));
    const auto to = g.sink({.fail_at = 123});
    const auto other = g.sink({.stall_every = 10});
    g.link(from, to);
    g.link(from, other);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::failed);
    EXPECT_NE(ended->cause->message.find("sink 1: the disk is full"), std::string::npos);
    EXPECT_FALSE(g.sinks[0]->is_closed);
    expect_no_row_lost_by_commit(*g.sources[0], *g.sinks[0]);
  });
}

TEST(JobSeedsTest, StopDeliversAndCommitsWhatWasAccepted) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    const auto from = g.source(endless());
    const auto middle = g.chain({{}, {.tells_end = true}});
    const auto to = g.sink({.stall_every = 999, .slow_prepare = seed % 3 == 0});
    g.link(from, middle);
    g.link(middle, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    job.happens_at(50 + seed % 400, [&] { job.stop(); });
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::stopped);
    EXPECT_EQ(g.sinks[0]->rows, numbers(0, g.sources[0]->given)); // and no -1000: it did not finish
    EXPECT_TRUE(g.sinks[0]->is_closed);
    EXPECT_EQ(g.sources[0]->committed_rows, g.sources[0]->given);
  });
}

TEST(JobSeedsTest, AbortEndsAtOnceAndClosesNothing) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    const auto from = g.source(endless());
    const auto to = g.sink({.stall_every = 64});
    g.link(from, to);
    seeded_job job{seed, g.made};
    job.happens_at(30 + seed % 100, [&] { job.abort(); }); // the sink is stalled for ever
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::aborted);
    EXPECT_EQ(ended->cause->code, errc::interrupted);
    EXPECT_FALSE(g.sinks[0]->is_closed);
    expect_no_row_lost_by_commit(*g.sources[0], *g.sinks[0]);
  });
}

TEST(JobSeedsTest, AnActorThatDiesWithoutItsEndMarkFailsTheJobByName) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    const auto from = g.source(endless());
    const auto middle = g.chain({{}});
    const auto to = g.sink({.stall_every = 64});
    g.link(from, middle);
    g.link(middle, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto victim = seed % 3;
    job.happens_at(30 + seed % 100, [&] { job.kill(victim); });
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::failed);
    EXPECT_EQ(ended->cause->code, errc::actor_died);
    EXPECT_NE(ended->cause->message.find(g.made.actors[victim].name + " died"), std::string::npos)
        << ended->cause->message;
    EXPECT_FALSE(g.sinks[0]->is_closed);
    expect_no_row_lost_by_commit(*g.sources[0], *g.sinks[0]);
  });
}

TEST(JobSeedsTest, ANodeOrAJobThatDiesFailsTheJobAndItsActorsGo) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    const auto from = g.source(endless());
    const auto middle = g.chain({{}});
    const auto to = g.sink({.stall_every = 64});
    g.link(from, middle);
    g.link(middle, to);
    const auto source_owners = g.sources[0].use_count();
    const auto sink_owners = g.sinks[0].use_count();
    seeded_job job{seed, g.made};
    EXPECT_GT(g.sources[0].use_count(), source_owners);
    const bool is_node = seed % 2 == 0;
    job.happens_at(30 + seed % 100, [&] { is_node ? job.kill_node() : job.kill_job(); });
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::failed);
    EXPECT_EQ(ended->cause->code, errc::actor_died);
    EXPECT_NE(ended->cause->message.find(is_node ? "the node that runs the job died"
                                                 : "the job's actor died"),
              std::string::npos)
        << ended->cause->message;
    EXPECT_FALSE(g.sinks[0]->is_closed);
    expect_no_row_lost_by_commit(*g.sources[0], *g.sinks[0]);
    job.settle();
    EXPECT_EQ(g.sources[0].use_count(), source_owners) << "the source is still open";
    EXPECT_EQ(g.sinks[0].use_count(), sink_owners) << "the sink is still open";
  });
}

TEST(JobSeedsTest, RejectsReachTheirSinkAndTooManyFailTheJob) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto options = counted(3000);
    options.reject_every = seed % 2 == 0 ? 10 : 100;
    const auto from = g.source(options);
    const auto to = g.sink({.stall_every = 50});
    const auto rejects = g.keep_rejects_of(from);
    g.link(from, to);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    if (seed % 2 == 0) {
      ASSERT_EQ(ended->state, job_state::failed);
      EXPECT_EQ(ended->cause->code, errc::too_many_rejects);
      EXPECT_NE(ended->cause->message.find("why is told in rejects"), std::string::npos)
          << ended->cause->message;
      EXPECT_EQ(rejects->count, job.counters()[0].rejects.get()) << "they say why";
      EXPECT_TRUE(rejects->is_closed);
      EXPECT_FALSE(g.sinks[0]->is_closed);
    } else {
      EXPECT_EQ(ended->state, job_state::finished);
      EXPECT_EQ(rejects->count, 30U);
      EXPECT_EQ(g.sinks[0]->rows, numbers(0, 3000));
      EXPECT_EQ(job.counters()[0].rejects.get(), 30U);
    }
  });
}

TEST(JobSeedsTest, RejectsAreKeptWhateverFails) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto options = counted(3000);
    options.reject_every = 100;
    options.endless = seed % 2 == 0;
    const auto from = g.source(options);
    const auto to = g.sink({.fail_at = 1000});
    const auto other = g.sink({.stall_every = 10});
    const auto rejects = g.keep_rejects_of(from);
    g.link(from, to);
    g.link(from, other);
    seeded_job job{seed, g.made};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::failed);
    EXPECT_NE(ended->cause->message.find("sink 1: the disk is full"), std::string::npos);
    EXPECT_EQ(rejects->count, job.counters()[0].rejects.get());
    EXPECT_TRUE(rejects->is_closed);
    EXPECT_FALSE(g.sinks[1]->is_closed);
  });
}

TEST(JobSeedsTest, WhatASourceThrowsFailsTheJob) {
  struct thrower final : weir::source<std::int64_t> {
    explicit thrower(bool in_open) : in_open_{in_open} {}
    result<void> open(source_context) override {
      if (in_open_) throw 42;
      return {};
    }
    result<poll_state> poll(credit, poll_out<std::int64_t>) override { throw 42; }
    bool in_open_;
  };
  for (const bool in_open : {true, false}) {
    graph g;
    g.made.actors.push_back({"thrower", source_plan{[=]() -> result<std::unique_ptr<any_source>> {
                               return erase<std::int64_t>(std::make_unique<thrower>(in_open));
                             }}});
    g.link(0, g.sink());
    seeded_job job{1, g.made};
    auto cause = job.start_error();
    if (!in_open) {
      const auto ended = job.run();
      ASSERT_TRUE(ended) << "the job hangs";
      cause = ended->cause;
    }
    ASSERT_TRUE(cause);
    EXPECT_EQ(cause->code, errc::user_code);
    EXPECT_EQ(cause->message, "thrower: threw an exception that is no std::exception");
  }
}

TEST(JobSeedsTest, UntilRowsStopsAfterExactlySoMany) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto options = endless();
    const auto a = g.source(options);
    const auto b = g.source(options);
    const auto to = g.sink({.stall_every = seed % 2 == 0 ? 50 : never});
    g.link(a, to);
    g.link(b, to);
    job_options until;
    until.until_rows = 777;
    seeded_job job{seed, g.made, until};
    g.drive(job);
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    EXPECT_EQ(ended->state, job_state::stopped);
    EXPECT_EQ(g.sinks[0]->rows.size(), 777U);
  });
}

TEST(JobSeedsTest, ASlowSinkHoldsTheSourceToItsCredit) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto options = endless();
    options.per_poll = 4096;
    const auto from = g.source(options);
    const auto to = g.sink({.stall_every = 1}); // its device is never ready: one row for ever
    g.link(from, to);
    seeded_job job{seed, g.made};
    for (int i = 0; i < 2000; ++i) job.step();
    EXPECT_EQ(g.sinks[0]->rows.size(), 1U);
    // What the link was granted, and the open batch of the outlet.
    EXPECT_LE(g.sources[0]->given, initial_credit().rows + static_cast<std::int64_t>(batch_rows));
  });
}

} // namespace
} // namespace weir
