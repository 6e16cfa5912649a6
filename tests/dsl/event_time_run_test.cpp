// SPDX-License-Identifier: Apache-2.0
//
// Event time in whole jobs: what becomes of rows without one, and when windows fire.

#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include "program_run.hpp"
#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
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
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct order {
  std::int64_t number = 0;
  std::optional<timestamp> at;
};
BOOST_DESCRIBE_STRUCT(order, (), (number, at))

/// Every tenth has no time.
std::vector<order> orders_of(std::int64_t count) {
  std::vector<order> all;
  for (std::int64_t i = 0; i < count; ++i)
    all.push_back({i, i % 10 == 0 ? std::nullopt : std::optional{timestamp{i * 1ms}}});
  return all;
}

/// A stream with event time, its rejects, and what is behind it.
struct timed_program {
  memory_sink<order> out{};
  memory_sink<reject> bad{};

  template <class Sink>
  void describe(app& program, std::int64_t rows, const Sink& sink) const {
    auto orders = program.from(history(memory_rows{orders_of(rows)})).named("orders")
                  | filter([](const order&) { return true; });
    // [rejects]
    auto timed = orders | event_time(&order::at);
    timed.rejects() | to(bad).named("bad");
    // [/rejects]
    timed | map([](const order& o) { return o; }) | to(sink);
  }
};

job_summary run_seeded(app& program, std::uint32_t seed, double most_rejects) {
  auto planned = program.plan();
  if (!planned) throw std::runtime_error{planned.error().message};
  job_options options;
  options.max_reject_ratio = most_rejects;
  testing::seeded_job job{seed, planned->what, options};
  auto ended = job.run();
  if (!ended) throw std::runtime_error{"the job hangs"};
  return *ended;
}

TEST(EventTimeRunTest, BringsEveryRowWithoutTimeToTheRejectsAndNoOther) {
  testing::for_each_seed([](std::uint32_t seed) {
    const timed_program made;
    app program{"test"};
    made.describe(program, 9'000, made.out);
    EXPECT_EQ(run_seeded(program, seed, 0.2).state, job_state::finished);
    const auto passed = made.out.rows();
    const auto rejected = made.bad.rows();
    ASSERT_EQ(passed.size(), 8'100U);
    ASSERT_EQ(rejected.size(), 900U);
    for (std::size_t i = 0; i < passed.size(); ++i)
      ASSERT_EQ(passed[i].number, static_cast<std::int64_t>(i / 9 * 10 + i % 9 + 1));
    for (std::size_t i = 0; i < rejected.size(); ++i) {
      ASSERT_EQ(rejected[i].where, "memory@" + std::to_string(i * 10));
      ASSERT_EQ(rejected[i].source, "orders");
      ASSERT_EQ(rejected[i].reason, "no event time");
    }
  });
}

TEST(EventTimeRunTest, FailsTheJobAboveTheShareOfRejectsAndKeepsThem) {
  testing::for_each_seed([](std::uint32_t seed) {
    for (const std::int64_t rows : {50, 9'000}) {
      const timed_program made;
      app program{"test"};
      made.describe(program, rows, made.out);
      const auto ended = run_seeded(program, seed, 0.05);
      ASSERT_EQ(ended.state, job_state::failed);
      ASSERT_EQ(ended.cause->code, errc::too_many_rejects);
      ASSERT_THAT(ended.cause->message, HasSubstr("event_time: rejected "));
      ASSERT_THAT(ended.cause->message, HasSubstr("why is told in bad"));
      ASSERT_GE(made.bad.count(), static_cast<std::uint64_t>(rows == 50 ? 5 : 100));
    }
  });
}

struct broken_sink : sink<order> {
  result<void> open(sink_context) override { return {}; }
  result<std::size_t> write(batch_view<order>) override {
    return error{errc::failed, "the disk is full"};
  }
};

/// Never takes a row.
struct stalled_sink : sink<order> {
  result<void> open(sink_context) override { return {}; }
  result<std::size_t> write(batch_view<order>) override { return 0; }
};

TEST(EventTimeRunTest, BringsRejectsHomeThoughRowsStandStillWhenTheJobFails) {
  testing::for_each_seed([](std::uint32_t seed) {
    const timed_program made;
    app program{"test"};
    made.describe(program, 100'000, [] { return std::make_unique<stalled_sink>(); });
    program.from(memory_rows{orders_of(10)}) | to([] { return std::make_unique<broken_sink>(); });
    const auto ended = run_seeded(program, seed, 1);
    ASSERT_EQ(ended.state, job_state::failed);
    ASSERT_THAT(ended.cause->message, HasSubstr("the disk is full"));
    ASSERT_LT(ended.took, 4s) << "nobody waits for what can't end any more";
  });
}

TEST(EventTimeRunTest, CountsRejectsInTheSummary) {
  const timed_program made;
  const auto describe = [&](app& program) { made.describe(program, 2'000, discard{}); };
  const auto table = pieces::run_program({"--max-reject-ratio", "0.2"}, describe);
  EXPECT_EQ(table.code, 0);
  EXPECT_THAT(table.talk, HasSubstr("operator event_time: 2,000 rows, 200 rejected"));
  const auto json = pieces::run_program({"--json", "--max-reject-ratio", "0.2"}, describe);
  EXPECT_THAT(json.out,
              HasSubstr(R"("name":"event_time","rows_in":2000,"rows_out":1800,"rejected":200)"));
  EXPECT_THAT(json.talk, HasSubstr("200 rows rejected"));
}

/// Keeps the watermarks that pass.
class watermark_watch final : public stream_operator<order, order> {
public:
  explicit watermark_watch(std::shared_ptr<std::vector<timestamp>> seen) : seen_{std::move(seen)} {}
  std::size_t on_batch(batch_view<order> in, batch<order>& out) override {
    return pass_on(in, in.size(), out);
  }
  bool on_watermark(timestamp time, batch<order>&) override {
    seen_->push_back(time);
    return true;
  }

private:
  std::shared_ptr<std::vector<timestamp>> seen_;
};

std::vector<order> every_second(int first, int count) {
  std::vector<order> all;
  for (int i = first; i < first + count; ++i)
    all.push_back({i, timestamp{std::chrono::seconds{i}}});
  return all;
}

TEST(EventTimeRunTest, DoesNotWaitForASourceThatHasEnded) {
  std::size_t runs = 0, ended_last = 0;
  testing::for_each_seed([&](std::uint32_t seed) {
    const auto seen = std::make_shared<std::vector<timestamp>>();
    app program{"test"};
    // Both are history, so no phase tells them apart; the second goes on for many rounds of credit.
    const auto early = program.from(memory_rows{every_second(0, 10)}).named("early");
    const auto late = program.from(memory_rows{every_second(5, 60'000)}).named("late");
    merge(early, late) | event_time(&order::at) | via(watermark_watch{seen}) | to(discard{});
    ASSERT_EQ(run_seeded(program, seed, 0).state, job_state::finished);
    ASSERT_FALSE(seen->empty());
    ASSERT_TRUE(std::ranges::is_sorted(*seen));
    ++runs;
    if (seen->back() == timestamp{60'004s}) return;
    ASSERT_EQ(seen->back(), timestamp{9s}); // of the early one, which was awaited to the last
    ++ended_last;
  });
  EXPECT_LE(ended_last * 20, runs) << "the early source seldom ends behind the late one";
}

TEST(EventTimeRunTest, AwaitsNoSourceWhoseRowsDoNotSayWhereTheyAreFrom) {
  const auto seen = std::make_shared<std::vector<timestamp>>();
  const auto forget_origin = [](batch_view<order> in, batch<order>& out) {
    std::size_t taken = 0;
    for (; taken < in.size() && !out.is_full(); ++taken) out.push_back(in[taken]);
    return taken;
  };
  app program{"test"};
  program.from(memory_rows{every_second(0, 60'000)}) | batch_map<order>(forget_origin)
      | event_time(&order::at) | via(watermark_watch{seen}) | to(discard{});
  ASSERT_EQ(run_seeded(program, 1, 0).state, job_state::finished);
  EXPECT_GT(seen->size(), 10U) << "the watermark rises before the end";
}

/// Numbers of windows of 10 s in a row, as `[start) count`, in the order they fired.
auto counted_windows() { return window(tumbling(10s), agg::count(), {.allow_late = 0s}); }
using window_row = windowed<bool, std::uint64_t>;

std::vector<std::string> texts_of(const std::vector<window_row>& rows) {
  std::vector<std::string> all;
  for (const auto& row : rows)
    all.push_back(std::to_string(row.start.time_since_epoch() / 1s) + ": "
                  + std::to_string(row.value) + (row.is_update ? "!" : ""));
  return all;
}

TEST(EventTimeRunTest, WaitsForAllWaysByWhichTheRowsOfASourceCome) {
  testing::for_each_seed([](std::uint32_t seed) {
    memory_sink<window_row> out;
    memory_sink<order> late;
    app program{"test"};
    const auto early = program.from(memory_rows{every_second(0, 500)});
    const auto ahead = program.from(memory_rows{every_second(5'000, 500)});
    const auto same = [](const stream<order>& some) {
      return some | map([](const order& row) { return row; });
    };
    auto counts = (merge(early, ahead) | rebalance(3, same))
                  | event_time(&order::at, out_of_order(600s))
                  | key_by([](const order&) { return true; }) | counted_windows();
    counts | to(out);
    counts.late() | to(late);
    ASSERT_EQ(run_seeded(program, seed, 0).state, job_state::finished);
    ASSERT_EQ(late.count(), 0U) << "one of three ways had come to the end of the early rows";
    ASSERT_EQ(out.count(), 100U);
  });
}

TEST(EventTimeRunTest, DoesNotWaitForASourceOfWhichSomebodyHadEnough) {
  const auto seen = std::make_shared<std::vector<timestamp>>();
  app program{"test"};
  const auto few = program.from(memory_rows{every_second(0, 60'000)}) | take(10);
  merge(few, program.from(memory_rows{every_second(0, 60'000)})) | event_time(&order::at)
      | via(watermark_watch{seen}) | to(discard{});
  ASSERT_EQ(run_seeded(program, 1, 0).state, job_state::finished);
  EXPECT_GT(seen->size(), 10U) << "the watermark rises before the end";
}

TEST(EventTimeRunTest, FiresAWindowOnceThatBeginsInHistoryAndEndsInWhatFollows) {
  testing::for_each_seed([](std::uint32_t seed) {
    memory_sink<window_row> out;
    app program{"test"};
    program.from(history(memory_rows{every_second(0, 25)}).then(memory_rows{every_second(25, 8)}))
        | event_time(&order::at, out_of_order(2s)) | key_by([](const order&) { return true; })
        | counted_windows() | to(out);
    ASSERT_EQ(run_seeded(program, seed, 0).state, job_state::finished);
    ASSERT_THAT(texts_of(out.rows()), ElementsAre("0: 10", "10: 10", "20: 10", "30: 3"));
  });
}

TEST(EventTimeRunTest, PutsRowsAsideWhoseTimeGoesBackByADay) {
  auto rows = every_second(100'000, 20);
  rows.insert(rows.begin() + 10, order{-1, timestamp{13'600s}});
  memory_sink<window_row> out;
  memory_sink<order> late;
  app program{"test"};
  auto counts = program.from(memory_rows{rows}) | event_time(&order::at, out_of_order(2s))
                | key_by([](const order&) { return true; }) | counted_windows();
  counts | to(out);
  counts.late() | to(late);
  ASSERT_EQ(run_seeded(program, 1, 0).state, job_state::finished);
  EXPECT_THAT(texts_of(out.rows()), ElementsAre("100000: 10", "100010: 10"));
  ASSERT_EQ(late.count(), 1U);
  EXPECT_EQ(late.rows()[0].number, -1);
}

TEST(EventTimeRunTest, KeepsAllWindowsOpenWhereRowsMayBeOutOfOrderByAnyTime) {
  for (const auto allowed : {duration::max(), duration{std::chrono::hours{24 * 366 * 10'000}}}) {
    memory_sink<window_row> out;
    app program{"test"};
    std::vector<order> rows{{1, latest_event_time}, {2, earliest_event_time}, {3, timestamp{}}};
    program.from(memory_rows{rows}) | event_time(&order::at, out_of_order(allowed))
        | key_by([](const order&) { return true; }) | counted_windows() | to(out);
    ASSERT_EQ(run_seeded(program, 1, 0).state, job_state::finished);
    ASSERT_EQ(out.count(), 3U);
    EXPECT_LT(out.rows()[0].start, earliest_event_time + 1s);
    EXPECT_GT(out.rows()[2].end, latest_event_time);
  }
}

/// Rows of several partitions, in an order that never changes; how they come does.
struct recorded {
  std::vector<order> rows;
  std::vector<const partition*> from; // of each row
};

recorded record_rows(std::uint32_t seed, int count) {
  std::mt19937 random{seed};
  recorded made;
  for (int i = 0; i < count; ++i) {
    const bool is_very_late = random() % 50 == 0;
    const auto back = std::chrono::milliseconds{random() % (is_very_late ? 20'000 : 2'000)};
    made.rows.push_back({i, timestamp{1h + i * 100ms - back}});
    made.from.push_back(intern_partition("recorded", std::to_string(random() % 3)));
  }
  return made;
}

/// Replays them: in cuts of any size, standing still in between, as a seed has it.
class stuttering_source final : public source<order> {
public:
  struct waker {
    std::function<void()> wake;
    bool is_idle = false;
  };

  stuttering_source(const recorded& what, std::uint32_t seed, std::shared_ptr<waker> woken)
      : what_{&what}, random_{seed}, woken_{std::move(woken)} {}

  result<void> open(source_context context) override {
    woken_->wake = std::move(context.wake);
    return {};
  }
  result<poll_state> poll(credit allowed, poll_out<order> out) override {
    if (random_() % 4 == 0) {
      woken_->is_idle = true;
      return poll_state::idle;
    }
    auto most = std::min<std::int64_t>(allowed.rows, 1 + random_() % 40);
    if (next_ == what_->rows.size()) return poll_state::end;
    const auto* const of = what_->from[next_];
    out.rows.set_origin({of, positions_[of]});
    for (; most > 0 && next_ < what_->rows.size() && what_->from[next_] == of; --most) {
      out.rows.push_back(what_->rows[next_++]);
      ++positions_[of];
    }
    return poll_state::rows;
  }

private:
  const recorded* what_;
  std::mt19937 random_;
  std::shared_ptr<waker> woken_;
  std::map<const partition*, std::uint64_t> positions_;
  std::size_t next_ = 0;
};

struct replayed {
  std::vector<std::string> windows;
  std::vector<std::int64_t> late;
};

replayed replay(const recorded& what, std::uint32_t seed) {
  memory_sink<window_row> out;
  memory_sink<order> late;
  const auto woken = std::make_shared<stuttering_source::waker>();
  app program{"test"};
  auto counts = program.from([&what, seed, woken] {
    return std::make_unique<stuttering_source>(what, seed, woken);
  }) | filter([](const order& o) { return o.number % 7 != 0; })
                | event_time(&order::at, out_of_order(1s))
                | key_by([](const order&) { return true; })
                | window(tumbling(10s), agg::count(), {.allow_late = 5s});
  counts | to(out);
  counts.late() | to(late);
  auto planned = program.plan();
  if (!planned) throw std::runtime_error{planned.error().message};
  testing::seeded_job job{seed, planned->what};
  job.may_happen([woken] {
    if (std::exchange(woken->is_idle, false)) woken->wake();
  });
  if (!job.run()) throw std::runtime_error{"the job hangs"};
  replayed found{texts_of(out.rows()), {}};
  for (const auto& row : late.rows()) found.late.push_back(row.number);
  return found;
}

TEST(EventTimeRunTest, GivesTheSameWindowsAtAnySpeed) {
  const auto what = record_rows(11, 3'000);
  const auto expected = replay(what, 1);
  ASSERT_GT(expected.windows.size(), 30U);
  ASSERT_TRUE(std::ranges::any_of(expected.windows, [](auto& t) { return t.ends_with("!"); }));
  ASSERT_GT(expected.late.size(), 10U);
  testing::for_each_seed([&](std::uint32_t seed) {
    const auto got = replay(what, seed);
    ASSERT_EQ(got.windows, expected.windows);
    ASSERT_EQ(got.late, expected.late);
  });
}

} // namespace
} // namespace weir
