// SPDX-License-Identifier: Apache-2.0
//
// Ten million keys where memory is meant for a fraction of them: RocksDB keeps them, memory says no
// before the machine suffers.

#include "../dsl/program_run.hpp"
#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/dsl/summary.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/io/rocksdb_backend.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <numeric>
#include <ranges>
#include <string>
#include <vector>

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t keys = 10'000'000;
constexpr std::int64_t of_a_row = 1'000;
constexpr std::uint64_t mebibyte = 1U << 20U;

/// Passes each key once; a tenth of them come twice.
void pass_once(app& program) {
  program.offer_state(rocksdb_state());
  std::vector<std::int64_t> rows(keys / of_a_row);
  std::iota(rows.begin(), rows.end(), 0);
  rows.insert(rows.end(), rows.begin(), rows.begin() + keys / of_a_row / 10);
  program.from(memory_rows{std::move(rows)}) | flat_map([](std::int64_t row) {
    return std::views::iota(row * of_a_row, (row + 1) * of_a_row);
  }) | key_by(std::identity{})
      | dedup() | to(discard());
}

TEST(ManyKeysTest, MemoryThatDoesNotHoldThemFailsTheJobInTimeAndSaysWhatToDo) {
  const auto ran = pieces::run_program({"--state-memory", "64MiB"}, pass_once);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.talk, HasSubstr("'dedup'"));
  EXPECT_THAT(ran.talk, HasSubstr("--state rocksdb"));
  EXPECT_LT(peak_rss_bytes(), 256 * mebibyte);
}

TEST(ManyKeysTest, RocksdbKeepsThemWithinTheMemoryThatIsAllowed) {
  const auto ran =
      pieces::run_program({"--state", "rocksdb", "--state-memory", "128MiB", "--json"}, pass_once);
  EXPECT_EQ(ran.code, 0) << ran.talk;
  EXPECT_THAT(ran.out, HasSubstr(R"("name":"dedup","rows_in":11000000,"rows_out":10000000)"));
  EXPECT_LT(peak_rss_bytes(), 384 * mebibyte);
}

struct visit {
  std::int64_t user = 0;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(visit, (), (user, at))

/// Counts the visits of each user in a day; a tenth of them come twice.
void count_visits(app& program) {
  program.offer_state(rocksdb_state());
  std::vector<std::int64_t> rows(keys / of_a_row);
  std::iota(rows.begin(), rows.end(), 0);
  rows.insert(rows.end(), rows.begin(), rows.begin() + keys / of_a_row / 10);
  program.from(memory_rows{std::move(rows)}) | flat_map([](std::int64_t row) {
    return std::views::iota(row * of_a_row, (row + 1) * of_a_row)
           | std::views::transform([](std::int64_t user) {
               return visit{user, timestamp{std::chrono::milliseconds{user * 8}}};
             });
  }) | event_time(&visit::at, out_of_order(std::chrono::hours{24}))
      | key_by(&visit::user) | window(tumbling(std::chrono::hours{24}), agg::count())
      | to(discard());
}

TEST(ManyKeysTest, AWindowIsCountedWithinTheMemoryThatIsAllowed) {
  const auto ran = pieces::run_program({"--state", "rocksdb", "--state-memory", "128MiB", "--json"},
                                       count_visits);
  EXPECT_EQ(ran.code, 0) << ran.talk;
  EXPECT_THAT(ran.out, HasSubstr(R"("name":"window","rows_in":11000000,"rows_out":10000000)"));
  EXPECT_LT(peak_rss_bytes(), 384 * mebibyte);
}

} // namespace
} // namespace weir
