// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_source.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace {

using namespace weir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using weir::testing::given_row;
using weir::testing::read_everything;
using weir::testing::text_of;

struct trip {
  timestamp pickup;
  double distance = 0;
  std::optional<int> passengers;
  int from = 0;
};
BOOST_DESCRIBE_STRUCT(trip, (), (pickup, distance, passengers, from))

[[maybe_unused]] inline auto aliases(of<trip>) {
  return alias_list<trip>{{&trip::pickup, {"tpep_pickup_datetime", "pickup_datetime"}},
                          {&trip::distance, {"trip_distance"}},
                          {&trip::passengers, {"passenger_count"}},
                          {&trip::from, {"PULocationID", "pickup_location_id"}}};
}

struct note {
  int id = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(note, (), (id, text))

struct view {
  int id = 0;
  std::string_view text;
};
BOOST_DESCRIBE_STRUCT(view, (), (id, text))

/// Files of one test, gone with it.
class CsvSourceTest : public ::testing::Test {
protected:
  CsvSourceTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "weir-csv-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~CsvSourceTest() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream{directory_ / name, std::ios::binary} << content;
    return directory_ / name;
  }
  template <class T>
  auto read(const std::string& content, csv_options options = {}) const {
    return read_everything<T>(csv<T>(write("input.csv", content), std::move(options)).make());
  }
  template <class T>
  std::vector<std::string> rows_of(const std::string& content, csv_options options = {}) const {
    const auto read_all = read<T>(content, std::move(options));
    EXPECT_FALSE(read_all.failure) << read_all.failure->message;
    for (const auto& rejected : read_all.rejects)
      ADD_FAILURE() << rejected.where << ": " << rejected.reason;
    std::vector<std::string> rows;
    for (const auto& row : read_all.rows) rows.push_back(row.text);
    return rows;
  }
  /// The reason of the only reject, behind the place; the file's name is cut off.
  template <class T>
  std::string reject_of(const std::string& content, csv_options options = {}) const {
    const auto read_all = read<T>(content, std::move(options));
    if (read_all.failure) return "failed: " + read_all.failure->message;
    if (read_all.rejects.size() != 1) return std::to_string(read_all.rejects.size()) + " rejects";
    const auto& found = read_all.rejects.front();
    return found.where.substr(found.where.rfind('/') + 1) + " " + found.reason;
  }

  std::filesystem::path directory_;
};

const std::string two_trips = "pickup,distance,passengers,from\n"
                              "2021-01-01 00:30:10,2.10,1,142\n"
                              "2021-01-01 00:51:20,.20,,238\n";

TEST_F(CsvSourceTest, ReadsRowsByTheNamesOfTheHeader) {
  EXPECT_THAT(rows_of<trip>(two_trips), ElementsAre("2021-01-01T00:30:10Z|2.1|1|142|",
                                                    "2021-01-01T00:51:20Z|0.2|(none)|238|"));
}

TEST_F(CsvSourceTest, FindsColumnsByAliasInAnyOrderAndIgnoresOthers) {
  EXPECT_THAT(
      rows_of<trip>("VendorID,PULocationID,trip_distance,tpep_pickup_datetime,passenger_count,tip\n"
                    "1,7,3.5,2021-02-28 23:59:59,2,9.99\n"),
      ElementsAre("2021-02-28T23:59:59Z|3.5|2|7|"));
}

TEST_F(CsvSourceTest, TakesColumnsByPositionWithoutHeader) {
  EXPECT_THAT(rows_of<trip>("2021-02-28 23:59:59,3.5,2,7\n2021-02-28 23:59:58,4,,8\n"),
              ElementsAre("2021-02-28T23:59:59Z|3.5|2|7|", "2021-02-28T23:59:58Z|4|(none)|8|"));
}

TEST_F(CsvSourceTest, UnderstandsQuotesEmbeddedLineFeedsAndCrLf) {
  EXPECT_THAT(
      rows_of<note>(
          "\xef\xbb\xbf\"id\",text\r\n1,\"a,\r\nb\"\r\n\"2\",\"say \"\"hi\"\"\"\r\n3,5\" pipe\r\n"),
      ElementsAre("1|a,\r\nb|", "2|say \"hi\"|", "3|5\" pipe|"));
}

TEST_F(CsvSourceTest, BorrowsTextFromWhatItRead) {
  EXPECT_THAT(rows_of<view>("id,text\n1,plain\n2,\"say \"\"hi\"\"\"\n3,\"\"\n4,\n"),
              ElementsAre("1|plain|", "2|say \"hi\"|", "3||", "4||"));
}

TEST_F(CsvSourceTest, RejectsWithPlaceBytesAndReason) {
  const auto read_all = read<trip>("pickup,distance,passengers,from\n"
                                   "2021-01-01 00:30:10,abc,1,142\n"
                                   "2021-01-01 00:51:20,.20,,238\n");
  ASSERT_EQ(read_all.rejects.size(), 1U);
  EXPECT_THAT(read_all.rejects[0].where, HasSubstr("input.csv:2"));
  EXPECT_EQ(read_all.rejects[0].raw, "2021-01-01 00:30:10,abc,1,142");
  EXPECT_EQ(read_all.rejects[0].reason, "column 'distance': 'abc' is no number");
  EXPECT_EQ(read_all.rejects[0].source, "source under test");
  ASSERT_EQ(read_all.rows.size(), 1U);
  EXPECT_EQ(read_all.rows[0].position, 0U) << "a rejected row takes no position";
  EXPECT_EQ(read_all.rows[0].partition, "input");
}

TEST_F(CsvSourceTest, KeepsTheSourceContract) {
  const auto path = write(
      "a.csv", "id,text\n1,plain\n2,\"two\nlines\"\nx,bad\n3,\"say \"\"hi\"\"\"\n4,\"\"\n5,end");
  weir::testing::check_source_contract<note>(
      {.make = [path] { return csv<note>(path).make(); },
       .rows = {{1, "plain"}, {2, "two\nlines"}, {3, "say \"hi\""}, {4, ""}, {5, "end"}},
       .rejects = 1});
  weir::testing::check_source_contract<view>(
      {.make = [path] { return csv<view>(path).make(); },
       .rows = {{1, "plain"}, {2, "two\nlines"}, {3, "say \"hi\""}, {4, ""}, {5, "end"}},
       .rejects = 1});
}

} // namespace
