// SPDX-License-Identifier: Apache-2.0
//
// Streams that fall silent where they meet others: nobody waits for them after `idle_after`, and
// they count again when they give rows. Under seeded interleavings, in virtual time.

#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct order {
  int id = 0;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, at))

order at_second(int second) { return {second, timestamp{std::chrono::seconds{second}}}; }
constexpr auto alike = [](const order&) { return 0; };
constexpr auto partner = [](const order& l, const order* r) {
  return std::to_string(l.id) + (r == nullptr ? "" : " and " + std::to_string(r->id));
};

/// A program whose streams fall silent, run step by step.
struct meeting {
  auto timed(memory_source<order>& from, duration idle_after = 50ms) {
    return program.from(from) | event_time(&order::at, out_of_order(0s).idle_after(idle_after));
  }
  void start(std::uint32_t seed) {
    const auto planned = program.plan();
    if (!planned) throw std::runtime_error{planned.error().message};
    job = std::make_unique<testing::seeded_job>(seed, planned->what);
  }
  template <class Condition>
  [[nodiscard]] bool comes(Condition holds, int most_steps = 20'000) {
    for (int i = 0; i < most_steps && !holds(); ++i) job->step();
    return holds();
  }
  [[nodiscard]] bool stops() {
    job->stop();
    return job->run().has_value();
  }

  app program{"test"};
  memory_source<order> busy, quiet, other;
  std::unique_ptr<testing::seeded_job> job;
};

void give(memory_source<order>& to, int first, int count) {
  for (int i = first; i < first + count; ++i) to.push(at_second(i));
}
std::vector<int> ids_of(const memory_sink<order>& sink) {
  std::vector<int> all;
  for (const auto& row : sink.rows()) all.push_back(row.id);
  return all;
}
std::size_t alone_in(const memory_sink<std::string>& sink) {
  const auto rows = sink.rows();
  return static_cast<std::size_t>(std::ranges::count_if(
      rows, [](const auto& text) { return text.find("and") == std::string::npos; }));
}

TEST(SilenceRunTest, AJoinDoesNotWaitForAStreamThatNeverGaveARow) {
  testing::for_each_seed([](std::uint32_t seed) {
    meeting m;
    memory_sink<std::string> out;
    memory_sink<order> late;
    auto joined = m.timed(m.busy) | key_by(alike)
                  | left_join(m.timed(m.quiet) | key_by(alike), within(-1s, 1s), partner)
                        .parallel(1 + seed % 3);
    joined | to(out);
    joined.late_right() | to(late);
    m.start(seed);
    give(m.busy, 0, 100);
    ASSERT_TRUE(m.comes([&] { return out.count() == 98; })) << out.count();
    // It comes back behind the others: what is behind them is late.
    m.quiet.push(at_second(20));
    m.quiet.push(at_second(99));
    ASSERT_TRUE(m.comes([&] { return late.count() == 1; }));
    ASSERT_THAT(ids_of(late), ElementsAre(20));
    ASSERT_EQ(alone_in(out), 98U);
    ASSERT_TRUE(m.stops());
  });
}

TEST(SilenceRunTest, AJoinWaitsAgainForAStreamThatCameBack) {
  testing::for_each_seed([](std::uint32_t seed) {
    meeting m;
    memory_sink<std::string> out;
    m.timed(m.busy) | key_by(&order::id)
        | left_join(m.timed(m.quiet, 1h) | key_by(&order::id), within(0s, 0s), partner) | to(out);
    m.start(seed);
    give(m.busy, 0, 10);
    // Its silence takes virtual time, in steps of a quarter of an hour: here it does not last.
    ASSERT_FALSE(m.comes([&] { return out.count() > 0; }, 300)) << "it is waited for";
    give(m.quiet, 0, 10);
    ASSERT_TRUE(m.comes([&] { return out.count() == 10; }));
    ASSERT_EQ(alone_in(out), 0U);
    ASSERT_TRUE(m.stops());
  });
}

TEST(SilenceRunTest, AWindowOverMergedStreamsFiresWithoutTheSilentOne) {
  testing::for_each_seed([](std::uint32_t seed) {
    meeting m;
    memory_sink<windowed<int, std::uint64_t>> out;
    merge(m.timed(m.busy), m.timed(m.quiet)) | filter([](const order&) { return true; })
        | key_by(alike) | window(tumbling(10s), agg::count()).parallel(1 + seed % 2) | to(out);
    m.start(seed);
    give(m.busy, 0, 35);
    give(m.quiet, 0, 2);
    ASSERT_TRUE(m.comes([&] { return out.count() == 3; })) << out.count();
    ASSERT_EQ(out.rows()[0].value, 12U);
    ASSERT_TRUE(m.stops());
  });
}

TEST(SilenceRunTest, IsPassedOnByAMergeOfSilentStreamsAndWhatStandsBehindIt) {
  testing::for_each_seed([](std::uint32_t seed) {
    meeting m;
    memory_sink<std::string> out;
    auto all =
        merge(m.timed(m.quiet), m.timed(m.other)) | key_by(alike)
        | process<order>([](const order& o, auto& to) { to.give(o); }).parallel(2)
        | rebalance(2, [](auto some) { return some | filter([](const order&) { return true; }); });
    m.timed(m.busy) | key_by(alike) | left_join(all | key_by(alike), within(-1s, 1s), partner)
        | to(out);
    m.start(seed);
    give(m.quiet, 0, 3);
    give(m.busy, 0, 100);
    ASSERT_TRUE(m.comes([&] { return alone_in(out) == 94; })) << alone_in(out);
    ASSERT_TRUE(m.stops());
  });
}

TEST(SilenceRunTest, RowsThatAClockMakesDoNotEndIt) {
  testing::for_each_seed([](std::uint32_t seed) {
    meeting m;
    int early = 0;
    memory_sink<std::string> out;
    auto so_far = m.timed(m.quiet) | key_by(alike)
                  | window(tumbling(10s), agg::count(), {.every = 20s})
                  | map([&](const windowed<int, std::uint64_t>& w) {
                      ++early;
                      return order{0, w.start};
                    });
    m.timed(m.busy) | key_by(&order::id)
        | left_join(so_far | key_by(&order::id), within(-1s, 1s), partner) | to(out);
    m.start(seed);
    give(m.quiet, 0, 1);
    ASSERT_TRUE(m.comes([&] { return early == 1; }));
    give(m.quiet, 1, 1);
    ASSERT_TRUE(m.comes([&] { return early == 2; })) << "after silence was told";
    give(m.busy, 5, 100); // behind the watermark of who spoke meanwhile
    ASSERT_TRUE(m.comes([&] { return out.count() == 98; })) << out.count();
    ASSERT_TRUE(m.stops());
  });
}

} // namespace
} // namespace weir
