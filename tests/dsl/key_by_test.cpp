// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/key_by.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

struct visit {
  std::string guest, room;
};
BOOST_DESCRIBE_STRUCT(visit, (), (guest, room))

/// What is no column of a record: a key of two parts; below, a list of what there was.
using guest_and_room = std::pair<std::string, std::string>;

guest_and_room both(const visit& one) { return {one.guest, one.room}; }

struct rooms {
  std::vector<std::string> create() const { return {}; }
  void add(std::vector<std::string>& all, const visit& one) const { all.push_back(one.room); }
  void merge(std::vector<std::string>& all, const std::vector<std::string>& later) const {
    all.insert(all.end(), later.begin(), later.end());
  }
  std::vector<std::string> result(const std::vector<std::string>& all) const { return all; }
};

struct visits {
  std::uint64_t create() const { return 0; }
  void add(std::uint64_t& count, const visit&) const { ++count; }
  void merge(std::uint64_t& count, std::uint64_t later) const { count += later; }
  std::uint64_t result(std::uint64_t count) const { return count; }
};

std::string text_of(const std::string& text) { return text; }
std::string text_of(std::uint64_t number) { return std::to_string(number); }
std::string text_of(const guest_and_room& key) { return key.first + " in " + key.second; }
std::string text_of(const std::vector<std::string>& all) {
  std::string text;
  for (const auto& one : all) text += one;
  return text;
}

/// What an operator behind key_by gives for three visits.
template <class KeyOf, class Operator>
std::vector<std::string> given(KeyOf key_of, Operator made) {
  app program{"test"};
  memory_sink<std::string> out;
  program.from(memory_rows{std::vector<visit>{{"Ann", "1"}, {"Bo", "2"}, {"Ann", "1"}}})
      | key_by(key_of) | made
      | map([](const auto& row) { return text_of(row.key) + ": " + text_of(row.value); }) | to(out);
  auto running = program.start();
  EXPECT_TRUE(running);
  EXPECT_EQ(running->wait().state, job_state::finished);
  return out.rows();
}

TEST(KeyByTest, TakesAKeyOfTwoPartsToWindows) {
  EXPECT_THAT(given(both, window(global(), visits{})),
              UnorderedElementsAre("Ann in 1: 2", "Bo in 2: 1"));
  EXPECT_THAT(given(both, window(count_window(2), visits{})),
              UnorderedElementsAre("Ann in 1: 2", "Bo in 2: 1"));
}

TEST(KeyByTest, TakesAKeyOfTwoPartsToRunningAggregates) {
  EXPECT_THAT(given(both, running(visits{})),
              ElementsAre("Ann in 1: 1", "Bo in 2: 1", "Ann in 1: 2"));
}

TEST(KeyByTest, TakesListsFromRunningAggregates) {
  EXPECT_THAT(given(&visit::guest, running(rooms{})), ElementsAre("Ann: 1", "Bo: 2", "Ann: 11"));
}

} // namespace
} // namespace weir
