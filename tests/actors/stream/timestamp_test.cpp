// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/timestamp.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iomanip>
#include <sstream>
#include <string>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

const timestamp half_past =
    timestamp{std::chrono::sys_days{std::chrono::year{2021} / 1 / 1}} + 30min + 10s;

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

/// A text as the calendar has it, year by year and month by month from 1970.
std::string slow_text(std::int64_t micros) {
  constexpr std::int64_t a_day = 86'400'000'000;
  auto days = micros / a_day, in_day = micros % a_day;
  if (in_day < 0) {
    in_day += a_day;
    --days;
  }
  std::int64_t year = 1970;
  for (; days < 0; days += is_leap(year) ? 366 : 365) --year;
  for (; days >= (is_leap(year) ? 366 : 365); ++year) days -= is_leap(year) ? 366 : 365;
  std::array<int, 12> months{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (is_leap(year)) months[1] = 29;
  std::size_t month = 0;
  while (days >= months[month]) days -= months[month++];

  std::ostringstream text;
  text << std::setfill('0');
  if (year >= 0 && year <= 9999)
    text << std::setw(4) << year;
  else
    text << (year < 0 ? '-' : '+') << std::setw(6) << std::abs(year);
  text << '-' << std::setw(2) << month + 1 << '-' << std::setw(2) << days + 1 << 'T';
  text << std::setw(2) << in_day / 3'600'000'000 << ':' << std::setw(2) << in_day / 60'000'000 % 60
       << ':' << std::setw(2) << in_day / 1'000'000 % 60;
  if (in_day % 1'000'000 != 0) text << '.' << std::setw(6) << in_day % 1'000'000;
  text << 'Z';
  return text.str();
}

void expect_its_text(std::int64_t micros) {
  const timestamp time{duration{micros}};
  RC_ASSERT(to_string(time) == slow_text(micros));
  RC_ASSERT(parse_timestamp(to_string(time)) == time);
}

RC_GTEST_PROP(TimestampTest, WritesAnyTimeAsTheCalendarHasItAndReadsIt, ()) {
  const auto any = *rc::gen::resize(100, rc::gen::arbitrary<std::int64_t>()); // of all 64 bits
  expect_its_text(any);
  expect_its_text(any / 1'000'000 * 1'000'000);
}
RC_GTEST_PROP(TimestampTest, WritesYearsOfFourDigitsAsTheCalendarHasThemAndReadsThem, ()) {
  expect_its_text(
      *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'800'000'000));
}
RC_GTEST_PROP(TimestampTest, KnowsTheDaysAroundTheEndsOfYears, ()) {
  const auto year = *rc::gen::inRange(-290'307, 294'247);
  const auto days = static_cast<std::int64_t>(std::floor((year - 1970) * 365.2425));
  const auto seconds = days * 86'400 + *rc::gen::inRange(-300'000, 300'000);
  expect_its_text(seconds * 1'000'000 + *rc::gen::inRange(0, 1'000'000));
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
                           "-000000-01-01",
                           "+2021-01-01",
                           "+10000-01-01",
                           "-000001-02-29",
                           "+999999-01-01",
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

TEST(TimestampTest, WritesAndReadsTheEndsOfTime) {
  EXPECT_EQ(to_string(timestamp::min()), "-290308-12-21T19:59:05.224192Z");
  EXPECT_EQ(to_string(timestamp::max()), "+294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(to_string(timestamp{duration{-1}}), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(parse_timestamp("-290308-12-21T19:59:05.224192Z"), timestamp::min());
  EXPECT_EQ(parse_timestamp("+294247-01-10T04:00:54.775807Z"), timestamp::max());
  EXPECT_EQ(parse_timestamp("-290308-12-21T19:59:05.224191Z"), std::nullopt);
  EXPECT_EQ(parse_timestamp("+294247-01-10T04:00:54.775808Z"), std::nullopt);
  EXPECT_EQ(parse_timestamp("+294247-01-10T05:00:54.775808+01:00"), std::nullopt);
}

TEST(TimestampTest, HasASignAndSixDigitsForYearsThatFourCanNotWrite) {
  const timestamp year_0{std::chrono::sys_days{std::chrono::year{0} / 1 / 1}};
  EXPECT_EQ(to_string(year_0), "0000-01-01T00:00:00Z");
  EXPECT_EQ(to_string(year_0 - 1us), "-000001-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_string(timestamp{std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1}}),
            "+010000-01-01T00:00:00Z");
  // 65,536 years from 2021: a year of 16 bits takes it for 2021.
  EXPECT_EQ(to_string(*parse_timestamp("+067557-03-01")), "+067557-03-01T00:00:00Z");
  EXPECT_EQ(parse_timestamp("+002021-01-01"), parse_timestamp("2021-01-01"));
}

} // namespace
} // namespace weir::test
