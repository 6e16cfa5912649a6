// SPDX-License-Identifier: Apache-2.0
//
// A table that lies in a file and is read by a thread of its own, also while the job runs.

#include "../support/scratch_directory.hpp"
#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <string>

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct zone {
  int id = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(zone, (), (id, name))

constexpr auto name_of = [](const int&, const zone& z) { return z.name; };
constexpr auto itself = [](int id) { return id; };

void write(const std::string& file, const std::string& text) { std::ofstream{file} << text; }

TEST(CsvLookupTest, ReadsItsFileAnewWhileTheJobRuns) {
  const testing::scratch_directory folder;
  const auto file = folder.file("zones.csv");
  write(file, "id,name\n4,Alphabet City\n7,Astoria\n");
  app program{"test"};
  memory_source<int> ids;
  memory_sink<std::string> out;
  program.from(ids)
      | lookup(csv<zone>(file), &zone::id, itself, name_of, {.refresh_on_request = true}) | to(out);
  auto running = program.start();
  ASSERT_TRUE(running) << running.error().message;
  const auto comes = [&](const std::string& name) {
    for (int tries = 0; tries < 10'000; ++tries) {
      if (!ids.push(4) || running->wait_for(1ms)) return false;
      const auto rows = out.rows();
      if (!rows.empty() && rows.back() == name) return true;
    }
    return false;
  };
  EXPECT_TRUE(comes("Alphabet City"));
  write(file, "id,name\n4,Bay Ridge\n");
  running->refresh();
  EXPECT_TRUE(comes("Bay Ridge"));
  ids.close();
  EXPECT_EQ(running->wait().state, job_state::finished);
}

TEST(CsvLookupTest, NamesBothPlacesOfAKeyThatComesTwice) {
  const testing::scratch_directory folder;
  const auto file = folder.file("zones.csv");
  write(file, "id,name\n4,Alphabet City\n7,Astoria\n4,Bay Ridge\n");
  app program{"test"};
  memory_sink<std::string> out;
  program.from(memory_rows<int>{{4}}) | lookup(csv<zone>(file), &zone::id, itself, name_of)
      | to(out);
  auto running = program.start();
  ASSERT_TRUE(running) << running.error().message;
  const auto ended = running->wait();
  ASSERT_EQ(ended.state, job_state::failed);
  EXPECT_THAT(ended.cause->message, HasSubstr("zones@2: the key 4 is in the table already"));
  EXPECT_THAT(ended.cause->message, HasSubstr("zones@0;"));
}

TEST(CsvLookupTest, FailsAtOnceWithoutItsFile) {
  app program{"test"};
  memory_sink<std::string> out;
  program.from(memory_rows<int>{{4}})
      | lookup(csv<zone>("no/such/zones.csv"), &zone::id, itself, name_of) | to(out);
  auto running = program.start();
  ASSERT_FALSE(running);
  EXPECT_THAT(running.error().message, HasSubstr("no/such/zones.csv"));
}

} // namespace
} // namespace weir
