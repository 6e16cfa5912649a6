// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/timestamp.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <string>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

const timestamp half_past =
    timestamp{std::chrono::sys_days{std::chrono::year{2021} / 1 / 1}} + 30min + 10s;

RC_GTEST_PROP(TimestampTest, ReadsWhatItWrites, ()) {
  // From year 0 to 9999, the years that four digits can write.
  const auto micros =
      *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'799'999'999);
  const timestamp time{duration{micros}};
  RC_ASSERT(parse_timestamp(to_string(time)) == time);
}

TEST(TimestampTest, ReadsWhatFilesHold) {
  EXPECT_EQ(parse_timestamp("2021-01-01 00:30:10"), half_past);
  EXPECT_EQ(parse_timestamp("2021-01-01T00:30:10Z"), half_past);
  EXPECT_EQ(parse_timestamp("2021-01-01t00:30:10.25z"), half_past + 250ms);
  EXPECT_EQ(parse_timestamp("2021-01-01T02:30:10+02:00"), half_past);
  EXPECT_EQ(parse_timestamp("2020-12-31T19:00:10-0530"), half_past);
  EXPECT_EQ(parse_timestamp("2021-01-01 00:30"), half_past - 10s);
  EXPECT_EQ(parse_timestamp("2021-01-01"), half_past - 30min - 10s);
  EXPECT_EQ(parse_timestamp("2020-02-29"),
            timestamp{std::chrono::sys_days{std::chrono::year{2020} / 2 / 29}});
  EXPECT_EQ(parse_timestamp("2021-01-01 00:30:10.123456789"), half_past + 123'456us);
}

TEST(TimestampTest, RefusesWhatIsNoTime) {
  for (const auto* text : {"",
                           " ",
                           "2021",
                           "2021-13-01",
                           "2021-02-29",
                           "2021-00-10",
                           "2021-01-32",
                           "2021-1-1",
                           "2021-01-01 ",
                           "2021-01-01 24:00:00",
                           "2021-01-01 00:60:00",
                           "2021-01-01 00:00:60",
                           "2021-01-01 00:30:10.",
                           "2021-01-01 00:30:10 ",
                           "2021-01-01 00:30:10+25:00",
                           "2021-01-01 00:30:10+02:60",
                           "2021-01-01 00:30:10+2",
                           "2021-01-01 00:30:10x",
                           "2021/01/01",
                           "-021-01-01",
                           "01-01-2021",
                           "2021-01-01X00:30:10",
                           "\xff\xff\xff\xff"})
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
}

TEST(TimestampTest, WritesAFractionOnlyWhenThereIsOne) {
  EXPECT_EQ(to_string(half_past), "2021-01-01T00:30:10Z");
  EXPECT_EQ(to_string(half_past + 5us), "2021-01-01T00:30:10.000005Z");
  EXPECT_EQ(to_string(timestamp{-1us}), "1969-12-31T23:59:59.999999Z");
}

RC_GTEST_PROP(DurationTest, ReadsWhatItWrites, ()) {
  const duration span{*rc::gen::arbitrary<std::int64_t>()}; // more than a double holds exactly
  RC_ASSERT(parse_duration(to_string(span)) == span);
}

TEST(DurationTest, ReadsUnits) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("2d"), 48h);
  EXPECT_EQ(parse_duration("1m"), 1min);
  EXPECT_EQ(parse_duration("1min"), 1min);
  EXPECT_EQ(parse_duration("17"), 17us);
  EXPECT_EQ(parse_duration("-3s"), -3s);
  EXPECT_EQ(parse_duration("9223372036854775807us"), duration::max());
}

TEST(DurationTest, RefusesWhatIsNoSpan) {
  for (const auto* text : {"", "s", "3 s", "3x", "1e300h", "nan", "inf", "3s3"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(DurationTest, WritesTheLargestUnitThatDividesIt) {
  EXPECT_EQ(to_string(duration{30s}), "30s");
  EXPECT_EQ(to_string(duration{1500ms}), "1500ms");
  EXPECT_EQ(to_string(duration{48h}), "2d");
  EXPECT_EQ(to_string(duration{0}), "0s");
}

TEST(TimestampTest, WritesTheEndsOfTimeWithoutOverflow) { // but for the year, which is too far off
  EXPECT_TRUE(to_string(timestamp::min()).ends_with("-12-21T19:59:05.224192Z"));
  EXPECT_TRUE(to_string(timestamp::max()).ends_with("-01-10T04:00:54.775807Z"));
  EXPECT_EQ(to_string(timestamp{duration{-1}}), "1969-12-31T23:59:59.999999Z");
}

} // namespace
} // namespace weir::test
