// SPDX-License-Identifier: Apache-2.0
//
// Whole programs that read CSV with bad lines: where those are kept, and when they are too many.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/io/memory_sink.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace weir {

namespace {

struct note {
  int id = 0;
};
BOOST_DESCRIBE_STRUCT(note, (), (id))

class CsvRejectsTest : public ::testing::Test {
protected:
  CsvRejectsTest() : before_{std::filesystem::current_path()} {
    std::string name = std::filesystem::temp_directory_path() / "weir-rejects-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    std::filesystem::current_path(folder_);
  }
  ~CsvRejectsTest() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }

  /// Runs a program over so many bad lines, then so many good ones; gives its exit code.
  int run(int bad, int good, std::vector<const char*> flags = {}) {
    std::ofstream file{"in.csv"};
    file << "id\n";
    for (int i = 0; i < bad; ++i) file << "oops\n";
    for (int i = 0; i < good; ++i) file << i << "\n";
    file.close();
    flags.insert(flags.begin(), {"notes", "--quiet"});
    app program{"notes", static_cast<int>(flags.size()), flags.data()};
    if (rejects_ == nullptr)
      program.from(csv<note>("in.csv")) | to(kept);
    else
      program.from(csv<note>("in.csv")).rejects_to(*rejects_) | to(kept);
    return program.run();
  }
  static std::vector<std::string> rejects_file() {
    std::ifstream file{"notes.rejects.jsonl"};
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  memory_sink<note> kept;
  const memory_sink<reject>* rejects_ = nullptr;

private:
  std::filesystem::path before_, folder_;
};

TEST_F(CsvRejectsTest, KeepsEveryBadLineInTheFileNamedAfterTheJob) {
  EXPECT_EQ(run(49, 951), 0) << "4.9 % of a thousand are not too many";
  const auto lines = rejects_file();
  ASSERT_EQ(lines.size(), 49u);
  EXPECT_THAT(lines[1], ::testing::HasSubstr("in.csv:3"));
  EXPECT_THAT(lines[1], ::testing::HasSubstr("'oops' is no whole number"));
}

TEST_F(CsvRejectsTest, FailsAboveFivePercentAndKeepsWhatItRejected) {
  EXPECT_EQ(run(51, 949), 1);
  EXPECT_EQ(rejects_file().size(), 51u);
}

TEST_F(CsvRejectsTest, JudgesFewRowsAtTheEnd) {
  EXPECT_EQ(run(1, 9), 1);
  EXPECT_EQ(rejects_file().size(), 1u);
}

TEST_F(CsvRejectsTest, TakesAnotherRatio) {
  EXPECT_EQ(run(5, 5, {"--max-reject-ratio", "0.5"}), 0);
  EXPECT_EQ(run(6, 4, {"--max-reject-ratio", "0.5"}), 1);
}

TEST_F(CsvRejectsTest, GivesThemToASinkInsteadOfAFile) {
  const memory_sink<reject> bad;
  rejects_ = &bad;
  EXPECT_EQ(run(2, 98), 0);
  EXPECT_EQ(bad.rows().size(), 2u);
  EXPECT_EQ(kept.rows().size(), 98u);
  EXPECT_FALSE(std::filesystem::exists("notes.rejects.jsonl"));
}

} // namespace

} // namespace weir
