// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/local_days.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <string>

namespace weir {
namespace {

using namespace std::chrono_literals;

std::string around(const char* zone, const char* time, std::int64_t count = 1,
                   duration offset = {}) {
  const auto days = *local_days::in(zone, count, offset);
  const auto [start, end] = days.around(*parse_timestamp(time));
  return to_string(start) + " " + to_string(end);
}

TEST(LocalDaysTest, BeginAtMidnightOfTheZone) {
  EXPECT_EQ(around("UTC", "2024-02-29 23:59:59"), "2024-02-29T00:00:00Z 2024-03-01T00:00:00Z");
  EXPECT_EQ(around("Europe/Berlin", "2024-01-10 23:00"),
            "2024-01-10T23:00:00Z 2024-01-11T23:00:00Z");
  EXPECT_EQ(around("Asia/Seoul", "2024-01-10 14:59:59.999999"),
            "2024-01-09T15:00:00Z 2024-01-10T15:00:00Z");
  EXPECT_EQ(around("America/New_York", "1969-12-31 12:00"),
            "1969-12-31T05:00:00Z 1970-01-01T05:00:00Z");
}

TEST(LocalDaysTest, Have23Or25HoursWhenClocksChange) {
  EXPECT_EQ(around("Europe/Berlin", "2024-03-31 12:00"),
            "2024-03-30T23:00:00Z 2024-03-31T22:00:00Z");
  EXPECT_EQ(around("Europe/Berlin", "2024-10-27 12:00"),
            "2024-10-26T22:00:00Z 2024-10-27T23:00:00Z");
  EXPECT_EQ(around("America/New_York", "2021-11-07 05:30"),
            "2021-11-07T04:00:00Z 2021-11-08T05:00:00Z");
}

TEST(LocalDaysTest, BeginWithTheFirstMomentWhereMidnightIsLeftOutOrComesTwice) {
  // Clocks went from 0 to 1 o'clock.
  EXPECT_EQ(around("America/Sao_Paulo", "2018-11-04 12:00"),
            "2018-11-04T03:00:00Z 2018-11-05T02:00:00Z");
  // And from 24 back to 23 o'clock: that hour belongs to the day before.
  EXPECT_EQ(around("America/Sao_Paulo", "2018-02-18 02:30"),
            "2018-02-17T02:00:00Z 2018-02-18T03:00:00Z");
  // From 1 back to 0 o'clock: the day begins with the first.
  EXPECT_EQ(around("America/Havana", "2023-11-05 05:30"),
            "2023-11-05T04:00:00Z 2023-11-06T05:00:00Z");
}

TEST(LocalDaysTest, HaveNoDayThatAZoneLeftOut) { // Samoa, 2011-12-30
  EXPECT_EQ(around("Pacific/Apia", "2011-12-30 09:59"),
            "2011-12-29T10:00:00Z 2011-12-30T10:00:00Z");
  EXPECT_EQ(around("Pacific/Apia", "2011-12-30 10:00"),
            "2011-12-30T10:00:00Z 2011-12-31T10:00:00Z");
}

TEST(LocalDaysTest, AreMovedOnTheLocalClock) {
  EXPECT_EQ(around("Europe/Berlin", "2024-03-31 03:59", 1, 6h),
            "2024-03-30T05:00:00Z 2024-03-31T04:00:00Z");
  EXPECT_EQ(around("Europe/Berlin", "2024-03-31 04:00", 1, 6h),
            "2024-03-31T04:00:00Z 2024-04-01T04:00:00Z");
  // Half past two comes twice: the second one lies in the day that the first began.
  EXPECT_EQ(around("Europe/Berlin", "2024-10-27 01:10", 1, 2h + 30min),
            "2024-10-27T00:30:00Z 2024-10-28T01:30:00Z");
}

TEST(LocalDaysTest, JoinToWeeks) {
  EXPECT_EQ(around("Europe/Berlin", "2024-03-31 12:00", 7, std::chrono::days{4}),
            "2024-03-24T23:00:00Z 2024-03-31T22:00:00Z");
}

TEST(LocalDaysTest, KnowTheEndsOfTime) {
  for (const char* zone : {"UTC", "Europe/Berlin", "Pacific/Apia"}) {
    const auto days = *local_days::in(zone);
    EXPECT_EQ(days.around(timestamp::min()).start, timestamp::min());
    EXPECT_GT(days.around(timestamp::min()).end, timestamp::min());
    EXPECT_LT(days.around(timestamp::max()).start, timestamp::max());
    EXPECT_EQ(days.around(timestamp::max()).end, timestamp::max());
    EXPECT_LE(days.around(timestamp::max() - 72h).end, timestamp::max());
  }
}

TEST(LocalDaysTest, NamesAZoneThatIsNotThere) {
  const auto message = [](const char* zone) { return local_days::in(zone).error().message; };
  EXPECT_EQ(message("Europe/Berln"),
            "there is no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?");
  EXPECT_EQ(message("new york"),
            "there is no time zone 'new york'; did you mean 'America/New_York'?");
  EXPECT_EQ(message("where I live"),
            "there is no time zone 'where I live'; zones are named as 'Europe/Berlin'");
  EXPECT_FALSE(local_days::in(""));
  EXPECT_FALSE(local_days::in("../../etc/passwd"));
}

RC_GTEST_PROP(LocalDaysTest, CoverAllTimeWithoutGap, ()) {
  const auto zone = *rc::gen::elementOf(std::vector<std::string>{
      "Europe/Berlin", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu"});
  const auto count = *rc::gen::inRange<std::int64_t>(1, 10);
  const auto offset = std::chrono::minutes{*rc::gen::inRange(-3'000, 3'000)};
  const timestamp time{std::chrono::seconds{*rc::gen::inRange<std::int64_t>(-3e9, 3e9)}};
  const auto days = *local_days::in(zone, count, offset);
  const auto [start, end] = days.around(time);
  RC_ASSERT(start <= time);
  RC_ASSERT(time < end);
  RC_ASSERT(end - start <= count * 24h + 24h);
  RC_ASSERT(days.around(start).start == start);
  RC_ASSERT(days.around(start).end == end);
  RC_ASSERT(days.around(end).start == end);
  RC_ASSERT(days.around(start - 1us).end == start);
}

} // namespace
} // namespace weir
