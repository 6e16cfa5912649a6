// SPDX-License-Identifier: Apache-2.0

#include "../../support/window_run.hpp"
#include <weir/actors/operators/late_in_turn.hpp>

#include <gmock/gmock.h>

#include <chrono>

namespace weir::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(LateInTurnTest, LetsALateRowWaitForTheWatermarkOfItsPartition) {
  window_run run{sliding(10s, 5s)};
  run.rows({{12, {"a", 1}}});
  run.late_rows(16, {{13, {"a", 100}}}); // not for [5,15), which is over where it comes from
  run.watermark(8);
  EXPECT_THAT(run.results(), IsEmpty());
  run.watermark(30);
  EXPECT_THAT(run.results(), ElementsAre("a [5,15) 1", "a [10,20) 101"));
  EXPECT_THAT(run.late(), IsEmpty());
}

TEST(LateInTurnTest, TakesRowsAtOnceWhoseTurnHasCome) {
  window_run run{tumbling(10s), {.allow_late = 5s}};
  run.rows({{12, {"a", 1}}});
  run.watermark(21);
  EXPECT_THAT(run.results(), ElementsAre("a [10,20) 1"));
  run.late_rows(21, {{13, {"a", 100}}});
  EXPECT_THAT(run.results(), ElementsAre("a [10,20) 101!"));
}

TEST(LateInTurnTest, PutsLateRowsAsideThoughNoWindowHasFired) {
  for (const bool restarts : {false, true}) {
    window_run run{tumbling(10s)};
    run.rows({{2, {"b", 1}}});
    run.late_rows(40, {{3, {"b", 2}}, {41, {"b", 3}}});
    run.late_rows(12, {{4, {"b", 4}}});
    run.late_rows(9, {{5, {"b", 5}}});
    if (restarts) run.restart();
    EXPECT_THAT(run.late(), IsEmpty());
    run.end();
    EXPECT_THAT(run.results(), ElementsAre("b [0,10) 6", "b [40,50) 3"));
    EXPECT_THAT(run.late(), ElementsAre("b 4", "b 2"));
  }
}

TEST(LateInTurnTest, MakesLateOfLateRowsAndNothingElse) {
  window_run run{tumbling(10s), {.allow_late = 60s}};
  run.rows({{12, {"a", 1}}, {32, {"a", 2}}});
  run.late_rows(40, {{13, {"a", 3}}, {14, {"a", 4}}});
  run.late_rows(45, {{15, {"a", 5}}});
  run.watermark(60);
  EXPECT_THAT(run.results(), ElementsAre("a [10,20) 1", "a [30,40) 2", "a [10,20) 4!",
                                         "a [10,20) 8!", "a [10,20) 13!"));
  EXPECT_THAT(run.promised(), ElementsAre(40, 45));
}

TEST(LateInTurnTest, CountsWaitingRowsAmongWhatIsLeftOut) {
  window_run run{tumbling(10s)};
  run.rows({{12, {"a", 1}}});
  run.late_rows(40, {{3, {"a", 2}}, {4, {"a", 3}}});
  EXPECT_EQ(run.still_open().entries, 3U);
  EXPECT_EQ(run.still_open().from, timestamp{3s});
  EXPECT_EQ(run.still_open().to, timestamp{20s});
  run.end();
  EXPECT_EQ(run.still_open().entries, 0U);
}

TEST(LateInTurnTest, LetsNoRowWaitWhereWindowsFireByTheClock) {
  window_run run{tumbling(10s), {.timeout = 5s}};
  run.rows({{12, {"a", 1}}});
  run.late_rows(40, {{13, {"a", 2}}});
  run.time(0s);
  run.time(5s);
  EXPECT_THAT(run.results(), ElementsAre("a [10,20) 3"));
}

TEST(LateInTurnTest, FailsWhereLateRowsDoNotFitIntoMemory) {
  window_run run{tumbling(10s), {}, {.name = "sums", .memory_bytes = 100'000}};
  const auto many = [&] {
    for (int i = 0; i < 1'000; ++i) run.late_rows(1'000 + i, {{3, {"b", 2}}});
  };
  try {
    many();
    FAIL() << "it keeps them all";
  } catch (const std::exception& thrown) {
    EXPECT_THAT(thrown.what(), HasSubstr("the late rows of 'sums' do not fit into memory"));
    EXPECT_THAT(thrown.what(), HasSubstr("idle_after"));
  }
  EXPECT_GT(run.usage().bytes, 100'000U) << "those that wait are reported";
}

} // namespace
} // namespace weir::test
