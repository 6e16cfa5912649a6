// SPDX-License-Identifier: Apache-2.0
//
// Streams whose rows have the time of a clock, in whole jobs, with a clock of the test's.

#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

struct click {
  std::int64_t number = 0;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(click, (), (number, at))

using result_row = windowed<bool, std::uint64_t>;
const auto alike = [](const click&) { return true; };

/// Keeps the times of rows and the watermarks that pass, in order.
class time_watch final : public stream_operator<click, click> {
public:
  struct log {
    std::vector<timestamp> rows, watermarks;
    bool has_late = false;
  };
  explicit time_watch(std::shared_ptr<log> to) : log_{std::move(to)} {}

  std::size_t on_batch(batch_view<click> in, batch<click>& out) override {
    const auto passed = std::min(in.size(), out.room());
    for (std::size_t i = 0; i < passed; ++i) {
      log_->has_late |= !log_->watermarks.empty() && in.time_of(i) < log_->watermarks.back();
      log_->rows.push_back(in.time_of(i));
    }
    return pass_on(in, passed, out);
  }
  bool on_watermark(timestamp time, batch<click>&) override {
    log_->watermarks.push_back(time);
    return true;
  }

private:
  std::shared_ptr<log> log_;
};

/// A job under a clock that goes on now and then.
class clocked_job {
public:
  clocked_job(app& program, std::uint32_t seed, std::shared_ptr<timestamp> time)
      : planned_{program.plan()}, job_{seed, plan_of(planned_)} {
    job_.may_happen([time] { *time += 10ms; });
  }
  template <class Until>
  bool run_until(Until holds) {
    for (int steps = 0; steps < 50'000 && !holds(); ++steps) job_.step();
    return holds();
  }
  std::optional<job_summary> run() { return job_.run(); }

private:
  static const plan& plan_of(const result<planned>& made) {
    if (!made) throw std::runtime_error{made.error().message};
    return made->what;
  }
  result<planned> planned_;
  testing::seeded_job job_;
};

template <class TimeAdaptor>
void expect_times_of_the_clock(const TimeAdaptor& adaptor, std::uint32_t seed,
                               const std::shared_ptr<timestamp>& time) {
  const auto seen = std::make_shared<time_watch::log>();
  memory_source<click> feed;
  memory_sink<result_row> out;
  app program{"test"};
  program.from(feed) | filter(alike) | adaptor | via(time_watch{seen}) | key_by(alike)
      | window(tumbling(1s), agg::count()) | to(out);
  clocked_job job{program, seed, time};
  feed.push(std::vector<click>(300));
  ASSERT_TRUE(job.run_until([&] { return seen->rows.size() == 300; }));
  const auto last = seen->rows.back();
  // Nothing more comes, and still the windows fire.
  ASSERT_TRUE(job.run_until([&] { return seen->watermarks.back() > last + 1s; }));
  std::uint64_t counted = 0;
  ASSERT_TRUE(job.run_until([&] {
    for (const auto& row : out.take()) counted += row.value;
    return counted == 300;
  }));
  feed.close();
  ASSERT_TRUE(job.run());
  EXPECT_TRUE(std::ranges::is_sorted(seen->rows));
  EXPECT_TRUE(std::ranges::is_sorted(seen->watermarks));
  EXPECT_FALSE(seen->has_late);
  EXPECT_GT(seen->rows.front(), timestamp{});
  EXPECT_LE(seen->watermarks.back(), *time);
}

TEST(ClockTimeRunTest, FiresWindowsOfProcessingTimeWithoutRows) {
  testing::for_each_seed([](std::uint32_t seed) {
    const auto time = std::make_shared<timestamp>(timestamp{1h});
    expect_times_of_the_clock(processing_time({}, [time] { return *time; }), seed, time);
  });
}

TEST(ClockTimeRunTest, FiresWindowsOfIngestionTimeWithoutRows) {
  testing::for_each_seed([](std::uint32_t seed) {
    const auto time = std::make_shared<timestamp>(timestamp{1h});
    expect_times_of_the_clock(ingestion_time({}, [time] { return *time; }), seed, time);
  });
}

/// Processing time behind `delay`s of a throttle, beside ingestion time at its source.
TEST(ClockTimeRunTest, CountsTheWayOfARowInProcessingTimeAlone) {
  const auto time = std::make_shared<timestamp>(timestamp{1h});
  const wall_clock clock = [time] { return *time; };
  const auto entered = std::make_shared<time_watch::log>();
  const auto passed = std::make_shared<time_watch::log>();
  app program{"test"};
  auto slow = program.from(memory_rows{std::vector<click>(50)}) | throttle(10)
              | ingestion_time({}, clock) | via(time_watch{entered});
  slow | processing_time({}, clock) | via(time_watch{passed}) | to(discard{});
  clocked_job job{program, 3, time};
  ASSERT_TRUE(job.run());
  ASSERT_EQ(entered->rows.size(), 50U);
  ASSERT_EQ(passed->rows.size(), 50U);
  EXPECT_EQ(entered->rows.front(), entered->rows.back()) << "all left the source at once";
  EXPECT_GT(passed->rows.back(), entered->rows.back());
  EXPECT_FALSE(passed->has_late);
}

TEST(ClockTimeRunTest, LeavesWatermarksOfAnotherTimeBehind) {
  const auto time = std::make_shared<timestamp>(timestamp{1000h});
  const auto seen = std::make_shared<time_watch::log>();
  std::vector<click> rows;
  for (int i = 0; i < 100; ++i) rows.push_back({i, timestamp{std::chrono::seconds{i}}});
  app program{"test"};
  program.from(memory_rows{rows}) | ingestion_time({}, [time] { return *time; })
      | event_time(&click::at, out_of_order(1s)) | via(time_watch{seen}) | to(discard{});
  clocked_job job{program, 5, time};
  ASSERT_TRUE(job.run());
  ASSERT_FALSE(seen->watermarks.empty());
  EXPECT_EQ(seen->watermarks.back(), timestamp{99s});
  EXPECT_FALSE(seen->has_late);
}

} // namespace
} // namespace weir
