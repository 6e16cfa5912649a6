// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_source.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sys/resource.h>
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
  /// One file by itself, without pump.
  template <class T>
  static result<std::unique_ptr<any_source>> one_file(const std::string& path) {
    return detail::make_csv_file(detail::csv_rows_of<T>(), path, "part", {});
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
      {.make = [&] { return one_file<note>(path); },
       .rows = {{1, "plain"}, {2, "two\nlines"}, {3, "say \"hi\""}, {4, ""}, {5, "end"}},
       .rejects = 1});
  weir::testing::check_source_contract<view>(
      {.make = [&] { return one_file<view>(path); },
       .rows = {{1, "plain"}, {2, "two\nlines"}, {3, "say \"hi\""}, {4, ""}, {5, "end"}},
       .rejects = 1});
}

TEST_F(CsvSourceTest, KeepsTheSourceContractOverManyBlocks) {
  std::string content = "id,text\n";
  std::vector<note> rows;
  for (int i = 0; i < 12'000; ++i) {
    std::string text(static_cast<std::size_t>(i % 97), static_cast<char>('a' + i % 26));
    if (i % 5 == 0) text += "\n\"" + text;
    rows.push_back({i, text});
    std::string quoted;
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    content += std::to_string(i) + ",\"" + quoted + "\"\n";
    if (i % 100 == 0) content += "broken,row,here\n";
  }
  const auto path = write("many.csv", content);
  weir::testing::check_source_contract<note>(
      {.make = [&] { return one_file<note>(path); }, .rows = rows, .rejects = 120});
}

// --- what people really have
// ----------------------------------------------------------------------

TEST_F(CsvSourceTest, PrefersTheNameToAnAliasAndExactNamesToOtherCapitals) {
  EXPECT_THAT(rows_of<trip>("trip_distance,distance,PICKUP,pulocationid\n9,1,2021-01-01,3\n"),
              ElementsAre("2021-01-01T00:00:00Z|1|(none)|3|"));
}

TEST_F(CsvSourceTest, LeavesOptionalFieldsWithoutColumnEmptyInEveryRow) {
  EXPECT_THAT(rows_of<trip>("pickup,distance,from\n2021-01-01,1,2\n2021-01-02,3,4\n"),
              ElementsAre("2021-01-01T00:00:00Z|1|(none)|2|", "2021-01-02T00:00:00Z|3|(none)|4|"));
}

TEST_F(CsvSourceTest, TakesOtherDelimitersAndQuotes) {
  EXPECT_THAT(rows_of<note>("id;text\n1;'a;b'\n2;\"c\"\n", {.delimiter = ";", .quote = "'"}),
              ElementsAre("1|a;b|", "2|\"c\"|"));
  EXPECT_THAT(rows_of<note>("id\ttext\n1\ta,b\n", {.delimiter = "tab"}), ElementsAre("1|a,b|"));
  EXPECT_THAT(rows_of<note>("id,text\n1,\"a\n2,b\"\n", {.quote = ""}),
              ElementsAre("1|\"a|", "2|b\"|"));
}

TEST_F(CsvSourceTest, UnderstandsNullSpellings) {
  const std::string content = "pickup,distance,passengers,from\n2021-01-01,1,NA,2\n"
                              "2021-01-01,1,\\N,2\n2021-01-01,1,\"\",2\n2021-01-01,1, ,2\n";
  EXPECT_THAT(rows_of<trip>(content), ::testing::Each("2021-01-01T00:00:00Z|1|(none)|2|"));
  EXPECT_THAT(rows_of<trip>("pickup,distance,passengers,from\n2021-01-01,1,-999,2\n"
                            "2021-01-01,1,4,2\n",
                            {.nulls = "-|-999"}),
              ElementsAre("2021-01-01T00:00:00Z|1|(none)|2|", "2021-01-01T00:00:00Z|1|4|2|"));
  EXPECT_EQ(reject_of<trip>("pickup,distance,passengers,from\n2021-01-01,1,NA,2\n", {.nulls = ""}),
            "input.csv:2 column 'passengers': 'NA' is no whole number");
}

struct remark {
  int id = 0;
  std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(remark, (), (id, text))

TEST_F(CsvSourceTest, TellsMissingTextFromEmptyText) {
  const std::string content = "id,text\n1,\n2,\"\"\n3,NA\n4,\"NA\"\n";
  EXPECT_THAT(rows_of<remark>(content), ElementsAre("1|(none)|", "2||", "3|NA|", "4|NA|"));
  EXPECT_THAT(rows_of<remark>(content, {.null_text = true}),
              ElementsAre("1|(none)|", "2||", "3|(none)|", "4|NA|"));
}

TEST_F(CsvSourceTest, TakesTimesAsFilesHoldThem) {
  const std::string header = "pickup,distance,from\n";
  for (const std::string time :
       {"2020-02-29 23:59:58", "2020-02-29T23:59:58", "2020-02-29T23:59:58Z",
        "2020-03-01T01:59:58+02:00", " 2020-02-29 23:59:58 ", "\"2020-02-29 23:59:58\""})
    EXPECT_THAT(rows_of<trip>(header + time + ",1,2\n"),
                ElementsAre("2020-02-29T23:59:58Z|1|(none)|2|"))
        << time;
  EXPECT_THAT(rows_of<trip>(header + "2020-02-29 23:59:58.250,1,2\n"),
              ElementsAre("2020-02-29T23:59:58.250000Z|1|(none)|2|"));
  for (const std::string time :
       {"2021-02-29 00:00:00", "2020-13-01 00:00:00", "2020-01-00 00:00:00", "2020-01-01 24:00:00",
        "2020-01-01 00:60:00", "2020-01-01 00:00:60", "2020/01/01 00:00:00", "2020-01-01-00:00:00",
        "20200-1-01 00:00:00", "2100-02-29 00:00:00", "01/31/2020 10:00:00", "2020-01-01 00:00:0x"})
    EXPECT_THAT(reject_of<trip>(header + time + ",1,2\n"), HasSubstr("is no time like")) << time;
}

TEST_F(CsvSourceTest, FindsTheRightDayInEveryYear) {
  std::string content = "pickup,distance,from\n";
  std::vector<std::string> expected;
  for (int year = 1600; year < 2500; year += 7)
    for (const char* day : {"01-01", "02-28", "03-01", "12-31"}) {
      const std::string text = std::to_string(year) + "-" + day;
      content += text + " 12:34:56,1,2\n";
      expected.push_back(to_string(*parse_timestamp(text + "T12:34:56Z")) + "|1|(none)|2|");
    }
  EXPECT_EQ(rows_of<trip>(content), expected);
}

struct numbers {
  std::int8_t small = 0;
  std::uint16_t positive = 0;
  std::int64_t large = 0;
  float single = 0;
  double number = 0;
  bool flag = false;
};
BOOST_DESCRIBE_STRUCT(numbers, (), (small, positive, large, single, number, flag))

TEST_F(CsvSourceTest, ReadsNumbersStrictly) {
  const std::string header = "small,positive,large,single,number,flag\n";
  EXPECT_THAT(rows_of<numbers>(header
                               + "-128,65535,-9223372036854775808,1.5,1e300,true\n"
                                 "127,0,9223372036854775807,.5,-0.1,N\n"
                                 "1.0,2.00,3.,5.,+7,Yes\n"
                                 " 1 , 2 ,123456789012,nan,-inf,0\n"),
              ElementsAre("-128|65535|-9223372036854775808|1.5|1e+300|true|",
                          "127|0|9223372036854775807|0.5|-0.1|false|", "1|2|3|5|7|true|",
                          "1|2|123456789012|nan|-inf|false|"));
  const auto reason = [&](const std::string& row) {
    return reject_of<numbers>(header + row + "\n");
  };
  EXPECT_EQ(reason("128,1,1,1,1,1"), "input.csv:2 column 'small': '128' is out of range for int8");
  EXPECT_EQ(reason("1,-1,1,1,1,1"),
            "input.csv:2 column 'positive': '-1' is out of range for uint16");
  EXPECT_EQ(reason("1,1,9223372036854775808,1,1,1"),
            "input.csv:2 column 'large': '9223372036854775808' is out of range for int64");
  EXPECT_EQ(reason("1,1,1,1e50,1,1"),
            "input.csv:2 column 'single': '1e50' is out of range for float32");
  EXPECT_EQ(reason("1,1,1,1,1e400,1"),
            "input.csv:2 column 'number': '1e400' is out of range for float64");
  EXPECT_EQ(reason("1,1,1,1,1,maybe"),
            "input.csv:2 column 'flag': 'maybe' is neither true nor false");
  EXPECT_EQ(reason("1.5,1,1,1,1,1"), "input.csv:2 column 'small': '1.5' is no whole number");
  for (const char* number :
       {"1.2.3", "1,5", "0x10", "1e", ".", "-", "--1", "+-1", "1_000", "1 2", "."})
    EXPECT_THAT(reason(std::string{"1,1,1,1,\""} + number + "\",1"), HasSubstr("is no number"))
        << number;
}

TEST_F(CsvSourceTest, ReadsEveryShortDecimalExactly) {
  std::string content = "value\n";
  std::vector<std::string> expected;
  std::uint64_t random = 42;
  for (int i = 0; i < 20'000; ++i) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    std::string text = std::to_string(random >> 40U).substr(0, 1 + (random >> 20U) % 8);
    if (i % 3 != 0) text.insert((random >> 10U) % (text.size() + 1), ".");
    if (i % 7 == 0) text.insert(0, "-");
    content += text + "\n";
    expected.push_back(text_of(std::strtod(text.c_str(), nullptr)));
  }
  EXPECT_EQ(rows_of<double>(content, {.header = csv_header::present, .columns = {}}), expected);
}

enum class color { red, green };
BOOST_DESCRIBE_ENUM(color, red, green)
struct painted {
  color paint = color::red;
  duration dries_in{};
};
BOOST_DESCRIBE_STRUCT(painted, (), (paint, dries_in))

TEST_F(CsvSourceTest, ReadsEnumsByNameAndDurations) {
  EXPECT_THAT(rows_of<painted>("paint,dries_in\ngreen,90s\nred,9007199254740993us\n"),
              ElementsAre("green|90s|", "red|9007199254740993us|"));
  EXPECT_EQ(reject_of<painted>("paint,dries_in\nblue,1s\n"),
            "input.csv:2 column 'paint': 'blue' is none of red, green");
  EXPECT_THAT(reject_of<painted>("paint,dries_in\nred,soon\n"), HasSubstr("is no duration"));
}

TEST_F(CsvSourceTest, TakesNamedColumnsForFilesWithoutHeader) {
  EXPECT_THAT(
      rows_of<note>("a,x,1\nb,y,2\n", {.header = csv_header::absent, .columns = "text,,id"}),
      ElementsAre("1|a|", "2|b|"));
}

// --- bad input
// ------------------------------------------------------------------------------------

TEST_F(CsvSourceTest, RejectsAnotherNumberOfFields) {
  EXPECT_EQ(reject_of<note>("id,text\n1,a,b\n"),
            "input.csv:2 holds 3 fields where the header has 2");
  EXPECT_EQ(reject_of<note>("id,text\n1,a\n\n\n2\n3,b\n"),
            "input.csv:5 holds 1 field where the header has 2");
}

TEST_F(CsvSourceTest, RejectsAnEmptyValueWhereNoneMayBeMissing) {
  EXPECT_THAT(reject_of<trip>("pickup,distance,from\n2021-01-01,,2\n"),
              HasSubstr("column 'distance': is empty, and the field can't be missing"));
}

TEST_F(CsvSourceTest, RejectsOneLineForAQuoteThatIsNeverClosed) {
  const auto read_all = read<note>("id,text\n1,a\n2,\"b\n3,c\n4,d\n");
  ASSERT_EQ(read_all.rejects.size(), 1U);
  EXPECT_EQ(read_all.rejects[0].raw, "2,\"b");
  EXPECT_EQ(read_all.rejects[0].reason, "the quote that opens field 2 is never closed");
  EXPECT_EQ(read_all.rows.size(), 3U);
}

TEST_F(CsvSourceTest, RejectsOneLineForTextBehindAClosingQuote) {
  const auto read_all = read<note>("id,text\n1,\"a\"b\n2,\"c\"\n");
  ASSERT_EQ(read_all.rejects.size(), 1U);
  EXPECT_THAT(read_all.rejects[0].reason, HasSubstr("goes on behind its closing quote"));
  EXPECT_EQ(read_all.rows.size(), 1U);
}

TEST_F(CsvSourceTest, RejectsNulBytesAndBrokenUtf8InText) {
  using namespace std::string_literals;
  EXPECT_EQ(reject_of<note>("id,text\n1,a\0b\n"s),
            "input.csv:2 column 'text': 'a\\x00b' holds a NUL byte at byte 1");
  EXPECT_EQ(reject_of<view>("id,text\n1,caf\xe9\n"),
            "input.csv:2 column 'text': 'caf\\xe9' is no UTF-8 from byte 3 on: convert the file, "
            "for instance with iconv");
  EXPECT_EQ(reject_of<note>("id,text\n1\0,a\n"s),
            "input.csv:2 column 'id': '1\\x00' is no whole number");
  EXPECT_THAT(rows_of<note>("id,text\n1,짜장면 café\n"), ElementsAre("1|짜장면 café|"));
}

TEST_F(CsvSourceTest, CountsLinesWithinQuotesForPlaces) {
  EXPECT_EQ(reject_of<note>("id,text\n1,\"a\nb\nc\"\nx,d\n"),
            "input.csv:5 column 'id': 'x' is no whole number");
}

/// Reads a file that has one endless line and says on stderr what it made of it, and by how much
/// the process grew.
[[noreturn]] void read_and_report(const std::string& path) {
  const auto peak_kib = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const auto before = peak_kib();
  const auto found = read_everything<note>(csv<note>(path).make());
  const auto grown = peak_kib() - before;
  std::cerr << found.rows.size() << " rows, ";
  for (const auto& rejected : found.rejects)
    std::cerr << rejected.where << " " << rejected.reason << ", kept " << rejected.raw.size();
  std::cerr << (grown < 16 * 1024 ? " and small" : " and grown by KiB: ") << grown << std::endl;
  std::_Exit(0);
}

TEST_F(CsvSourceTest, RejectsALineOfAGibibyteWithoutHoldingIt) {
  constexpr std::uintmax_t gibibyte = 1U << 30U;
  const auto path = write("long.csv", "id,text\n1,a\n2,");
  std::filesystem::resize_file(path, gibibyte); // a hole: NUL bytes that no disk holds
  std::ofstream{path, std::ios::binary | std::ios::app} << "\n3,b\n";
  EXPECT_EXIT(read_and_report(path), ::testing::ExitedWithCode(0),
              "2 rows, .*long.csv:3 .*longer than 1048576 bytes.*, kept 1048576 and small");
}

TEST_F(CsvSourceTest, TakesARowAsLongAsAllowedAndNoLonger) {
  const auto row = [](std::size_t size) { return "1," + std::string(size - 2, 'y') + "\n"; };
  const csv_options options{.max_row_bytes = 300'000};
  EXPECT_EQ(read<view>("id,text\n" + row(300'000) + row(100), options).rows.size(), 2U);
  const auto read_all = read<view>("id,text\n" + row(300'001) + row(100), options);
  EXPECT_EQ(read_all.rows.size(), 1U);
  EXPECT_EQ(read_all.rejects.size(), 1U);
}

TEST_F(CsvSourceTest, SaysWhatIsMissingAndWhatThereIs) {
  const auto read_all = read<trip>("pickup,dist,PULocationID\n2021-01-01,1,2\n");
  ASSERT_TRUE(read_all.failure);
  EXPECT_EQ(read_all.failure->code, errc::config);
  EXPECT_THAT(read_all.failure->message,
              HasSubstr("has no column 'distance' (also known as trip_distance)"));
  EXPECT_THAT(read_all.failure->message, HasSubstr("found 'pickup', 'dist', 'PULocationID'"));
}

TEST_F(CsvSourceTest, TakesAHeaderInWhichNothingIsKnownForAHeader) {
  const auto read_all = read<trip>("when,far,many,where\n2021-01-01,1,2,3\n");
  ASSERT_TRUE(read_all.failure);
  EXPECT_THAT(read_all.failure->message, HasSubstr("found 'when', 'far', 'many', 'where'"));
}

TEST_F(CsvSourceTest, SaysThatAFileIsEmpty) {
  for (const char* content : {"", "\xef\xbb\xbf", "\n\n"}) {
    const auto read_all = read<note>(content);
    ASSERT_TRUE(read_all.failure);
    EXPECT_EQ(read_all.failure->code, errc::damaged);
    EXPECT_THAT(read_all.failure->message, HasSubstr("is empty"));
  }
  EXPECT_THAT(rows_of<note>("", {.header = csv_header::absent}), ElementsAre());
}

TEST_F(CsvSourceTest, GivesNoRowsForAHeaderAlone) {
  EXPECT_THAT(rows_of<note>("id,text"), ElementsAre());
  EXPECT_THAT(rows_of<note>("id,text\r\n"), ElementsAre());
}

TEST_F(CsvSourceTest, SaysWhatAFileIsThatIsNoCsv) {
  for (const auto& [content, word] : {std::pair{"\x1f\x8b\x08", "gzip"},
                                      {"PAR1xx", "Parquet"},
                                      {"\xff\xfei", "UTF-16"},
                                      {"\x89HDF\r\n\x1a\n", "HDF5"}}) {
    const auto read_all = read<note>(content);
    ASSERT_TRUE(read_all.failure);
    EXPECT_EQ(read_all.failure->code, errc::damaged);
    EXPECT_THAT(read_all.failure->message, HasSubstr(word));
  }
}

TEST_F(CsvSourceTest, SaysWhichFileOrPatternIsNotThere) {
  const auto missing = csv<note>(directory_ / "missing.csv").make();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, errc::config);
  EXPECT_THAT(missing.error().message, HasSubstr("no file '"));
  const auto pattern = csv<note>(directory_ / "*.tsv").make();
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().code, errc::config);
  EXPECT_THAT(pattern.error().message, HasSubstr("no file matches '"));
  EXPECT_THAT(csv<note>(directory_.string()).make().error().message, HasSubstr("is a directory"));
}

TEST_F(CsvSourceTest, RefusesOptionsThatMakeNoSense) {
  EXPECT_THAT(read<note>("id,text\n", {.delimiter = ",,"}).failure->message,
              HasSubstr("csv option 'delimiter' can't be ',,'"));
  EXPECT_EQ(read<note>("id,text\n", {.quote = ","}).failure->code, errc::config);
  EXPECT_EQ(read<note>("id,text\n", {.max_row_bytes = 1}).failure->code, errc::config);
}

TEST_F(CsvSourceTest, ReadsFilesInTheOrderOfTheirNames) {
  write("b.csv", "id,text\n3,c\n");
  write("a.csv", "text,id\na,1\nb,2\n");
  const auto read_all = read_everything<note>(csv<note>(directory_ / "*.csv").make());
  EXPECT_THAT(read_all.rows, ElementsAre(given_row{"1|a|", "a", 0}, given_row{"2|b|", "a", 1},
                                         given_row{"3|c|", "b", 0}));
}

} // namespace
