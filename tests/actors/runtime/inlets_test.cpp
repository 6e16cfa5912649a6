// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/inlets.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace weir {
namespace {

using ::testing::ElementsAre;

frame rows(std::int64_t count) {
  auto all = row_type_of<int>().make();
  for (std::int64_t i = 0; i < count; ++i)
    static_cast<batch<int>&>(*all).push_back(static_cast<int>(i));
  return batch_frame{std::move(all), {count, count * 4}};
}
frame end(end_cause cause, std::uint64_t rows) {
  const auto why = cause == end_cause::failed
                       ? std::make_shared<const error>(error{errc::failed, "the disk is gone"})
                       : nullptr;
  return end_frame{cause, rows, why};
}

/// Says what an actor with two links would do about the frames it was sent, in words.
class InletsTest : public ::testing::Test {
protected:
  InletsTest() {
    under_test.add_link(0);
    under_test.add_link(0);
  }
  std::vector<std::string> all() {
    std::vector<std::string> said;
    while (auto next = under_test.next()) said.push_back(std::visit(in_words{}, *next));
    return said;
  }

  struct in_words {
    std::string operator()(const inlets::rows_event& rows) const {
      return std::to_string(rows.cost.rows) + " of link " + std::to_string(rows.link);
    }
    std::string operator()(const inlets::mark_event& mark) const {
      const char* names[] = {"watermark ", "phase ", "barrier ", "silence "};
      if (mark.of != nullptr)
        return (mark.value != 0 ? "end of " : "cut of ") + mark.of->source + "/" + mark.of->name;
      return names[static_cast<int>(mark.what)] + std::to_string(mark.value);
    }
    std::string operator()(const inlets::end_event& end) const {
      const char* names[] = {"finished", "cancelled", "failed"};
      std::string text = "?";
      if (end.cause == end_cause::finished) text = names[0];
      if (end.cause == end_cause::cancelled) text = names[1];
      if (end.cause == end_cause::failed) text = names[2];
      if (end.why) text += ": " + end.why->message;
      return text + (end.dropped_rows ? ", rows dropped" : "");
    }
  };
  inlets under_test;
};

TEST_F(InletsTest, TakesRowsOfTheLinksInTurn) {
  under_test.push(0, rows(1));
  under_test.push(0, rows(2));
  under_test.push(1, rows(3));
  EXPECT_THAT(all(), ElementsAre("1 of link 0", "3 of link 1", "2 of link 0"));
}

TEST_F(InletsTest, FailsWhereAnEndCountsOtherRowsThanArrived) {
  under_test.push(0, rows(4));
  under_test.push(0, end(end_cause::finished, 5));
  under_test.push(1, end(end_cause::finished, 0));
  EXPECT_THAT(all(), ElementsAre("4 of link 0",
                                 "failed: a link lost rows: 5 were sent, 4 arrived, rows dropped"));
}

TEST_F(InletsTest, HoldsWhatFollowsABarrierUntilAllLinksHaveIt) {
  under_test.push(0, barrier_frame{1});
  under_test.push(0, rows(1));
  under_test.push(1, rows(2));
  EXPECT_THAT(all(), ElementsAre("2 of link 1"));
  under_test.push(1, barrier_frame{1});
  EXPECT_THAT(all(), ElementsAre("barrier 1", "1 of link 0"));
}

TEST_F(InletsTest, TellsThatAPartitionEndedInItsPlace) {
  const auto* const one = intern_partition("topic", "1");
  under_test.push(0, rows(1));
  under_test.push(0, partition_end_frame{one});
  under_test.push(0, phase_frame{1});
  under_test.push(0, partition_end_frame{intern_partition("topic", "")});
  EXPECT_THAT(all(), ElementsAre("1 of link 0", "end of topic/1"));
  under_test.push(1, end(end_cause::finished, 0));
  EXPECT_THAT(all(), ElementsAre("phase 1", "end of topic/")) << "what is behind a phase waits";
}

/// Two links by which rows of the same source come, and one of another.
class InletsOfSplitSourceTest : public InletsTest {
protected:
  InletsOfSplitSourceTest() {
    under_test = {};
    under_test.add_link(0, false, {"topic"});
    under_test.add_link(0, false, {"topic", "files"});
    under_test.add_link(0, false, {"live"});
  }
  const partition* one = intern_partition("topic", "1");
  const partition* whole = intern_partition("topic", "");
};

TEST_F(InletsOfSplitSourceTest, TellsThatAPartitionEndedOnceAllLinksHaveItOfItsSource) {
  under_test.push(0, partition_end_frame{one});
  under_test.push(1, rows(1));
  EXPECT_THAT(all(), ElementsAre("1 of link 1"));
  under_test.push(0, partition_end_frame{one}); // it had begun anew
  under_test.push(1, partition_end_frame{one});
  EXPECT_THAT(all(), ElementsAre("end of topic/1"));
  under_test.push(1, partition_end_frame{whole, false});
  under_test.push(1, partition_end_frame{one});
  EXPECT_THAT(all(), ElementsAre("end of topic/1"));
  under_test.push(0, partition_end_frame{whole});
  EXPECT_THAT(all(), ElementsAre("cut of topic/")) << "a part of it was";
  under_test.push(1, partition_end_frame{intern_partition("files", "")});
  EXPECT_THAT(all(), ElementsAre("end of files/")) << "one link alone has it";
}

TEST_F(InletsOfSplitSourceTest, TakesALinkThatFinishedForTheEndOfItsSources) {
  under_test.push(0, partition_end_frame{whole});
  under_test.push(1, end(end_cause::finished, 0));
  EXPECT_THAT(all(), ElementsAre("end of topic/", "end of files/")) << "who had enough ended it";
  under_test.push(0, end(end_cause::finished, 0));
  EXPECT_THAT(all(), ElementsAre());
  under_test.push(2, end(end_cause::finished, 0));
  EXPECT_THAT(all(), ElementsAre("phase 1", "finished"));
}

TEST_F(InletsOfSplitSourceTest, WaitsForWhatALinkThatWasCutShortMayHaveHad) {
  under_test.push(0, partition_end_frame{whole});
  under_test.push(1, end(end_cause::cancelled, 0));
  EXPECT_THAT(all(), ElementsAre());
}

TEST_F(InletsTest, CountsABarrierOrPhaseOfTheLastLinkAloneNotYet) {
  under_test.push(1, barrier_frame{1});
  EXPECT_THAT(all(), ElementsAre());
  under_test.push(0, barrier_frame{1});
  EXPECT_THAT(all(), ElementsAre("barrier 1"));
  under_test.push(1, phase_frame{1});
  EXPECT_THAT(all(), ElementsAre());
  under_test.push(0, phase_frame{1});
  EXPECT_THAT(all(), ElementsAre("phase 1"));
}

TEST_F(InletsTest, EndsByAFailureThatLiesBehindABarrierNobodyElseHas) {
  under_test.push(0, barrier_frame{1});
  under_test.push(0, end(end_cause::failed, 0));
  EXPECT_THAT(all(), ElementsAre("failed: the disk is gone, rows dropped"));
}

TEST_F(InletsTest, WaitsAtAPhaseForLinksThatHaveNotEnded) {
  under_test.push(0, phase_frame{1});
  under_test.push(0, rows(1));
  EXPECT_THAT(all(), ElementsAre());
  under_test.push(1, end(end_cause::finished, 0));
  EXPECT_THAT(all(), ElementsAre("phase 1", "1 of link 0"));
}

TEST_F(InletsTest, KeepsTheOrderOfAPhaseAndABarrierThatFollowsIt) {
  under_test.push(0, phase_frame{2});
  under_test.push(0, barrier_frame{1});
  under_test.push(1, phase_frame{2});
  under_test.push(1, rows(1));
  under_test.push(1, barrier_frame{1});
  EXPECT_THAT(all(), ElementsAre("phase 2", "1 of link 1", "barrier 1"));
}

TEST_F(InletsTest, WaitsAtALaterPhaseForNoneThatWasCutShortBehindItsHistory) {
  under_test.push(0, phase_frame{1});
  under_test.push(1, phase_frame{1});
  under_test.push(1, end(end_cause::cancelled, 0));
  under_test.push(0, phase_frame{2});
  under_test.push(0, rows(1));
  EXPECT_THAT(all(), ElementsAre("phase 1", "phase 2", "1 of link 0"));
}

frame at(int micros) { return watermark_frame{timestamp{std::chrono::microseconds{micros}}}; }

TEST_F(InletsTest, TellsTheLeastWatermarkAndNeverAnEarlierOne) {
  under_test.push(0, at(20));
  EXPECT_THAT(all(), ElementsAre());
  under_test.push(1, at(10));
  EXPECT_THAT(all(), ElementsAre("watermark 10"));
  under_test.push(1, at(5));
  EXPECT_THAT(all(), ElementsAre());
  under_test.push(1, at(30));
  EXPECT_THAT(all(), ElementsAre("watermark 20"));
}

TEST_F(InletsTest, EndsByAFailureWithoutWaitingForAlignment) {
  under_test.push(0, barrier_frame{1});
  under_test.push(0, rows(1));
  under_test.push(1, end(end_cause::failed, 0));
  EXPECT_THAT(all(), ElementsAre("failed: the disk is gone, rows dropped"));
  EXPECT_TRUE(under_test.has_ended());
}

TEST_F(InletsTest, PassesABarrierThatTheOtherHasEndedBefore) {
  under_test.push(0, phase_frame{1}); // implied by that end, as are the rows: more than may be sent
  under_test.push(0, rows(1));
  under_test.push(1, rows(2));
  under_test.push(1, barrier_frame{1});
  EXPECT_THAT(all(), ElementsAre("2 of link 1", "barrier 1"));
  under_test.push(1, end(end_cause::finished, 2));
  EXPECT_THAT(all(), ElementsAre("phase 1", "1 of link 0"));
}

TEST_F(InletsTest, EndsWhereOneWaitsForAPhaseAndTheOtherForABarrierThatBothWillNeverCome) {
  under_test.push(0, phase_frame{1});
  under_test.push(0, end(end_cause::finished, 0)); // ended before the barrier
  under_test.push(1, barrier_frame{1});
  under_test.push(1, end(end_cause::cancelled, 0)); // cut short before the phase
  EXPECT_THAT(all(), ElementsAre("barrier 1", "cancelled, rows dropped"));
}

TEST_F(InletsTest, SaysThatRowsBehindAPhaseNobodyReachesAreDropped) {
  under_test.push(0, phase_frame{1});
  under_test.push(0, rows(1));
  under_test.push(1, end(end_cause::cancelled, 0));
  EXPECT_THAT(all(), ElementsAre("cancelled, rows dropped"));
}

TEST_F(InletsTest, LeavesOutTheWatermarkOfALinkThatFinished) {
  under_test.push(0, at(10));
  under_test.push(1, at(30));
  EXPECT_THAT(all(), ElementsAre("watermark 10"));
  under_test.push(0, end(end_cause::finished, 0));
  EXPECT_THAT(all(), ElementsAre("watermark 30"));
}

TEST_F(InletsTest, HoldsTheWatermarkForGoodWhereALinkWasCutShort) {
  under_test.push(0, at(10));
  under_test.push(1, at(5));
  under_test.push(0, end(end_cause::cancelled, 0));
  EXPECT_THAT(all(), ElementsAre("watermark 5"));
  under_test.push(1, at(30));
  EXPECT_THAT(all(), ElementsAre("watermark 10")) << "what was complete by then is";
  under_test.push(1, at(50));
  under_test.push(1, rows(1));
  under_test.push(1, end(end_cause::cancelled, 1));
  EXPECT_THAT(all(), ElementsAre("1 of link 1", "cancelled"));
}

TEST_F(InletsTest, HoldsTheWatermarkOfALinkThatWasCutShortInSilence) {
  under_test.push(0, at(10));
  under_test.push(0, silence_frame{true});
  under_test.push(1, at(5));
  EXPECT_THAT(all(), ElementsAre("watermark 5"));
  under_test.push(0, end(end_cause::cancelled, 0));
  under_test.push(1, at(50));
  EXPECT_THAT(all(), ElementsAre("watermark 10"));
}

TEST_F(InletsTest, TellsTheLastWatermarkBeforeAnEndHoweverTheLinksEnd) {
  for (const std::size_t first : {0U, 1U}) {
    under_test = {};
    under_test.add_link(0);
    under_test.add_link(0);
    under_test.push(0, at(10));
    under_test.push(1, at(30));
    under_test.push(first, end(end_cause::finished, 0));
    auto said = all();
    under_test.push(1 - first, end(end_cause::finished, 0));
    for (auto& more : all()) said.push_back(more);
    ASSERT_GE(said.size(), 3U);
    EXPECT_THAT(std::vector(said.end() - 3, said.end()),
                ElementsAre("watermark 30", "phase 1", "finished"))
        << first;
  }
}

TEST_F(InletsTest, SaysThatAPartitionWasCutShort) {
  under_test.push(0, partition_end_frame{intern_partition("topic", ""), false});
  EXPECT_THAT(all(), ElementsAre("cut of topic/"));
}

TEST_F(InletsTest, DoesNotWaitForASilentLinkAndTakesItBackIn) {
  under_test.push(0, at(10));
  under_test.push(1, at(30));
  EXPECT_THAT(all(), ElementsAre("watermark 10"));
  under_test.push(0, silence_frame{true});
  EXPECT_THAT(all(), ElementsAre("watermark 30"));
  under_test.push(0, silence_frame{false});
  under_test.push(1, at(50));
  EXPECT_THAT(all(), ElementsAre());
  under_test.push(0, at(20));
  EXPECT_THAT(all(), ElementsAre()) << "never back";
  under_test.push(0, at(40));
  EXPECT_THAT(all(), ElementsAre("watermark 40"));
}

TEST_F(InletsTest, TakesRowsOfASilentLinkWithoutWaitingForItAgain) {
  under_test.push(1, at(10));
  under_test.push(0, silence_frame{true});
  under_test.push(0, rows(1)); // that a clock made
  EXPECT_THAT(all(), ElementsAre("watermark 10", "1 of link 0"));
  under_test.push(1, at(20));
  EXPECT_THAT(all(), ElementsAre("watermark 20"));
}

TEST_F(InletsTest, WaitsForALinkAsSoonAsTheEndOfItsSilenceHasCome) {
  under_test.push(0, silence_frame{true});
  under_test.push(0, rows(1)); // in front of what is told
  under_test.push(0, silence_frame{false});
  under_test.push(1, at(10));
  EXPECT_THAT(all(), ElementsAre("1 of link 0"));
}

TEST_F(InletsTest, PassesSilenceOnWhenAllLinksAreSilentAtTheGreatestWatermark) {
  for (const std::size_t first : {0U, 1U}) {
    under_test = {};
    under_test.add_link(0);
    under_test.add_link(0);
    under_test.push(0, at(10));
    under_test.push(1, at(30));
    under_test.push(first, silence_frame{true});
    auto said = all();
    under_test.push(1 - first, silence_frame{true});
    for (auto& more : all()) said.push_back(more);
    using words = std::vector<std::string>;
    EXPECT_EQ(said, first == 0 ? words({"watermark 30", "silence 1"})
                               : words({"watermark 10", "watermark 30", "silence 1"}));
    under_test.push(0, silence_frame{false});
    under_test.push(0, rows(1));
    EXPECT_THAT(all(), ElementsAre("silence 0", "1 of link 0"));
  }
}

TEST_F(InletsTest, PromisesAnInletNoLessThanWasTold) {
  under_test = {};
  under_test.add_link(0);
  under_test.add_link(1);
  under_test.push(0, at(10));
  under_test.push(0, silence_frame{true});
  under_test.push(1, at(30));
  EXPECT_THAT(all(), ElementsAre("watermark 30"));
  under_test.push(0, silence_frame{false});
  under_test.push(0, rows(1));
  const auto next = under_test.next();
  ASSERT_TRUE(next);
  EXPECT_EQ(std::get<inlets::rows_event>(*next).promised, timestamp{std::chrono::microseconds{30}});
}

TEST_F(InletsTest, IsNotSilentWhereOneLinkWasCutShort) {
  under_test.push(0, silence_frame{true});
  under_test.push(1, silence_frame{true});
  EXPECT_THAT(all(), ElementsAre("silence 1"));
  under_test.push(1, end(end_cause::cancelled, 0));
  EXPECT_THAT(all(), ElementsAre("silence 0"));
}

TEST_F(InletsTest, HoldsSilenceBehindAPhaseUntilAllHaveIt) {
  under_test.push(0, at(5));
  under_test.push(0, phase_frame{1});
  under_test.push(0, silence_frame{true});
  under_test.push(1, at(10));
  EXPECT_THAT(all(), ElementsAre("watermark 5"));
  under_test.push(1, phase_frame{1});
  EXPECT_THAT(all(), ElementsAre("phase 1", "watermark 10"));
}

/// Link 0 carries the stream, link 1 a table.
class InletsSideTest : public InletsTest {
protected:
  InletsSideTest() {
    under_test = {};
    under_test.add_link(0);
    under_test.add_link(1, true);
  }
  std::vector<std::string> of_side() {
    std::vector<std::string> said;
    while (auto next = under_test.next(true)) said.push_back(std::visit(in_words{}, *next));
    return said;
  }
};

TEST_F(InletsSideTest, HoldAllButTheSideInletWhileItIsWaitedFor) {
  under_test.push(0, rows(1));
  under_test.push(0, barrier_frame{1});
  EXPECT_THAT(of_side(), ElementsAre());
  under_test.push(1, rows(2));
  EXPECT_THAT(of_side(), ElementsAre("2 of link 1"));
  EXPECT_THAT(all(), ElementsAre("1 of link 0", "barrier 1"));
}

TEST_F(InletsSideTest, CountNoMarkOfTheSideInletAndTakeItsRowsFirst) {
  under_test.push(1, barrier_frame{1});
  under_test.push(1, phase_frame{1});
  under_test.push(1, watermark_frame{timestamp::min()});
  under_test.push(1, rows(2));
  under_test.push(0, rows(1));
  under_test.push(0, watermark_frame{timestamp{std::chrono::microseconds{20}}});
  under_test.push(0, barrier_frame{2});
  under_test.push(0, phase_frame{1});
  EXPECT_THAT(all(),
              ElementsAre("2 of link 1", "1 of link 0", "watermark 20", "barrier 2", "phase 1"));
}

TEST_F(InletsSideTest, EndWithoutTheSideInlet) {
  under_test.push(1, rows(1));
  under_test.push(0, end(end_cause::finished, 0));
  EXPECT_THAT(all(), ElementsAre("1 of link 1", "phase 1", "finished"));
  EXPECT_TRUE(under_test.has_open_side());
}

TEST_F(InletsSideTest, GoOnWhenTheSideInletHasEnded) {
  under_test.push(1, rows(1));
  under_test.push(1, end(end_cause::cancelled, 1));
  under_test.push(0, rows(2));
  EXPECT_THAT(all(), ElementsAre("1 of link 1", "2 of link 0"));
  under_test.push(0, end(end_cause::finished, 2));
  EXPECT_THAT(all(), ElementsAre("phase 1", "finished"));
  EXPECT_FALSE(under_test.has_open_side());
}

TEST_F(InletsSideTest, FailWithTheSideInlet) {
  under_test.push(0, rows(2));
  under_test.push(1, end(end_cause::failed, 0));
  EXPECT_THAT(of_side(), ElementsAre("failed: the disk is gone, rows dropped"));
}

TEST_F(InletsSideTest, EndWhereWhatIsWaitedForWasCutShort) {
  under_test.push(0, rows(2));
  under_test.push(1, end(end_cause::cancelled, 0));
  EXPECT_THAT(of_side(), ElementsAre("cancelled, rows dropped"));
}

TEST_F(InletsSideTest, FailWhereTheSideInletEndsWithoutWhatIsWaitedFor) {
  under_test.push(1, end(end_cause::finished, 0));
  EXPECT_THAT(of_side(), ElementsAre("failed: a side inlet ended without what the operator waits "
                                     "for, rows dropped"));
}

} // namespace
} // namespace weir
