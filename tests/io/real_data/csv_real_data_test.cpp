// SPDX-License-Identifier: Apache-2.0
//
// Real taxi trips (WEIR_DATA), read whole: every row, and none rejected.

#include <weir/io/csv_source.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace {

using namespace weir;
using weir::testing::read_everything;

struct trip {
  timestamp pickup;
  double distance = 0;
  std::optional<int> passengers;
  int from = 0;
  int to = 0;
  std::optional<double> total;
  std::optional<std::string> flag;
};
BOOST_DESCRIBE_STRUCT(trip, (), (pickup, distance, passengers, from, to, total, flag))

[[maybe_unused]] inline auto aliases(of<trip>) {
  return alias_list<trip>{{&trip::pickup, {"tpep_pickup_datetime", "pickup_datetime"}},
                          {&trip::distance, {"trip_distance"}},
                          {&trip::passengers, {"passenger_count"}},
                          {&trip::from, {"PULocationID", "pickup_location_id"}},
                          {&trip::to, {"DOLocationID", "dropoff_location_id"}},
                          {&trip::total, {"total_amount"}},
                          {&trip::flag, {"store_and_fwd_flag"}}};
}

struct zone {
  int id = 0;
  std::string borough;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(zone, (), (id, borough, name))

[[maybe_unused]] inline auto aliases(of<zone>) {
  return alias_list<zone>{
      {&zone::id, {"LocationID"}}, {&zone::borough, {"Borough"}}, {&zone::name, {"Zone"}}};
}

std::string taxi(const std::string& name) {
  const char* data = std::getenv("WEIR_DATA");
  return (data != nullptr ? std::string{data} : WEIR_SOURCE_DIR "/../shared/data") + "/taxi/"
         + name;
}

TEST(CsvRealDataTest, ReadsEighteenMonthsWhole) {
  const auto read = read_everything<trip>(csv<trip>(taxi("yellow_2019_2020/*.csv")).make());
  ASSERT_FALSE(read.failure) << read.failure->message;
  EXPECT_EQ(read.rows.size(), 180'000U);
  EXPECT_EQ(read.rejects.size(), 0U);
  EXPECT_EQ(read.rows.front().partition, "yellow_tripdata_sample_2019-01");
  EXPECT_EQ(read.rows.back().partition, "yellow_tripdata_sample_2020-06");
  EXPECT_EQ(read.rows.back().position, 9'999U);
  EXPECT_EQ(read.rows.front().text, "2019-01-15T03:36:12Z|1|1|230|48|9.75|N|");
}

TEST(CsvRealDataTest, ReadsTheHeadOf2021Whole) {
  const auto read =
      read_everything<trip>(csv<trip>(taxi("yellow_tripdata_2021-01_head.csv")).make());
  ASSERT_FALSE(read.failure) << read.failure->message;
  EXPECT_EQ(read.rows.size(), 22'792U);
  EXPECT_EQ(read.rejects.size(), 0U);
}

TEST(CsvRealDataTest, ReadsTheZonesInQuotes) {
  const auto read = read_everything<zone>(csv<zone>(taxi("taxi_zone_lookup.csv")).make());
  ASSERT_FALSE(read.failure) << read.failure->message;
  EXPECT_EQ(read.rows.size(), 265U);
  EXPECT_EQ(read.rows.front().text, "1|EWR|Newark Airport|");
}

} // namespace
