// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_infer.hpp>
#include <weir/io/csv_reader.hpp>
#include <weir/io/csv_value.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace {

using namespace weir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CsvInferTest : public ::testing::Test {
protected:
  CsvInferTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "weir-infer-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~CsvInferTest() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& content) const {
    std::ofstream{directory_ / "input.csv", std::ios::binary} << content;
    return directory_ / "input.csv";
  }
  std::string columns_of_file(const std::string& content, csv_options options = {}) const {
    const auto shape = infer_csv(write(content), options);
    return shape ? describe_columns(shape->columns) : shape.error().message;
  }

  std::filesystem::path directory_;
};

TEST_F(CsvInferTest, TellsTheKindsOfColumns) {
  EXPECT_EQ(columns_of_file("flag,count,amount,when,name,zip,empty\n"
                            "true,1,1.0,2021-01-01 00:00:00,x,00501,\n"
                            "False,-2,3,2021-01-01T00:00:00Z,12,10001,\n"),
            "flag bool, count int64, amount float64, when time, name text, zip text, empty text?");
}

TEST_F(CsvInferTest, KeepsWholeNumbersTooLargeForInt64AsText) {
  EXPECT_EQ(columns_of_file("id,x\n12345678901234567890,1e30\n1,2\n"), "id text, x float64");
  EXPECT_EQ(columns_of_file("id\n9223372036854775807\n"), "id int64");
}

TEST_F(CsvInferTest, MakesColumnsWithMissingValuesOptional) {
  EXPECT_EQ(columns_of_file("a,b,c\n1,,NA\n2,0.5,x\n"), "a int64, b float64?, c text?");
}

TEST_F(CsvInferTest, NamesColumnsThatHaveNoName) {
  EXPECT_EQ(columns_of_file("1,x\n2,y\n"), "column1 int64, column2 text");
  EXPECT_EQ(columns_of_file(",trips\n2020-03-01,784246\n"), "column1 time, trips int64");
  EXPECT_EQ(columns_of_file("x,y\n1,2\n", {.header = csv_header::absent}),
            "column1 text, column2 text");
}

TEST_F(CsvInferTest, ReadsTheFileByWhatItFound) {
  const auto path = write(",x,x\n2020-03-01,1,a\n2020-03-02,,\"b \"\"c\"\"\"\n");
  auto shape = infer_csv(path, {});
  ASSERT_TRUE(shape);
  const column_record record{shape->columns};
  column_rows rows{record, 10};
  csv_reader reader{path, record.table(), shape->options};
  ASSERT_TRUE(reader.open());
  const auto got = reader.read(rows.data(), record.table().row_bytes, 10, 1000,
                               [](const csv_reject&) { return true; });
  ASSERT_TRUE(got);
  ASSERT_EQ(got->rows, 2U);
  std::vector<std::string> found;
  for (std::size_t i = 0; i < 2; ++i) {
    std::string text;
    for (const auto& field : record.table().fields) {
      append_csv_value(text, field, rows.row(i));
      text += '|';
    }
    found.push_back(text);
  }
  EXPECT_THAT(found, ElementsAre("2020-03-01T00:00:00Z|1|a|", "2020-03-02T00:00:00Z||b \"c\"|"));
}

TEST_F(CsvInferTest, LetsKindsBeOverridden) {
  auto shape = infer_csv(write("a,b\n1,2\n"), {});
  ASSERT_TRUE(shape);
  ASSERT_TRUE(override_kinds(shape->columns, "b=float64?"));
  EXPECT_EQ(describe_columns(shape->columns), "a int64, b float64?");
  EXPECT_THAT(override_kinds(shape->columns, "c=text").error().message,
              HasSubstr("names no column"));
  EXPECT_THAT(override_kinds(shape->columns, "a=double").error().message, HasSubstr("is no kind"));
}

TEST_F(CsvInferTest, SaysWhatItCanNotRead) {
  EXPECT_THAT(columns_of_file(""), HasSubstr("is empty"));
  EXPECT_THAT(infer_csv("/nowhere/x.csv", {}).error().message, HasSubstr("cannot open"));
}

} // namespace
