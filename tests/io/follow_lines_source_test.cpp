// SPDX-License-Identifier: Apache-2.0

#include <weir/io/follow_lines_source.hpp>
#include <weir/tests/support/random_inputs.hpp>
#include <weir/tests/support/scratch_directory.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace weir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using weir::testing::given_row;
using weir::testing::source_driver;

class FollowLinesSourceTest : public ::testing::Test {
protected:
  void add(const std::string& name, const std::string& text) const {
    std::ofstream{place_.file(name), std::ios::app | std::ios::binary} << text;
  }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(place_.file(from), place_.file(to));
  }
  std::unique_ptr<source_driver<line>> follow(follow_lines_options options = {}) const {
    auto made = follow_lines(place_.file("a.log"), options).make();
    EXPECT_TRUE(made);
    auto driver = std::make_unique<source_driver<line>>(*std::move(made));
    const auto opened = driver->open();
    EXPECT_TRUE(opened) << opened.error().message;
    return driver;
  }
  /// What is there now, without waiting for more.
  static void read_all(source_driver<line>& driver, std::size_t rows_at_once = batch_rows) {
    batch<line> rows;
    batch<reject> rejects;
    for (;;) {
      rows.set_limit(rows_at_once);
      const auto polled = driver.source().poll(
          {static_cast<std::int64_t>(rows_at_once), batch_bytes}, rows, rejects);
      ASSERT_TRUE(polled) << polled.error().message;
      for (std::size_t i = 0; i < rows.size(); ++i)
        driver.rows.push_back({weir::testing::text_of(rows[i]), rows.origin_of(i).partition->name,
                               rows.origin_of(i).position});
      rows.clear();
      if (*polled == poll_state::idle) return;
    }
  }
  /// Saved, and loaded by another source that goes on.
  std::unique_ptr<source_driver<line>> restarted(source_driver<line>& driver) const {
    snapshot_writer saved;
    driver.source().save(saved);
    auto next = follow();
    snapshot_reader position{saved.bytes()};
    const auto loaded = next->source().load(position);
    EXPECT_TRUE(loaded) << loaded.error().message;
    EXPECT_TRUE(position.is_finished());
    return next;
  }
  static std::vector<std::string> texts_of(const source_driver<line>& driver) {
    std::vector<std::string> texts;
    for (const auto& row : driver.rows) texts.push_back(row.text.substr(0, row.text.size() - 1));
    return texts;
  }

  weir::testing::scratch_directory place_;
};

TEST_F(FollowLinesSourceTest, GivesLinesOnceTheyAreWhole) {
  add("a.log", "first\nsec");
  auto driver = follow();
  read_all(*driver);
  EXPECT_THAT(texts_of(*driver), ElementsAre("first"));
  add("a.log", "ond\r\n\nthird");
  driver->run({}, 3); // is woken
  add("a.log", "\n");
  driver->run({}, 4);
  EXPECT_THAT(driver->rows, ElementsAre(given_row{"first|", "a", 0}, given_row{"second|", "a", 1},
                                        given_row{"|", "a", 2}, given_row{"third|", "a", 3}));
}

TEST_F(FollowLinesSourceTest, WaitsForAFileThatIsNotThereYet) {
  auto driver = follow();
  read_all(*driver);
  add("a.log", "first\n");
  driver->run({}, 1);
  EXPECT_THAT(texts_of(*driver), ElementsAre("first"));
}

TEST_F(FollowLinesSourceTest, ReadsARotatedFileToItsEndThenTheNewOne) {
  add("a.log", "first\n");
  auto driver = follow();
  read_all(*driver);
  rename("a.log", "a.log.1");
  read_all(*driver);
  add("a.log.1", "second\n"); // who writes has not heard of it yet
  driver->run({}, 2);
  add("a.log", "");
  read_all(*driver);
  add("a.log.1", "third\nfourth");
  add("a.log", "fifth\n");
  driver->run({}, 5);
  EXPECT_THAT(texts_of(*driver), ElementsAre("first", "second", "third", "fourth", "fifth"));
  EXPECT_EQ(driver->rows.back().position, 4U);
  EXPECT_TRUE(driver->warnings().empty());
}

TEST_F(FollowLinesSourceTest, IsWokenByWhatIsWrittenToAnEmptyNewFile) {
  add("a.log", "first\n");
  auto driver = follow();
  driver->run({}, 1);
  rename("a.log", "a.log.1");
  add("a.log", "");
  read_all(*driver);
  add("a.log", "second\n");
  driver->run({}, 2);
  EXPECT_THAT(texts_of(*driver), ElementsAre("first", "second"));
}

TEST_F(FollowLinesSourceTest, BeginsAgainWhereAFileWasTruncatedAndTellsOfIt) {
  add("a.log", "first\nbegun");
  auto driver = follow();
  read_all(*driver);
  std::filesystem::resize_file(place_.file("a.log"), 0);
  read_all(*driver);
  add("a.log", "second\n");
  driver->run({}, 3);
  EXPECT_THAT(driver->rows, ElementsAre(given_row{"first|", "a", 0}, given_row{"begun|", "a", 1},
                                        given_row{"second|", "a", 2}));
  EXPECT_THAT(driver->warnings(), ElementsAre(HasSubstr("was truncated")));
}

TEST_F(FollowLinesSourceTest, BeginsAtTheEndWhenTold) {
  add("a.log", "old\nbegun");
  auto driver = follow({.from_end = true});
  add("a.log", " before\nnew\n");
  driver->run({}, 1);
  EXPECT_THAT(driver->rows, ElementsAre(given_row{"new|", "a", 0}));
  rename("a.log", "a.log.1");
  add("a.log", "of the next file\n");
  driver->run({}, 2);
  EXPECT_THAT(texts_of(*driver), ElementsAre("new", "of the next file"));
}

TEST_F(FollowLinesSourceTest, GoesOnInARotatedFileAfterARestart) {
  add("a.log", "first\nsecond\nthird, be");
  auto driver = follow();
  driver->run({.rows = 1, .batch_limit = 1, .keeps_batch = false}, 1);
  rename("a.log", "a.log.1");
  add("a.log.1", "gun\n");
  add("a.log", "fourth\n");
  driver = restarted(*driver);
  driver->run({}, 3);
  EXPECT_THAT(driver->rows,
              ElementsAre(given_row{"second|", "a", 1}, given_row{"third, begun|", "a", 2},
                          given_row{"fourth|", "a", 3}));
  EXPECT_TRUE(driver->warnings().empty());
}

TEST_F(FollowLinesSourceTest, TellsOfAFileThatIsGoneAfterARestart) {
  add("a.log", "first\nsecond\n");
  auto driver = follow();
  driver->run({}, 2);
  std::filesystem::remove(place_.file("a.log"));
  add("a.log", "other, and longer than before\n"); // may have the number of the old one
  driver = restarted(*driver);
  driver->run({}, 1);
  EXPECT_THAT(driver->rows, ElementsAre(given_row{"other, and longer than before|", "a", 2}));
  EXPECT_THAT(driver->warnings(), ElementsAre(HasSubstr("before line 3")));
}

TEST_F(FollowLinesSourceTest, NamesTheLineOfTheFileInRejects) {
  add("a.log", "ok\nmuch too long\n");
  auto driver = follow({.max_row_bytes = 6});
  driver->run({}, 1);
  rename("a.log", "a.log.1");
  add("a.log", "also too long\nok\n");
  driver->run({}, 2);
  ASSERT_EQ(driver->rejects.size(), 2U);
  EXPECT_EQ(driver->rejects[0].where, place_.file("a.log") + ":2");
  EXPECT_EQ(driver->rejects[1].where, place_.file("a.log") + ":1");
}

TEST_F(FollowLinesSourceTest, SaysWhatItCanNotFollow) {
  const auto opens = [](const std::string& path) {
    auto made = follow_lines(path).make();
    return (*made)->open({.name = "x", .wake = [] {}});
  };
  std::filesystem::create_directory(place_.file("folder"));
  EXPECT_THAT(opens(place_.file("folder")).error().message, HasSubstr("is no plain file"));
  EXPECT_THAT(opens(place_.file("none/a.log")).error().message, HasSubstr("No such file"));
  EXPECT_EQ(follow_lines("a", {.max_row_bytes = 0}).make().error().code, errc::config);
}

TEST_F(FollowLinesSourceTest, LosesNoLineHoweverItIsWrittenRotatedAndRestarted) {
  const auto seed = weir::testing::new_seed();
  std::mt19937_64 random{seed};
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  for (int round = 0; round < 60; ++round) {
    std::filesystem::remove_all(place_.file(""));
    std::filesystem::create_directory(place_.file(""));
    auto driver = follow();
    std::vector<std::string> expected;
    std::string begun, last;
    std::vector<given_row> got;
    const auto collect = [&] {
      got.insert(got.end(), driver->rows.begin(), driver->rows.end());
      driver->rows.clear();
    };
    const auto write = [&](const std::string& name) {
      const std::string piece =
          std::vector<std::string>{"a", "\n", "word ", "\r\n", std::string(500, 'l')}[pick(5)];
      add(name, piece);
      begun += piece;
      for (auto end = begun.find('\n'); end != std::string::npos; end = begun.find('\n')) {
        auto text = begun.substr(0, end);
        if (text.ends_with('\r')) text.pop_back();
        expected.push_back(text);
        begun.erase(0, end + 1);
      }
    };
    for (int step = 0; step < 40; ++step) {
      switch (pick(6)) {
        case 0: read_all(*driver, 1 + pick(3)); break;
        case 1: { // one row at most, then a restart: the rest is read again
          batch<line> rows;
          batch<reject> rejects;
          rows.set_limit(1);
          ASSERT_TRUE(driver->source().poll({1, batch_bytes}, rows, rejects));
          if (!rows.empty())
            driver->rows.push_back(
                {weir::testing::text_of(rows[0]), "a", rows.origin_of(0).position});
          collect();
          driver = restarted(*driver);
          break;
        }
        case 2:
          if (!std::filesystem::exists(place_.file("a.log"))) break;
          read_all(*driver);
          rename("a.log", "a.log." + std::to_string(step));
          if (pick(2) == 0) write("a.log." + std::to_string(step));
          if (!begun.empty()) {
            if (begun.ends_with('\r')) begun.pop_back();
            expected.push_back(std::exchange(begun, ""));
          }
          add("a.log", "\n"); // so that the old one is let go
          expected.emplace_back();
          break;
        default: write("a.log");
      }
    }
    read_all(*driver);
    collect();
    ASSERT_EQ(got.size(), expected.size()) << "seed " << seed << ", round " << round;
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(got[i].text, expected[i] + "|") << "seed " << seed << ", round " << round;
      ASSERT_EQ(got[i].position, i);
    }
    ASSERT_TRUE(driver->warnings().empty()) << driver->warnings().front();
  }
}

} // namespace
