// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/session_table.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

using table = session_table<std::string, std::int64_t>;

timestamp at(std::int64_t us) { return timestamp{duration{us}}; }
constexpr duration gap{4};

std::uint32_t first(const table& sessions, const std::string& key) {
  return sessions.first(key_hash(key), key);
}
/// A session of one row.
std::uint32_t open(table& sessions, const std::string& key, std::int64_t time) {
  const auto near = sessions.near(first(sessions, key), at(time), gap);
  return sessions.open(key_hash(key), key, near.before,
                       {.start = at(time), .last = at(time), .content = time});
}
std::vector<std::int64_t> starts(const table& sessions, const std::string& key) {
  std::vector<std::int64_t> all;
  for (auto i = first(sessions, key); i != table::none; i = sessions[i].next)
    all.push_back(sessions[i].start.time_since_epoch().count());
  return all;
}
using times = std::vector<std::int64_t>;

TEST(SessionTableTest, KeepsSessionsOfAKeyByStart) {
  table sessions;
  for (const int time : {20, 0, 10, 30}) open(sessions, "a", time);
  open(sessions, "b", 5);
  EXPECT_EQ(starts(sessions, "a"), (times{0, 10, 20, 30}));
  EXPECT_EQ(starts(sessions, "b"), times{5});
  EXPECT_EQ(starts(sessions, "c"), times{});
  EXPECT_EQ(sessions.size(), 5U);
}

TEST(SessionTableTest, FindsWhatARowIsNearTo) {
  table sessions;
  const auto one = open(sessions, "a", 0), two = open(sessions, "a", 7);
  const auto near = [&](std::int64_t time) {
    return sessions.near(first(sessions, "a"), at(time), gap);
  };
  EXPECT_EQ(near(3).first, one);
  EXPECT_EQ(near(3).last, one);
  EXPECT_EQ(near(11).first, table::none);
  EXPECT_EQ(near(11).before, two);
  EXPECT_EQ(near(-4).first, table::none);
  EXPECT_EQ(near(-4).before, table::none);
  sessions[one].last = at(3);
  EXPECT_EQ(near(4).first, one);
  EXPECT_EQ(near(4).last, two) << "it joins both";
}

TEST(SessionTableTest, ClosesTheFirstAnyAndTheNext) {
  table sessions;
  std::vector<std::uint32_t> all;
  for (const int time : {0, 10, 20, 30, 40}) all.push_back(open(sessions, "a", time));
  sessions.close(all[0]);
  EXPECT_EQ(starts(sessions, "a"), (times{10, 20, 30, 40}));
  sessions.close(all[2]);
  EXPECT_EQ(starts(sessions, "a"), (times{10, 30, 40}));
  sessions.close_next(all[1]);
  EXPECT_EQ(starts(sessions, "a"), (times{10, 40}));
  sessions.close(all[4]);
  sessions.close(all[1]);
  EXPECT_EQ(first(sessions, "a"), table::none);
  EXPECT_EQ(sessions.size(), 0U);
}

TEST(SessionTableTest, UsesPlacesAgainAndLetsGoOfWhatTheyHeld) {
  table sessions;
  const std::string long_key(1'000, 'a');
  const auto gone = open(sessions, long_key, 0);
  const auto held = sessions.bytes();
  EXPECT_GT(held, 1'000U);
  sessions.close(gone);
  EXPECT_LT(sessions.bytes(), held - 1'000);
  EXPECT_EQ(sessions[gone].looked_at, timestamp::max()) << "a timer of it finds nothing";
  EXPECT_EQ(open(sessions, "b", 1), gone);
  EXPECT_EQ(sessions.key_of(gone), "b");
}

TEST(SessionTableTest, SavesAndLoadsAll) {
  struct zero {
    static std::int64_t create() { return 0; }
  };
  table sessions;
  for (const int time : {20, 0, 10}) open(sessions, "a", time);
  sessions.close(open(sessions, "b", 5));
  open(sessions, "c", 6);
  snapshot_writer saved;
  sessions.save(saved);
  table loaded;
  snapshot_reader from{saved.bytes()};
  std::vector<std::int64_t> seen;
  ASSERT_TRUE(
      loaded.load(from, zero{}, [&](std::uint32_t i) { seen.push_back(*loaded[i].content); }));
  EXPECT_TRUE(from.is_finished());
  EXPECT_EQ(seen, (times{0, 10, 20, 6}));
  EXPECT_EQ(starts(loaded, "a"), (times{0, 10, 20}));
  EXPECT_EQ(starts(loaded, "b"), times{});
  EXPECT_EQ(starts(loaded, "c"), times{6});
}

} // namespace
} // namespace weir
