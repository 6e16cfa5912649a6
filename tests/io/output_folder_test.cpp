// SPDX-License-Identifier: Apache-2.0

#include <weir/io/output_folder.hpp>
#include <weir/tests/support/scratch_directory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace weir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OutputFolderTest : public ::testing::Test {
protected:
  /// Writes `text` where the folder says that the file of this name goes.
  static void write(output_folder& to, const std::string& name, const std::string& text) {
    ASSERT_TRUE(to.make());
    std::ofstream{to.place_of(name)} << text;
  }
  static void write_one_job(const std::string& folder, const std::string& text) {
    output_folder out{folder};
    write(out, "a.csv", text);
    ASSERT_TRUE(out.settle(job_state::finished));
  }
  std::string text_of(const std::string& name) const {
    std::ifstream file{report() + "/" + name};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& each : std::filesystem::directory_iterator{report()})
      found.push_back(each.path().filename());
    std::ranges::sort(found);
    return found;
  }
  std::string report() const { return place_.file("new/report"); }

  weir::testing::scratch_directory place_;
};

TEST_F(OutputFolderTest, IsMadeWithTheFoldersAboveIt) {
  output_folder out{report()};
  EXPECT_FALSE(std::filesystem::exists(report())) << "before the job starts nothing is made";
  ASSERT_TRUE(out.make());
  EXPECT_TRUE(std::filesystem::is_directory(report()));
}

TEST_F(OutputFolderTest, ShowsFilesOnceTheJobHasFinished) {
  {
    output_folder out{report()};
    write(out, "a.csv", "a");
    write(out, "b.csv", "b");
    EXPECT_THAT(names(), ElementsAre(".unfinished"));
    ASSERT_TRUE(out.settle(job_state::finished));
  }
  EXPECT_THAT(names(), ElementsAre("a.csv", "b.csv"));
  EXPECT_EQ(text_of("a.csv") + text_of("b.csv"), "ab");
}

TEST_F(OutputFolderTest, PutsNewFilesOverThoseOfAnEarlierJob) {
  write_one_job(report(), "first");
  write_one_job(report(), "second");
  EXPECT_THAT(names(), ElementsAre("a.csv"));
  EXPECT_EQ(text_of("a.csv"), "second");
}

TEST_F(OutputFolderTest, LeavesAnEarlierReportWhereTheJobDidNotFinish) {
  write_one_job(report(), "whole");
  for (const auto how : {job_state::stopped, job_state::aborted, job_state::failed}) {
    output_folder out{report()};
    write(out, "a.csv", "half");
    const auto settled = out.settle(how);
    EXPECT_EQ(settled.has_value(), how != job_state::stopped) << name_of(how);
    if (!settled) {
      EXPECT_THAT(settled.error().message,
                  HasSubstr("nothing is written to the folder '" + report()));
    }
  }
  EXPECT_THAT(names(), ElementsAre("a.csv"));
  EXPECT_EQ(text_of("a.csv"), "whole");
}

TEST_F(OutputFolderTest, RemovesWhatAProcessThatDiedLeft) {
  std::filesystem::create_directories(report() + "/.unfinished");
  std::ofstream{report() + "/.unfinished/old.csv"} << "old";
  write_one_job(report(), "new");
  EXPECT_THAT(names(), ElementsAre("a.csv"));
}

TEST_F(OutputFolderTest, ShowsLiveFilesAtOnceAndKeepsThemWhenStopped) {
  {
    output_folder out{report(), output_files::live};
    write(out, "a.csv", "so far");
    EXPECT_THAT(names(), ElementsAre("a.csv"));
    EXPECT_TRUE(out.settle(job_state::stopped));
  }
  EXPECT_EQ(text_of("a.csv"), "so far");
}

TEST_F(OutputFolderTest, NamesTheFolderThatCannotBeMade) {
  std::ofstream{place_.file("new")} << "a file";
  output_folder out{report()};
  const auto made = out.make();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::config);
  EXPECT_THAT(made.error().message, HasSubstr("cannot write into the folder '" + report() + "'"));
}

TEST_F(OutputFolderTest, SaysWhereItsFilesWillBeFound) {
  const output_folder out{"report"};
  EXPECT_EQ(out.place_of("a.csv"), "report/.unfinished/a.csv");
  EXPECT_EQ(out.as_found("csv(" + out.place_of("a.csv") + ")"), "csv(report/a.csv)");
  const output_folder here{""};
  EXPECT_EQ(here.as_found(here.place_of("a.csv")), "a.csv");
  const output_folder live{"report", output_files::live};
  EXPECT_EQ(live.as_found(live.place_of("a.csv")), "report/a.csv");
}

} // namespace
