// SPDX-License-Identifier: Apache-2.0

#include <weir/io/file_watch.hpp>
#include <weir/tests/support/scratch_directory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <semaphore>

namespace {

using namespace weir;
using ::testing::HasSubstr;

class FileWatchTest : public ::testing::Test {
protected:
  void add(const std::string& name, const std::string& text) const {
    std::ofstream{place_.file(name), std::ios::app} << text;
  }
  std::unique_ptr<file_watch> watch(const std::string& name) {
    auto made = file_watch::start(place_.file(name), [this] {
      was_early_ = was_early_ || !is_due_;
      told_.release();
    });
    EXPECT_TRUE(made);
    return *std::move(made);
  }
  bool is_told() {
    const bool told = told_.try_acquire_for(std::chrono::seconds{30});
    while (told_.try_acquire()) {
    }
    return told;
  }

  weir::testing::scratch_directory place_;
  std::counting_semaphore<> told_{0};
  std::atomic<bool> is_due_{false};
  std::atomic<bool> was_early_{false};
};

TEST_F(FileWatchTest, TellsOfAFileThatComesAndOfNoOther) {
  const auto watching = watch("a.log");
  add("b.log", "x");
  std::filesystem::rename(place_.file("b.log"), place_.file("c.log"));
  is_due_ = true;
  add("a.log", "x");
  EXPECT_TRUE(is_told());
  EXPECT_FALSE(was_early_) << "others do not wake it";
}

TEST_F(FileWatchTest, TellsOfWritesToAFollowedFileUnderAnyName) {
  add("a.log", "x");
  const auto watching = watch("a.log");
  watching->follow(place_.file("a.log"));
  is_due_ = true;
  add("a.log", "y");
  EXPECT_TRUE(is_told());
  std::filesystem::rename(place_.file("a.log"), place_.file("a.log.1"));
  EXPECT_TRUE(is_told());
  add("a.log.1", "z");
  EXPECT_TRUE(is_told());
}

TEST_F(FileWatchTest, SaysThatAFolderIsNotThere) {
  const auto made = file_watch::start(place_.file("none/a.log"), [] {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::config);
  EXPECT_THAT(made.error().message, HasSubstr("none', the folder of 'a.log': No such file"));
}

} // namespace
