// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_source.hpp>
#include <weir/io/file_series.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace {

using namespace weir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using weir::testing::given_row;
using weir::testing::read_everything;
using weir::testing::source_driver;

struct note {
  int id = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(note, (), (id, text))

class FileSeriesTest : public ::testing::Test {
protected:
  FileSeriesTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "weir-series-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~FileSeriesTest() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((directory_ / name).parent_path());
    std::ofstream{directory_ / name, std::ios::binary} << content;
    paths_.push_back(directory_ / name);
    return paths_.back();
  }
  std::unique_ptr<any_source> series(std::size_t open_files, bool pumped) const {
    file_series_options options{.open_files = open_files, .run_behind = {}};
    if (!pumped) options.run_behind = [](std::unique_ptr<any_source> inner) { return inner; };
    return make_file_series(
        row_type_of<note>(), paths_,
        [](const series_file& file) -> result<std::unique_ptr<any_source>> {
          return detail::make_csv_file(detail::csv_rows_of<note>(), file.path, file.partition, {});
        },
        options);
  }

  std::filesystem::path directory_;
  std::vector<std::string> paths_;
};

TEST_F(FileSeriesTest, KeepsTheSourceContract) {
  write("b.csv", "id,text\n3,c\nx,bad\n");
  write("a.csv", "id,text\n1,a\n2,b\n");
  write("c.csv", "id,text\n");
  write("d.csv", "id,text\n4,d\n");
  weir::testing::check_source_contract<note>(
      {.make = [&]() -> result<std::unique_ptr<any_source>> { return series(2, false); },
       .rows = {{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}},
       .rejects = 1});
}

TEST_F(FileSeriesTest, KeepsTheSourceContractWhereFilesAreReadAhead) {
  std::string some = "id,text\n", more = "id,text\n";
  std::vector<note> rows;
  for (int id = 0; id < 60; ++id) {
    (id < 40 ? some : more) += std::to_string(id) + ",a\n" + (id % 7 == 0 ? "x,bad\n" : "");
    rows.push_back({id, "a"});
  }
  write("a.csv", some);
  write("b.csv", more);
  weir::testing::check_source_contract<note>(
      {.make = [&]() -> result<std::unique_ptr<any_source>> { return series(2, true); },
       .rows = rows,
       .rejects = 9});
}

TEST_F(FileSeriesTest, DeliversInTheOrderOfNamesHoweverManyAreOpen) {
  std::vector<std::string> expected;
  for (int file = 0; file < 12; ++file) {
    std::string content = "id,text\n";
    for (int i = 0; i < 9000; ++i) {
      content += std::to_string(file * 10'000 + i) + ",x\n";
      expected.push_back(std::to_string(file * 10'000 + i) + "|x|");
    }
    write(std::string{"part-"} + static_cast<char>('a' + file) + ".csv", content);
  }
  for (const std::size_t open_files : {1U, 2U, 5U, 100U}) {
    const auto read = read_everything<note>(series(open_files, true));
    ASSERT_FALSE(read.failure) << read.failure->message;
    std::vector<std::string> found;
    for (const auto& row : read.rows) found.push_back(row.text);
    EXPECT_EQ(found, expected) << open_files << " open files";
    EXPECT_EQ(read.rows.back().partition, "part-l");
    EXPECT_EQ(read.rows.back().position, 8999U);
  }
}

TEST_F(FileSeriesTest, FailsAtOnceWhenAFileItOpensFirstIsBroken) {
  write("a.csv", "id,text\n1,a\n");
  write("b.csv", "id,words\n1,a\n");
  const auto read = read_everything<note>(series(2, true));
  ASSERT_TRUE(read.failure);
  EXPECT_THAT(read.failure->message, HasSubstr("has no column 'text'"));
  EXPECT_TRUE(read.rows.empty());
}

TEST_F(FileSeriesTest, FailsBehindTheRowsBeforeWhenALaterFileIsBroken) {
  write("a.csv", "id,text\n1,a\n");
  write("b.csv", "id,text\n2,a\n");
  write("c.csv", "id,words\n1,a\n");
  const auto read = read_everything<note>(series(1, true));
  ASSERT_TRUE(read.failure);
  EXPECT_THAT(read.failure->message, HasSubstr("c.csv' has no column 'text'"));
  EXPECT_EQ(read.rows.size(), 2U);
}

TEST_F(FileSeriesTest, TellsFilesOfOneStemApart) {
  write("x/data.csv", "id,text\n1,a\n");
  write("y/data.csv", "id,text\n2,b\n");
  const auto read = read_everything<note>(series(2, true));
  EXPECT_THAT(read.rows,
              ElementsAre(given_row{"1|a|", paths_[0], 0}, given_row{"2|b|", paths_[1], 0}));
}

TEST_F(FileSeriesTest, RefusesAPositionInAFileThatIsGone) {
  write("a.csv", "id,text\n1,a\n");
  source_driver<note> first{series(1, false)};
  ASSERT_TRUE(first.open());
  snapshot_writer saved;
  first.source().save(saved);
  paths_ = {};
  write("b.csv", "id,text\n1,a\n");
  source_driver<note> second{series(1, false)};
  ASSERT_TRUE(second.open());
  snapshot_reader position{saved.bytes()};
  const auto loaded = second.source().load(position);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, errc::config);
}

TEST_F(FileSeriesTest, SaysHowFarItIs) {
  write("a.csv", "id,text\n1,a\n");
  write("b.csv", "id,text\n2,b\n");
  source_driver<note> driver{series(1, false)};
  ASSERT_TRUE(driver.open());
  EXPECT_LT(*driver.source().progress().done, 0.1);
  driver.run({1, 1, false}, 1);
  EXPECT_GT(*driver.source().progress().done, 0.3);
  EXPECT_LT(*driver.source().progress().done, 0.7);
  driver.run();
  EXPECT_EQ(*driver.source().progress().done, 1.0);
}

} // namespace
