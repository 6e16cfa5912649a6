// SPDX-License-Identifier: Apache-2.0
//
// Every way a graph can stop, under seeded interleavings of the real shells.

#include "../../support/runtime_pieces.hpp"
#include "../../support/seeded_job.hpp"
#include "../../support/seeds.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <string>

namespace weir {
namespace {

using namespace testing;
using rows = std::vector<std::int64_t>;

/// A graph under construction, and what its ends saw.
struct graph {
  plan made{"test", {}, {}};
  std::vector<std::shared_ptr<source_log>> sources;
  std::vector<std::shared_ptr<sink_log>> sinks;

  std::size_t source(count_options options, bool has_history = true) {
    auto log = sources.emplace_back(std::make_shared<source_log>());
    auto make = [=]() -> result<std::unique_ptr<any_source>> {
      return erase<std::int64_t>(std::make_unique<count_source>(options, log));
    };
    return add("source " + std::to_string(made.actors.size()), source_plan{make, has_history});
  }
  std::size_t chain(std::vector<shape_options> stages) {
    chain_plan plan;
    for (const auto& options : stages)
      plan.stages.push_back({"shape " + std::to_string(plan.stages.size()),
                             [=]() -> result<std::unique_ptr<any_operator>> {
                               return make_erased<shape_operator>(options);
                             }});
    return add("chain " + std::to_string(made.actors.size()), plan);
  }
  std::size_t zip() {
    return add("zip", chain_plan{{{"zip", []() -> result<std::unique_ptr<any_operator>> {
                                     return std::unique_ptr<any_operator>{
                                         std::make_unique<zip_operator>()};
                                   }}}});
  }
  std::size_t sink(collect_options options = {}) {
    auto log = sinks.emplace_back(std::make_shared<sink_log>());
    auto make = [=]() -> result<std::unique_ptr<any_sink>> {
      return erase<std::int64_t>(std::make_unique<collect_sink>(options, log));
    };
    return add("sink " + std::to_string(made.actors.size()), sink_plan{make});
  }
  struct kept_rejects {
    std::size_t count = 0;
    bool is_closed = false;
  };
  /// Adds a sink for the rejects of a source, and the link.
  std::shared_ptr<kept_rejects> keep_rejects_of(std::size_t source) {
    struct keep final : weir::sink<reject> {
      explicit keep(std::shared_ptr<kept_rejects> to) : kept{std::move(to)} {}
      result<void> open(sink_context) override { return {}; }
      result<std::size_t> write(batch_view<reject> in) override {
        kept->count += in.size();
        return in.size();
      }
      result<bool> close() override {
        kept->is_closed = true;
        return true;
      }
      std::shared_ptr<kept_rejects> kept;
    };
    auto kept = std::make_shared<kept_rejects>();
    auto make = [kept]() -> result<std::unique_ptr<any_sink>> {
      return erase<reject>(std::make_unique<keep>(kept));
    };
    link(source, add("rejects", sink_plan{make}), 0, 1);
    return kept;
  }
  void link(std::size_t from, std::size_t to, std::size_t inlet = 0, std::size_t outlet = 0) {
    made.links.push_back({from, outlet, to, inlet});
  }

  /// Wakes whatever waits for its device, now and then.
  void drive(seeded_job& job) {
    for (const auto& log : sources)
      job.may_happen([log] {
        if (log->is_idle && log->wake) log->wake();
      });
    for (const auto& log : sinks)
      job.may_happen([log] {
        if (std::exchange(log->is_stalled, false)) log->wake();
      });
  }

private:
  std::size_t add(std::string name, decltype(actor_plan::hosts) hosts) {
    made.actors.push_back({std::move(name), std::move(hosts)});
    return made.actors.size() - 1;
  }
};

rows numbers(std::int64_t first, std::int64_t count) {
  rows all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), first);
  return all;
}

/// Nothing committed that is not safe downstream: the core of at-least-once.
void expect_no_row_lost_by_commit(const source_log& from, const sink_log& to) {
  EXPECT_LE(from.committed_rows, to.safe_rows);
}

count_options counted(std::int64_t rows) {
  count_options options;
  options.rows = rows;
  return options;
}

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
    auto options = counted(0);
    options.endless = true;
    options.per_poll = 1024;
    const auto from = g.source(options);
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
    auto options = counted(0);
    options.endless = true;
    options.per_poll = 1024;
    const auto from = g.source(options);
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
    auto options = counted(0);
    options.endless = true;
    options.per_poll = 1024;
    const auto from = g.source(options);
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
    auto options = counted(0);
    options.endless = true;
    options.per_poll = 1024;
    const auto from = g.source(options);
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
    auto options = counted(0);
    options.endless = true;
    options.per_poll = 1024;
    const auto from = g.source(options);
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

TEST(JobSeedsTest, PhasesAlignOverLinksWhateverTheBarriersDo) {
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

TEST(JobSeedsTest, EachFitThatIsAskedForIsOnePhaseBetweenTheSameRowsEverywhere) {
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

TEST(JobSeedsTest, AFitMayBeAskedForWhenSomeStreamsHaveEnded) {
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
    g.link(b, g.made.actors.size() - 1, 0, 1);
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

TEST(JobSeedsTest, ADiamondDoesNotDeadlockAndLosesNothing) {
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

TEST(JobSeedsTest, StopWhileOneSourceIsStillInItsHistoryEnds) {
  for_each_seed([](std::uint32_t seed) {
    graph g;
    auto quick = counted(0);
    quick.endless = true;
    quick.per_poll = 1024;
    quick.phase_at = 100;
    auto slow = counted(0);
    slow.endless = true;
    slow.per_poll = 1024;
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
    auto options = counted(0);
    options.endless = true;
    options.per_poll = 1024;
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
    auto options = counted(0);
    options.endless = true;
    options.per_poll = 1024;
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
