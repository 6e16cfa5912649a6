// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/watermark_clock.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

timestamp at(int second) { return timestamp{std::chrono::seconds{second}}; }
const partition* file(const char* name) { return intern_partition("files", name); }
const partition* topic(const char* name) { return intern_partition("topic", name); }

TEST(WatermarkClockTest, StaysBehindTheNewestRowByWhatMayBeOutOfOrder) {
  watermark_clock clock{{.out_of_order = 5s}};
  EXPECT_EQ(clock.advance(file("a"), at(100), {}), at(95));
  EXPECT_EQ(clock.advance(file("a"), at(102), {}), at(97));
}

TEST(WatermarkClockTest, NeverGoesBackNorRepeatsItself) {
  watermark_clock clock{{}};
  EXPECT_EQ(clock.advance(file("a"), at(100), {}), at(100));
  EXPECT_EQ(clock.advance(file("a"), at(90), {}), std::nullopt);
  EXPECT_EQ(clock.advance(file("a"), at(100), {}), std::nullopt);
  EXPECT_EQ(clock.advance(file("a"), at(101), {}), at(101));
}

TEST(WatermarkClockTest, LeavesAFileBehindWhenTheNextBegins) {
  watermark_clock clock{{}};
  clock.advance(file("a"), at(100), {});
  EXPECT_EQ(clock.advance(file("b"), at(200), {}), at(200));
}

TEST(WatermarkClockTest, WaitsForAllPartitionsOnceOneCameBack) {
  watermark_clock clock{{}};
  clock.advance(topic("0"), at(10), {});
  clock.advance(topic("1"), at(10), {});
  EXPECT_EQ(clock.advance(topic("0"), at(50), {}), std::nullopt); // 1 is at 10
  EXPECT_EQ(clock.advance(topic("1"), at(30), {}), at(30));
  EXPECT_EQ(clock.advance(topic("0"), at(60), {}), std::nullopt);
  EXPECT_EQ(clock.advance(topic("1"), at(70), {}), at(60));
}

TEST(WatermarkClockTest, WaitsForTheSlowerOfTwoSources) {
  watermark_clock clock{{}};
  clock.advance(file("a"), at(10), {});
  EXPECT_EQ(clock.advance(topic("0"), at(50), {}), std::nullopt);
  EXPECT_EQ(clock.advance(file("b"), at(20), {}), at(20));
}

TEST(WatermarkClockTest, DoesNotWaitForWhoIsSilent) {
  watermark_clock clock{{.out_of_order = 0s, .idle_after = 30s}};
  clock.advance(topic("0"), at(10), moment{0s});
  clock.advance(topic("1"), at(10), moment{0s});
  clock.advance(topic("0"), at(11), moment{1s});
  EXPECT_EQ(clock.advance(topic("0"), at(20), moment{10s}), std::nullopt);
  EXPECT_EQ(clock.advance(topic("0"), at(30), moment{20s}), std::nullopt);
  EXPECT_EQ(clock.advance(topic("0"), at(40), moment{30s}), at(40));
  EXPECT_EQ(clock.advance(topic("1"), at(41), moment{31s}), std::nullopt); // waited for again
  EXPECT_EQ(clock.advance(topic("0"), at(50), moment{32s}), at(41));
}

TEST(WatermarkClockTest, DoesNotCountAPauseOfTheWholeStreamAsSilence) {
  watermark_clock clock{{.out_of_order = 0s, .idle_after = 30s}};
  clock.advance(topic("0"), at(10), moment{0s});
  clock.advance(topic("1"), at(10), moment{0s});
  clock.advance(topic("0"), at(11), moment{1s});
  EXPECT_EQ(clock.advance(topic("0"), at(50), moment{1h}), std::nullopt);
  EXPECT_EQ(clock.advance(topic("1"), at(50), moment{1h}), at(50));
}

TEST(WatermarkClockTest, ForgetsThePartitionsOfAPhaseButNotTheWatermark) {
  watermark_clock clock{{}};
  clock.advance(file("a"), at(100), {});
  clock.forget_partitions();
  EXPECT_EQ(clock.advance(topic("0"), at(50), {}), std::nullopt);
  EXPECT_EQ(clock.advance(topic("0"), at(150), {}), at(150));
}

TEST(WatermarkClockTest, DoesNotWaitForAPartitionOrSourceThatEnded) {
  watermark_clock clock{{}};
  clock.advance(topic("0"), at(10), {});
  clock.advance(topic("1"), at(10), {});
  clock.advance(topic("0"), at(15), {});
  clock.advance(topic("1"), at(20), {});
  clock.advance(file("a"), at(30), {});
  EXPECT_EQ(clock.leave(*topic("0")), at(20));
  EXPECT_EQ(clock.leave(*topic("0")), std::nullopt);
  EXPECT_EQ(clock.leave(*intern_partition("topic", "")), at(30));
  EXPECT_EQ(clock.leave(*intern_partition("files", "")), std::nullopt) << "nobody is left";
  EXPECT_EQ(clock.advance(file("b"), at(25), {}), std::nullopt) << "it does not go back";
  EXPECT_EQ(clock.advance(file("b"), at(35), {}), at(35));
}

TEST(WatermarkClockTest, WaitsForAllPartitionsOnceOneEnded) {
  watermark_clock clock{{}};
  clock.advance(topic("0"), at(10), {});
  clock.advance(topic("1"), at(10), {});
  clock.leave(*topic("0"));
  EXPECT_EQ(clock.own(topic("2")), timestamp::min());
  EXPECT_EQ(clock.advance(topic("2"), at(50), {}), std::nullopt) << "1 is at 10";
  EXPECT_EQ(clock.advance(topic("1"), at(60), {}), at(50));
}

TEST(WatermarkClockTest, TakesAPartitionThatComesAgainBehindItsEndForANewOne) {
  watermark_clock clock{{}};
  clock.advance(topic("0"), at(10), {});
  clock.advance(topic("1"), at(11), {});
  clock.advance(topic("0"), at(100), {});
  EXPECT_EQ(clock.leave(*topic("0")), std::nullopt);
  EXPECT_EQ(clock.own(topic("0")), timestamp::min());
  EXPECT_EQ(clock.advance(topic("0"), at(20), {}), std::nullopt) << "1 is at 11";
  EXPECT_EQ(clock.advance(topic("1"), at(90), {}), at(20));
}

TEST(WatermarkClockTest, DoesNotWaitForAPartitionThatNeverSends) {
  watermark_clock clock{{}};
  clock.advance(topic("0"), at(10), {});
  clock.advance(topic("1"), at(10), {});
  for (int second = 11; second < 20; ++second) {
    clock.advance(topic("0"), at(second), {});
    EXPECT_EQ(clock.advance(topic("1"), at(second), {}), at(second));
  }
}

TEST(WatermarkClockTest, StandsStillWhenTimesGoBackByADay) {
  watermark_clock clock{{.out_of_order = 5s}};
  clock.advance(topic("0"), at(100'000), {});
  EXPECT_EQ(clock.advance(topic("0"), at(100'000 - 86'400), {}), std::nullopt);
  EXPECT_EQ(clock.advance(topic("0"), at(100'006), {}), at(100'001));
}

TEST(WatermarkClockTest, ReachesNoTimeThatIsNone) {
  for (const auto by : {duration{0}, duration{1}, duration::max() - 1us, duration::max()})
    for (const auto time :
         {timestamp::min(), timestamp::min() + 1us, timestamp{}, timestamp::max()}) {
      watermark_clock clock{{.out_of_order = by}};
      const auto exact = static_cast<long double>(time.time_since_epoch().count())
                         - static_cast<long double>(by.count());
      const auto least = static_cast<long double>(timestamp::min().time_since_epoch().count());
      const auto expected = static_cast<std::int64_t>(std::max(exact, least));
      EXPECT_EQ(clock.advance(nullptr, time, {}), timestamp{duration{expected}});
    }
}

TEST(WatermarkClockTest, DoesNotFallOffTheBeginningOfTime) {
  watermark_clock clock{{.out_of_order = 5s}};
  EXPECT_EQ(clock.advance(nullptr, timestamp::min() + 1s, {}), timestamp::min());
}

TEST(WatermarkClockTest, GoesOnFromASnapshotAsIfNothingHadHappened) {
  watermark_clock clock{{}};
  clock.advance(topic("0"), at(10), {});
  clock.advance(topic("1"), at(10), {});
  clock.advance(topic("0"), at(50), {});
  clock.advance(nullptr, at(60), {});
  snapshot_writer saved;
  clock.save(saved);
  watermark_clock again{{}};
  snapshot_reader reader{saved.bytes()};
  again.load(reader);
  EXPECT_TRUE(reader.is_finished());
  EXPECT_EQ(again.advance(topic("1"), at(9), {}), std::nullopt);
  EXPECT_EQ(again.advance(topic("1"), at(40), {}), at(40));
  EXPECT_EQ(again.advance(topic("1"), at(70), {}), at(50));
}

TEST(WatermarkClockTest, KnowsWhatEachPartitionHasPromised) {
  watermark_clock clock{{.out_of_order = 5s}};
  EXPECT_EQ(clock.own(topic("0")), timestamp::min());
  const partition* const both[] = {topic("0"), topic("1")};
  clock.expect(both);
  clock.advance(topic("0"), at(100), {});
  clock.advance(topic("1"), at(20), {});
  clock.advance(topic("0"), at(60), {});
  EXPECT_EQ(clock.own(topic("0")), at(95));
  EXPECT_EQ(clock.own(topic("1")), at(15));
  // Of files that come one after another, what all of them have.
  clock.advance(file("a"), at(50), {});
  clock.advance(file("b"), at(30), {});
  EXPECT_EQ(clock.own(file("b")), at(45));
}

TEST(WatermarkClockTest, WaitsForAwaitedSourcesUntilTheyGiveRowsOrEnd) {
  watermark_clock clock{{}};
  clock.await("files");
  clock.await("topic");
  EXPECT_FALSE(clock.knows("topic")) << "nothing of its partitions";
  EXPECT_EQ(clock.advance(file("a"), at(10), {}), std::nullopt);
  snapshot_writer saved;
  clock.save(saved);
  watermark_clock loaded{{}};
  snapshot_reader from{saved.bytes()};
  loaded.load(from);
  for (auto* one : {&clock, &loaded}) {
    EXPECT_EQ(one->advance(file("a"), at(20), {}), std::nullopt);
    EXPECT_EQ(one->advance(topic("0"), at(15), {}), at(15));
    EXPECT_TRUE(one->knows("topic"));
  }
  watermark_clock other{{}};
  other.await("topic");
  EXPECT_EQ(other.advance(file("a"), at(10), {}), std::nullopt);
  EXPECT_EQ(other.leave(*intern_partition("topic", "")), at(10)) << "it ended without a row";
}

TEST(WatermarkClockTest, AwaitsNobodyOnceToldSoButWhoWasCutShort) {
  watermark_clock clock{{}};
  clock.await("files");
  clock.await("topic");
  clock.await_nobody();
  EXPECT_EQ(clock.advance(nullptr, at(10), {}), at(10));
  EXPECT_EQ(clock.advance(topic("0"), at(5), {}), std::nullopt)
      << "it counts from its first row on";
  EXPECT_EQ(clock.advance(nullptr, at(20), {}), std::nullopt);
  clock.await("files");
  clock.hold(*intern_partition("files", ""));
  clock.await_nobody();
  EXPECT_EQ(clock.advance(topic("0"), at(30), {}), std::nullopt);
}

TEST(WatermarkClockTest, ComesToTheLatestTimeOfAllWhenAllHaveEnded) {
  watermark_clock clock{{.out_of_order = 5s}};
  clock.advance(file("a"), at(30), {});
  EXPECT_EQ(clock.leave(*intern_partition("files", "")), std::nullopt);
  EXPECT_EQ(clock.advance(topic("0"), at(20), {}), std::nullopt);
  snapshot_writer saved;
  clock.save(saved);
  watermark_clock loaded{{.out_of_order = 5s}};
  snapshot_reader from{saved.bytes()};
  loaded.load(from);
  for (auto* one : {&clock, &loaded}) {
    EXPECT_EQ(one->finish(), at(30));
    EXPECT_EQ(one->finish(), std::nullopt) << "it is there";
  }
}

TEST(WatermarkClockTest, RefusesOptionsThatMeanNothing) {
  EXPECT_TRUE(check({.out_of_order = 1s, .idle_after = 1s}));
  EXPECT_FALSE(check({.out_of_order = -1s}));
  EXPECT_FALSE(check({.out_of_order = 1s, .idle_after = 0s}));
}

TEST(WatermarkClockTest, WaitsForGoodForASourceThatWasCutShort) {
  watermark_clock clock{{.idle_after = 1s}};
  moment now{};
  clock.advance(topic("0"), at(10), now);
  EXPECT_EQ(clock.advance(file("a"), at(5), now), std::nullopt);
  clock.hold(*intern_partition("topic", ""));
  EXPECT_EQ(clock.advance(file("a"), at(20), now), std::nullopt) << "it was at 10 before";
  for (int second = 30; second < 60; ++second)
    EXPECT_EQ(clock.advance(file("a"), at(second), now += 500ms), std::nullopt);
  EXPECT_EQ(clock.leave(*intern_partition("files", "")), std::nullopt);
}

} // namespace
} // namespace weir::test
