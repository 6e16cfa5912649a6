// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/processing_time.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// An operator, and the clock it reads.
class ProcessingTimeTest : public ::testing::Test {
protected:
  std::unique_ptr<any_operator> make() {
    return *processing_time({.watermark_every = 100ms}, [this] { return time_; })
                .bind<int>()
                .make();
  }
  /// Gives one row; its time and the watermark that follows.
  std::pair<timestamp, std::optional<timestamp>> pass(any_operator& op, timestamp now) {
    time_ = now;
    batch<int> in, out;
    in.push_back(1);
    std::vector<batch_base*> open{&out};
    EXPECT_EQ(op.on_batch(0, any_view{&in, 0, false}, outlets{open}), 1U);
    return {out.time_of(0), out.watermark()};
  }
  std::optional<timestamp> wake(any_operator& op, moment at, timestamp now) {
    time_ = now;
    batch<int> out;
    std::vector<batch_base*> open{&out};
    EXPECT_TRUE(op.on_wake(at, outlets{open}));
    return out.watermark();
  }
  timestamp time_{50h};
};

TEST_F(ProcessingTimeTest, KeepsTheContract) {
  expect_operator_contract<int, int>([this] { return make(); },
                                     [](chance& by) { return static_cast<int>(by() % 100); });
}

TEST_F(ProcessingTimeTest, GivesRowsTheTimeOfTheClockAndNeverGoesBack) {
  const auto op = make();
  EXPECT_EQ(pass(*op, timestamp{1s}).first, timestamp{1s});
  EXPECT_EQ(pass(*op, timestamp{3s}).first, timestamp{3s});
  EXPECT_EQ(pass(*op, timestamp{2s}).first, timestamp{3s}) << "the clock was set back";
  snapshot_writer saved;
  op->save(saved);
  const auto again = make();
  snapshot_reader from{saved.bytes()};
  again->load(from);
  EXPECT_EQ(pass(*again, timestamp{2s}).first, timestamp{3s});
}

TEST_F(ProcessingTimeTest, LetsWatermarksFollowRowsNotOftenerThanAsked) {
  const auto op = make();
  EXPECT_EQ(pass(*op, timestamp{1s}).second, timestamp{1s});
  EXPECT_EQ(pass(*op, timestamp{1050ms}).second, std::nullopt);
  EXPECT_EQ(pass(*op, timestamp{1101ms}).second, timestamp{1101ms});
}

TEST_F(ProcessingTimeTest, LetsWatermarksFollowTheClockWhenNoRowsCome) {
  const auto op = make();
  ASSERT_TRUE(op->wakes_at());
  EXPECT_LE(*op->wakes_at(), moment{10s}) << "at once";
  EXPECT_EQ(wake(*op, moment{10s}, timestamp{1s}), timestamp{1s});
  EXPECT_EQ(op->wakes_at(), moment{10s + 100ms});
  EXPECT_EQ(wake(*op, moment{10s + 100ms}, timestamp{1s}), std::nullopt) << "no time has passed";
  EXPECT_EQ(op->wakes_at(), moment{10s + 200ms});
  EXPECT_EQ(wake(*op, moment{10s + 200ms}, timestamp{1200ms}), timestamp{1200ms});
}

TEST_F(ProcessingTimeTest, RefusesAnIntervalOfNothing) {
  const auto made = processing_time({.watermark_every = 0s}).bind<int>().make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "watermark_every is 0s; it must be above 0");
}

} // namespace
} // namespace weir::test
