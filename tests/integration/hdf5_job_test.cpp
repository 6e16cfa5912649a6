// SPDX-License-Identifier: Apache-2.0
//
// Whole jobs that write HDF5 over many barriers: to their end, and killed between two of them.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/hdf5_source.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/tests/support/hdf5_place.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace weir {

namespace {

using testing::hdf5_place;

struct reading {
  std::int64_t id = 0;
  std::optional<double> value;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(reading, (), (id, value, note))

reading reading_of(std::int64_t id) {
  return {id, id % 3 == 0 ? std::nullopt : std::optional{static_cast<double>(id) / 7},
          "reading " + std::to_string(id)};
}

/// How many parts can be seen, nine at most; each after its checksum.
int parts_in(const hdf5_place& place) {
  int parts = 0;
  while (place.has("x.h5.part-000" + std::to_string(parts + 1))) ++parts;
  return parts;
}

/// Runs a job with a barrier every few milliseconds on groups of 100 rows; each waits until the
/// group before it lies in a part. False: it was no success, or a part did not come.
bool write_in_groups(const hdf5_place& place, int groups) {
  const char* arguments[] = {"hdf5-job", "--quiet", "--commit-every", "5ms"};
  app job{"hdf5-job", static_cast<int>(std::size(arguments)), arguments};
  const memory_source<reading> feed;
  job.from(feed) | to(hdf5<reading>(place.path("x.h5")));
  auto running = job.start();
  if (!running) return false;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  std::int64_t id = 0;
  for (int group = 0; group < groups; ++group) {
    for (int i = 0; i < 100; ++i) feed.push(reading_of(id++));
    while (parts_in(place) <= group) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
  }
  feed.push(reading_of(id));
  feed.close();
  return running->wait().state == job_state::finished;
}

void expect_readings(const std::vector<testing::given_row>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    ASSERT_EQ(rows[i].text, testing::text_of(reading_of(static_cast<std::int64_t>(i))));
}

TEST(Hdf5JobTest, EndsInOneFileWithAllRowsHoweverManyBarriersThereWere) {
  hdf5_place place;
  ASSERT_TRUE(write_in_groups(place, 5));
  const auto back = place.read<reading>("x.h5");
  ASSERT_FALSE(back.failure) << back.failure->message;
  ASSERT_EQ(back.rows.size(), 501u);
  expect_readings(back.rows);
  EXPECT_EQ(parts_in(place), 0);
  EXPECT_FALSE(place.has("x.h5.part-0001"));
}

TEST(Hdf5JobTest, LeavesPartsThatReadBackWhenItIsKilledBetweenBarriers) {
  hdf5_place place;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(write_in_groups(place, 1000) ? 0 : 1);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (parts_in(place) < 3 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
  EXPECT_FALSE(place.has("x.h5"));
  const auto back = place.read<reading>("x.h5.part-*");
  ASSERT_FALSE(back.failure) << back.failure->message;
  EXPECT_GE(back.rows.size(), 3u) << "no part is empty";
  expect_readings(back.rows);
}

} // namespace

} // namespace weir
