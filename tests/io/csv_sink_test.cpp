// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_sink.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/tests/support/sink_contract.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace {

using namespace weir;
using ::testing::HasSubstr;

struct quote {
  int id = 0;
  std::optional<double> price;
  std::string text;
  friend bool operator==(const quote&, const quote&) = default;
};
BOOST_DESCRIBE_STRUCT(quote, (), (id, price, text))

class CsvSinkTest : public ::testing::Test {
protected:
  CsvSinkTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "weir-csv-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~CsvSinkTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ / name; }
  static std::string content_of(const std::string& path) {
    std::stringstream text;
    text << std::ifstream{path, std::ios::binary}.rdbuf();
    return text.str();
  }
  /// What the file of a sink holds, in bytes.
  std::string written(const std::vector<quote>& rows, csv_options options = {}) const {
    const auto sink = csv<quote>(path("out.csv"), std::move(options)).bind<quote>();
    weir::testing::sink_driver<quote> driver{
        {.make = [&] { return sink.make(); }, .read = {}, .looks_complete = {}}};
    driver.write(rows);
    driver.close();
    return content_of(path("out.csv"));
  }

  std::filesystem::path directory_;
};

TEST_F(CsvSinkTest, WritesAHeaderAndQuotesOnlyWhatNeedsThem) {
  EXPECT_EQ(written({{1, 2.5, "plain"}, {2, {}, "a,\"b\"\n"}, {-3, 0.1, ""}}),
            "id,price,text\n1,2.5,plain\n2,,\"a,\"\"b\"\"\n\"\n-3,0.1,\n");
}

TEST_F(CsvSinkTest, WritesAsItsOptionsSay) {
  EXPECT_EQ(written({{1, 2.5, "a;b"}},
                    {.delimiter = ";", .quote = "'", .header = csv_header::absent, .crlf = true}),
            "1;2.5;'a;b'\r\n");
}

TEST_F(CsvSinkTest, RefusesTextItCanNotWriteWithoutQuotes) {
  auto sink = csv(path("out.csv"), {.quote = ""}).bind<quote>().make();
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->open({"sink", [] {}}));
  batch<quote> rows;
  rows.push_back({1, 2.5, "a,b"});
  const auto done = (*sink)->write(rows, 0, true);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("field 'text' holds 'a,b'"));
}

TEST_F(CsvSinkTest, SaysWhereItCanNotWrite) {
  auto sink = csv(path("missing/out.csv")).bind<quote>().make();
  ASSERT_TRUE(sink);
  const auto opened = (*sink)->open({"sink", [] {}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::config);
  EXPECT_THAT(opened.error().message, HasSubstr("No such file or directory"));
  EXPECT_FALSE(csv<quote>(path("*.csv")).bind<quote>().make());
}

TEST_F(CsvSinkTest, KeepsWhatABarrierMadeSafeWhenTheJobDies) {
  const auto sink = csv(path("x.csv")).bind<quote>();
  const weir::testing::sink_place<quote> place{
      .make = [&] { return sink.make(); }, .read = {}, .looks_complete = {}};
  {
    weir::testing::sink_driver<quote> dying{place};
    dying.write({{1, 1.5, "a"}});
    dying.prepare(1);
  }
  EXPECT_FALSE(std::filesystem::exists(path("x.csv")));
  weir::testing::sink_driver<quote> next{place};
  ASSERT_EQ(next.warnings().size(), 1U);
  EXPECT_NE(next.warnings()[0].find("x.csv.part-*' hold rows of a job that did not end"),
            std::string::npos);
  next.write({{2, 2.5, "b"}});
  next.close();
  EXPECT_EQ(content_of(path("x.csv")), "id,price,text\n2,2.5,b\n");
  EXPECT_EQ(content_of(path("x.csv.part-0001")), "id,price,text\n1,1.5,a\n");
}

TEST_F(CsvSinkTest, KeepsTheFileOfAnEarlierJobAside) {
  const auto sink = csv(path("x.csv")).bind<quote>();
  const weir::testing::sink_place<quote> place{
      .make = [&] { return sink.make(); }, .read = {}, .looks_complete = {}};
  for (int run = 1; run <= 2; ++run) {
    weir::testing::sink_driver<quote> job{place};
    job.write({{run, 1.5, "a"}});
    job.close();
    ASSERT_EQ(job.warnings().size(), run == 1 ? 0U : 1U);
    for (const auto& said : job.warnings())
      EXPECT_NE(said.find("it is kept as '" + path("x.csv.part-0001")), std::string::npos);
  }
  EXPECT_EQ(content_of(path("x.csv")), "id,price,text\n2,1.5,a\n");
  EXPECT_EQ(content_of(path("x.csv.part-0001")), "id,price,text\n1,1.5,a\n");
}

TEST_F(CsvSinkTest, LeavesNothingOfAJobThatDiedBeforeABarrier) {
  const auto sink = csv(path("x.csv")).bind<quote>();
  {
    weir::testing::sink_driver<quote> dying{
        {.make = [&] { return sink.make(); }, .read = {}, .looks_complete = {}}};
    dying.write({{1, 1.5, "a"}});
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(CsvSinkTest, KeepsTheSinkContract) {
  int places = 0;
  weir::testing::check_sink_contract<quote>(
      {.fresh =
           [&] {
             const auto file = path("place" + std::to_string(places++) + ".csv");
             return weir::testing::sink_place<quote>{
                 .make = [file] { return csv(file).bind<quote>().make(); },
                 .read =
                     [file] {
                       std::vector<quote> rows;
                       std::stringstream lines{content_of(file)};
                       std::string line;
                       std::getline(lines, line);
                       while (std::getline(lines, line)) {
                         const auto first = line.find(',');
                         const auto second = line.find(',', first + 1);
                         rows.push_back({std::stoi(line), std::stod(line.substr(first + 1)),
                                         line.substr(second + 1)});
                       }
                       return rows;
                     },
                 .looks_complete = [file] { return std::filesystem::exists(file); }};
           },
       .rows = {{1, 1.5, "a"}, {2, 2.5, "b"}, {3, 3.5, "c"}, {4, 4.5, "d"}},
       .restores_from = weir::testing::restore_point::beginning});
}

} // namespace
