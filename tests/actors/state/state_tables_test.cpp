// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/state_tables.hpp>
#include <weir/tests/support/keyed_states.hpp>
#include <weir/tests/support/map_backend.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace weir::test {
namespace {

using namespace testing;

TEST(StateTablesTest, SaysWhenItDoesNotFit) {
  keyed_state<int, std::int64_t> states{{.name = "totals", .memory_bytes = 16 << 20}, duration{0}};
  int key = 0;
  const auto thrown = thrown_by([&] {
    for (; key < 1'000'000; ++key) {
      use(states, key, 0);
      ASSERT_LE(states.bytes(), 16U << 20);
    }
  });
  EXPECT_THAT(thrown,
              ::testing::MatchesRegex(
                  "the state of 'totals' does not fit into memory: [0-9]+ keys take [0-9.]+ "
                  "MiB, one more does not fit into the 16 MiB it may use; keep it on disk "
                  "with --state rocksdb, allow more with --state-memory, or let keys go "
                  "after a time"));
  EXPECT_GT(key, 200'000); // 24 bytes each and 16 to 32 of index
  EXPECT_LT(key, 420'000);
  EXPECT_EQ(look(states, key, 0), nullptr);
  EXPECT_NE(look(states, key - 1, 0), nullptr);
}

TEST(StateTablesTest, LetsGoOfWhatIsGoneBeforeItGivesUp) {
  keyed_state<int, std::string> states{{.name = "totals", .memory_bytes = 1 << 20}, duration{10}};
  for (int round = 0; round < 20; ++round) {
    states.advance(at_us(round * 10));
    for (int key = 0; key < 2'000; ++key)
      use(states, round * 2'000 + key, round * 10) =
          std::string(static_cast<std::size_t>(round * 5), 'x');
  }
  EXPECT_EQ(all_of(states).size(), 2'000U);
}

TEST(StateTablesTest, LetsGoOfWhatIsGoneBeforeAStateIsTooLarge) {
  keyed_state<int, std::string> states{{.name = "totals", .memory_bytes = 2 << 20}, duration{10}};
  for (int key = 0; key < 3'000; ++key) use(states, key, 0) = std::string(200, 'x');
  states.advance(at_us(10));
  use(states, -1, 10).resize(1'500'000);
  EXPECT_EQ(use(states, -1, 10).size(), 1'500'000U);
}

TEST(StateTablesTest, CountsWhatStatesHold) {
  keyed_state<int, std::vector<int>> states{{.name = "lists", .memory_bytes = 1 << 20},
                                            duration{0}};
  const auto before = (use(states, 1, 0), states.bytes());
  use(states, 1, 0).resize(1'000);
  EXPECT_GE(states.bytes(), before + 4'000);
  EXPECT_LE(states.bytes(), before + 4'100);
  use(states, 1, 0) = std::vector<int>{};
  EXPECT_EQ(states.bytes(), before);
  use(states, 1, 0).resize(300'000);
  EXPECT_THAT(thrown_by([&] { use(states, 1, 0); }), ::testing::HasSubstr("1 keys take 1.1 MiB"));
  states.remove(key_hash(1), 1);
  EXPECT_EQ(states.bytes(), before);
  keyed_state<std::string, int> named{{}, duration{0}};
  const auto key = std::string(1'000, 'k');
  use(named, key, 0);
  EXPECT_GE(named.bytes(), 1'000U);
  const auto with = named.bytes();
  named.remove(key_hash(key), key);
  EXPECT_LE(named.bytes(), with - 1'000);
}

TEST(StateTablesTest, LooksAtFewStatesACall) {
  keyed_state<int, int> states{{}, duration{10}};
  for (int key = 0; key < 10'000; ++key) use(states, key, 0);
  states.advance(at_us(10));
  EXPECT_EQ(states.keys(), 10'000 - states.looked_at);
  use(states, -1, 10);
  EXPECT_EQ(states.keys(), 10'000 - states.looked_at - 2 + 1);
}

/// Keys that come and go for ever take no more than a few times what is alive.
TEST(StateTablesTest, KeepsUpWithKeysThatComeAndGo) {
  keyed_state<int, int> states{{}, duration{1'000}};
  std::size_t most = 0;
  for (int key = 0; key < 100'000; ++key) {
    use(states, key, key);
    if (key % 5'000 == 0) states.advance(at_us(key));
    most = std::max(most, states.keys());
  }
  EXPECT_LE(most, 15'000U);
}

TEST(StateTablesTest, HoldsTheCeiling) {
  auto seen = std::make_shared<map_backend::record>();
  constexpr std::size_t most = 256 << 10;
  keyed_state<std::string, tally> states{place_of(map_kind(seen), "totals", most), duration{0}};
  for (int i = 0; i < 30'000; ++i) {
    change(use(states, key_of(i * 7 % 20'000, std::string{}), i), i % 100);
    ASSERT_LE(states.bytes(), most) << i;
  }
  EXPECT_EQ(states.keys(), 20'000U);
  EXPECT_GT(seen->content.size(), 15'000U);
  EXPECT_LE(seen->largest_write, 300U << 10);
}

TEST(StateTablesTest, OpensItsBackendWhenItIsNeeded) {
  auto seen = std::make_shared<map_backend::record>();
  keyed_state<int, int> states{place_of(map_kind(seen), "totals", 1 << 20), duration{0}};
  for (int key = 0; key < 1'000; ++key) use(states, key, 0);
  EXPECT_EQ(seen->opened, 0U);
  for (int key = 0; key < 100'000; ++key) use(states, key, 0);
  EXPECT_EQ(seen->opened, 1U);
}

TEST(StateTablesTest, KeepsWhatIsUsedOftenInMemory) {
  auto seen = std::make_shared<map_backend::record>();
  keyed_state<int, int> states{place_of(map_kind(seen), "totals", 64 << 10), duration{0}};
  for (int key = 0; key < 20'000; ++key) {
    use(states, key, 0);
    use(states, -1 - key % 10, 0);
  }
  const auto reads = seen->reads;
  for (int key = 0; key < 10; ++key) ++use(states, -1 - key, 0);
  EXPECT_EQ(seen->reads, reads);
}

TEST(StateTablesTest, SweepsItsBackendLittleByLittle) {
  auto seen = std::make_shared<map_backend::record>();
  keyed_state<int, int> states{place_of(map_kind(seen), "totals", 16 << 10), duration{10}};
  for (int key = 0; key < 5'000; ++key) use(states, key, 0);
  const auto before = seen->content.size();
  states.advance(at_us(10));
  EXPECT_EQ(seen->content.size(), before - states.looked_at);
  EXPECT_LE(seen->scanned, states.looked_at + 1);
  for (int call = 0; call < 30; ++call) states.advance(at_us(10));
  EXPECT_TRUE(seen->content.empty());
}

TEST(StateTablesTest, SaysWhatFailed) {
  auto seen = std::make_shared<map_backend::record>();
  keyed_state<int, int> states{place_of(map_kind(seen), "totals", 4'000), duration{0}};
  for (int key = 0; key < 500; ++key) use(states, key, 0);
  seen->fails = true;
  EXPECT_EQ(thrown_by([&] { use(states, 0, 0); }),
            "the state of 'totals' can't be kept: no space left on '/data'");
  seen->fails = false;
  seen->is_damaged = true;
  EXPECT_THAT(thrown_by([&] { use(states, 0, 0); }),
              ::testing::HasSubstr("the state of 'totals' is damaged"));
}

TEST(StateTablesTest, SaysWhatCanNotBeOpened) {
  keyed_state<int, int> states{
      {.name = "totals",
       .memory_bytes = 1'000,
       .open_backend = [](const std::string& name) -> result<std::unique_ptr<state_backend>> {
         return error{errc::failed, "no permission to write '/" + name + "'"};
       }},
      duration{0}};
  EXPECT_EQ(thrown_by([&] {
              for (int key = 0; key < 500; ++key) use(states, key, 0);
            }),
            "the state of 'totals' can't be kept: no permission to write '/totals'");
}

} // namespace
} // namespace weir::test
