// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/reject_file.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace weir {

namespace {

using namespace std::string_literals;

const std::string a_run = "2021-03-01T08:00:00Z";

std::string line_of(const reject& what) {
  std::string line;
  append_reject(line, what, a_run);
  return line;
}

class RejectFileTest : public ::testing::Test {
protected:
  RejectFileTest() {
    folder_ =
        std::filesystem::temp_directory_path() / ("weir-reject-file-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "job.rejects.jsonl";
  }
  ~RejectFileTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<any_sink> open() const {
    auto made = reject_file{path_.string()}.make();
    EXPECT_TRUE((*made)->open({"rejects", [] {}}));
    return std::move(*made);
  }
  static void write(any_sink& sink, const std::vector<reject>& rows) {
    batch<reject> part;
    for (const auto& row : rows) part.push_back(row);
    auto taken = sink.write(part, 0, true);
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(*taken, rows.size());
  }
  /// With each run's time replaced by `a_run`.
  std::string content() const {
    std::ifstream in{path_, std::ios::binary};
    std::string lines;
    for (std::string line; std::getline(in, line);) {
      const auto begin = std::string_view{"{\"run\":\""}.size();
      const auto run = parse_timestamp(line.substr(begin, a_run.size()));
      EXPECT_TRUE(run) << line;
      if (run) runs_.push_back(*run);
      lines += line.replace(begin, a_run.size(), a_run) + "\n";
    }
    return lines;
  }

  std::filesystem::path folder_, path_;
  mutable std::vector<timestamp> runs_; // of the lines of `content`
  const reject bad_number_{"trips", "yellow.csv:17", "distance: 'oops' is no number", "a,oops"};
};

TEST_F(RejectFileTest, MakesNoFileWithoutARejectedRow) {
  auto sink = open();
  EXPECT_TRUE(*sink->prepare(1));
  EXPECT_TRUE(*sink->close());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(RejectFileTest, HasPreparedRowsInTheFile) {
  auto sink = open();
  write(*sink, {bad_number_, bad_number_});
  EXPECT_TRUE(*sink->prepare(1));
  EXPECT_EQ(content(), line_of(bad_number_) + line_of(bad_number_));
}

TEST_F(RejectFileTest, AppendsToTheLinesOfEarlierRuns) {
  const auto before = std::chrono::system_clock::now();
  for (int run = 0; run < 2; ++run) {
    auto sink = open();
    write(*sink, {bad_number_});
    EXPECT_TRUE(*sink->close());
  }
  EXPECT_EQ(content(), line_of(bad_number_) + line_of(bad_number_));
  for (const auto run : runs_) { // to the second
    EXPECT_GT(run, before - std::chrono::seconds{1});
    EXPECT_LE(run, std::chrono::system_clock::now());
  }
}

TEST_F(RejectFileTest, KeepsTheRowsOfAJobThatFailed) {
  write(*open(), {bad_number_}); // destroyed without prepare and close
  EXPECT_EQ(content(), line_of(bad_number_));
}

TEST_F(RejectFileTest, SaysWhereItCannotWrite) {
  auto made = reject_file{(folder_ / "missing" / "x.jsonl").string()}.make();
  ASSERT_TRUE((*made)->open({"rejects", [] {}})) << "nothing is opened before the first reject";
  batch<reject> part;
  part.push_back(bad_number_);
  auto taken = (*made)->write(part, 0, true);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("missing/x.jsonl"), std::string::npos);
  EXPECT_NE(taken.error().message.find("No such file"), std::string::npos);
}

TEST_F(RejectFileTest, WritesJsonForAnyText) {
  EXPECT_EQ(line_of(bad_number_),
            "{\"run\":\"2021-03-01T08:00:00Z\",\"source\":\"trips\",\"where\":\"yellow.csv:17\","
            "\"reason\":\"distance: 'oops' is no number\","
            "\"raw\":\"a,oops\"}\n");
  EXPECT_EQ(
      line_of({"s", "w", "r", "\"q\" \\ \n\r\t\x01\x7F \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"}),
      "{\"run\":\"2021-03-01T08:00:00Z\",\"source\":\"s\",\"where\":\"w\",\"reason\":\"r\",\"raw\":"
      "\"\\\"q\\\" \\\\ "
      "\\n\\r\\t\\u0001\\u007f \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80\"}\n");
  EXPECT_EQ(line_of({"s", "f\xFF.csv:1", "r", ""}),
            "{\"run\":\"2021-03-01T08:00:00Z\",\"source\":\"s\",\"where\":\"f\xEF\xBF\xBD.csv:1\","
            "\"reason\":\"r\",\"raw\":\"\"}\n");
}

TEST_F(RejectFileTest, WritesBytesThatAreNoTextAsBase64) {
  const auto encoded = [](const std::string& raw) {
    const auto line = line_of({"s", "w", "r", raw});
    const auto at = line.find("\"raw_base64\":\"");
    return at == std::string::npos ? "not encoded" : line.substr(at + 14, line.size() - at - 17);
  };
  EXPECT_EQ(encoded("\xFF"), "/w==");
  EXPECT_EQ(encoded("\0ab"s), "AGFi");
  EXPECT_EQ(encoded("ab\0c"s), "YWIAYw==");
  EXPECT_EQ(encoded("abcd\xFF"), "YWJjZP8=");
  for (const auto* no_utf8 : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                              "\xF0\x80\x80\x80", "\xC3", "\xE2\x82", "\x80"})
    EXPECT_NE(encoded(no_utf8), "not encoded") << no_utf8;
}

} // namespace

} // namespace weir
