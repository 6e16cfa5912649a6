// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/keyed_state.hpp>
#include <weir/tests/support/map_backend.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace weir::test {

using testing::map_backend;
using testing::map_kind;

struct tally {
  std::int64_t sum = 0;
  std::string names = {};
  std::vector<std::string> last = {};
  std::optional<std::vector<double>> prices = {};
  friend bool operator==(const tally&, const tally&) = default;
};
BOOST_DESCRIBE_STRUCT(tally, (), (sum, names, last, prices))

struct raised {
  int value = 0;
};
BOOST_DESCRIBE_STRUCT(raised, (), (value))

} // namespace weir::test

template <>
inline constexpr std::uint32_t weir::state_version<weir::test::raised> = 3;

namespace weir::test {
namespace {

timestamp at_us(std::int64_t time) { return timestamp{duration{time}}; }

template <class Key, class S, class Seen>
S& use(keyed_state<Key, S>& states, const Seen& key, std::int64_t now, S first = S{}) {
  return states.at(key_hash(key), key, at_us(now), [&] { return first; });
}
template <class Key, class S, class Seen>
S* look(keyed_state<Key, S>& states, const Seen& key, std::int64_t now) {
  return states.find(key_hash(key), key, at_us(now));
}
template <class Key, class S>
std::map<Key, S> all_of(const keyed_state<Key, S>& states) {
  std::map<Key, S> all;
  states.for_each([&](const Key& key, const S& value) {
    EXPECT_TRUE(all.emplace(key, value).second) << "told twice";
  });
  return all;
}
template <class Key, class S>
std::string saved(const keyed_state<Key, S>& states) {
  snapshot_writer to;
  states.save(to);
  return to.take();
}
template <class Key, class S>
bool loads(keyed_state<Key, S>& states, std::string_view bytes) {
  snapshot_reader from{bytes};
  return states.load(from) && from.is_finished();
}
template <class Call>
std::string thrown_by(Call call) {
  try {
    call();
  } catch (const std::runtime_error& thrown) {
    return thrown.what();
  }
  return "nothing";
}

/// Grows with use, in all that a state can be made of.
void change(std::int64_t& state, std::int64_t by) { state += by; }
void change(tally& state, std::int64_t by) {
  state.sum += by;
  state.names += std::string(static_cast<std::size_t>(by % 40), 'n');
  if (by % 3 == 0) state.last.emplace_back(static_cast<std::size_t>(by % 50), 'l');
  if (by % 4 == 0) state.prices.emplace(static_cast<std::size_t>(by % 20), 0.5);
  if (by % 7 == 0) state = {.sum = state.sum};
}

std::int64_t key_of(std::int64_t number, std::int64_t) { return number; }
std::string key_of(std::int64_t number, const std::string&) {
  return std::string(static_cast<std::size_t>(number % 30), 'k') + std::to_string(number);
}

/// One way to keep states: how much memory there is, and what it is opened with.
struct way {
  std::string name;
  std::function<state_place()> place;
};
void PrintTo(const way& of, std::ostream* out) { *out << of.name; }

class KeyedStateTest : public ::testing::TestWithParam<way> {
protected:
  state_place place() const { return GetParam().place(); }

  template <class Key, class S>
  void holds_what_a_map_holds() const;
};

const way in_memory{"memory", [] { return state_place{}; }};
const way spilled{"map", [] { return place_of(map_kind(), "totals", 4'000); }};

INSTANTIATE_TEST_SUITE_P(, KeyedStateTest, ::testing::Values(in_memory, spilled),
                         [](const auto& info) { return info.param.name; });

template <class Key, class S>
void KeyedStateTest::holds_what_a_map_holds() const {
  struct kept {
    S value;
    std::int64_t last;
  };
  EXPECT_TRUE(rc::check("states of keys are those of a map", [&] {
    const std::int64_t ttl = *rc::gen::element(0, 1, 30, 400);
    const std::int64_t keys = *rc::gen::element(3, 60, 400);
    const auto seed = *rc::gen::arbitrary<std::uint32_t>();
    std::mt19937 random{seed};
    const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(random()) % n; };
    keyed_state<Key, S> states{place(), duration{ttl}};
    std::map<Key, kept> expected;
    std::int64_t watermark = -500;
    const auto is_alive = [&](const kept& one, std::int64_t now) {
      return ttl == 0 || now - one.last < ttl;
    };
    for (int step = 0; step < 1'500; ++step) {
      const auto key = key_of(below(keys), Key{});
      const auto now = watermark + below(50);
      auto known = expected.find(key);
      if (known != expected.end() && !is_alive(known->second, now)) {
        RC_ASSERT(look(states, key, now) == nullptr);
        known = expected.end();
      }
      const auto kind = below(40);
      if (kind < 20) {
        S first{};
        change(first, below(100));
        auto& found = use(states, key, now, first);
        if (known == expected.end()) known = expected.insert_or_assign(key, kept{first, now}).first;
        RC_ASSERT(found == known->second.value);
        const auto by = below(1'000);
        change(found, by);
        change(known->second.value, by);
        known->second.last = std::max(known->second.last, now);
      } else if (kind < 28) {
        auto* found = look(states, key, now);
        RC_ASSERT((found != nullptr) == (known != expected.end()));
        if (found != nullptr) {
          RC_ASSERT(*found == known->second.value);
          change(*found, kind);
          change(known->second.value, kind);
        }
      } else if (kind < 33) {
        states.remove(key_hash(key), key);
        expected.erase(key);
      } else if (kind < 39) {
        watermark += below(10);
        states.advance(at_us(watermark));
      } else if (below(10) == 0) {
        const auto bytes = saved(states);
        if (below(2) == 0) states = keyed_state<Key, S>{place(), duration{ttl}};
        RC_ASSERT(loads(states, bytes));
      }
    }
    states.advance(at_us(watermark));
    std::map<Key, S> alive;
    for (const auto& [key, one] : expected) {
      if (is_alive(one, watermark)) alive.emplace(key, one.value);
    }
    RC_ASSERT(all_of(states) == alive);
    RC_ASSERT(states.keys() >= alive.size());
    RC_ASSERT(ttl > 0 || states.keys() == alive.size());
    for (const auto& [key, one] : expected) states.remove(key_hash(key), key);
    states.advance(timestamp::max());
    RC_ASSERT(all_of(states).empty());
    RC_ASSERT(states.bytes() < 100'000); // what was counted is taken back
  }));
}

TEST_P(KeyedStateTest, HoldsWhatAMapHolds) { holds_what_a_map_holds<std::int64_t, std::int64_t>(); }

TEST_P(KeyedStateTest, HoldsWhatAMapHoldsOfTextAndVectors) {
  holds_what_a_map_holds<std::string, tally>();
}

TEST_P(KeyedStateTest, ForgetsAStateThatWasNotUsedForItsTime) {
  keyed_state<std::string, int> states{place(), duration{10}};
  use(states, std::string_view{"a"}, 100) = 1;
  EXPECT_EQ(*look(states, std::string_view{"a"}, 109), 1);
  EXPECT_EQ(look(states, std::string_view{"a"}, 110), nullptr);
  EXPECT_EQ(use(states, std::string_view{"a"}, 109), 1);
  EXPECT_EQ(use(states, std::string_view{"a"}, 90), 1); // an earlier row
  EXPECT_EQ(use(states, std::string_view{"a"}, 118), 1);
  EXPECT_EQ(use(states, std::string_view{"a"}, 128, 7), 7);
}

TEST_P(KeyedStateTest, KeepsStatesForEverWithoutATime) {
  keyed_state<int, int> states{place(), duration{0}};
  states.at(key_hash(1), 1, timestamp::min(), [] { return 5; });
  states.advance(timestamp::max());
  EXPECT_EQ(*states.find(key_hash(1), 1, timestamp::max()), 5);
  EXPECT_THAT(all_of(states), ::testing::ElementsAre(std::pair{1, 5}));
}

TEST_P(KeyedStateTest, ForgetsAtTheEndsOfTime) {
  keyed_state<int, int> states{place(), duration::max()};
  states.at(key_hash(1), 1, timestamp::min(), [] { return 5; });
  EXPECT_NE(states.find(key_hash(1), 1, at_us(-2)), nullptr);
  EXPECT_EQ(states.find(key_hash(1), 1, timestamp::max()), nullptr);
  states.advance(timestamp::max());
  EXPECT_THAT(all_of(states), ::testing::IsEmpty());
}

TEST_P(KeyedStateTest, GivesTheSameWhenEverItLetsGo) {
  EXPECT_TRUE(rc::check("advance is not seen", [&](std::uint32_t seed) {
    std::mt19937 random{seed};
    keyed_state<std::int64_t, std::int64_t> often{place(), duration{40}},
        never{place(), duration{40}};
    std::int64_t watermark = 0;
    for (int step = 0; step < 2'000; ++step) {
      const std::int64_t key = random() % 150, now = watermark + random() % 20;
      if (random() % 4 == 0) {
        often.remove(key_hash(key), key);
        never.remove(key_hash(key), key);
      } else {
        RC_ASSERT(use<>(often, key, now, std::int64_t{step})
                  == use<>(never, key, now, std::int64_t{step}));
      }
      watermark += random() % 2;
      often.advance(at_us(watermark));
    }
    never.advance(at_us(watermark));
    RC_ASSERT(all_of(often) == all_of(never));
    RC_ASSERT(often.keys() <= never.keys());
  }));
}

TEST_P(KeyedStateTest, LetsGoOfAllThatIsGone) {
  keyed_state<int, std::string> states{place(), duration{10}};
  for (int key = 0; key < 3'000; ++key) use(states, key, 0) = std::string(50, 'x');
  use(states, -1, 50) = "kept";
  for (int call = 0; call < 40; ++call) states.advance(at_us(55));
  // What is in tables beside a backend goes when it is written.
  EXPECT_LE(states.keys(), GetParam().name == "memory" ? 1U : 60U);
  EXPECT_THAT(all_of(states), ::testing::ElementsAre(std::pair{-1, "kept"}));
}

TEST_P(KeyedStateTest, TakesKeysOfAllKinds) {
  keyed_state<double, int> numbers{place(), duration{0}};
  const double nan = std::nan("1"), other = -std::nan("2");
  for (const double key : {nan, other, 0.0, -0.0, 1.0}) ++use(numbers, key, 0);
  EXPECT_EQ(*look(numbers, other, 0), 2);
  EXPECT_EQ(*look(numbers, 0.0, 0), 2);

  using pair = std::pair<double, std::string>;
  keyed_state<pair, int> pairs{place(), duration{0}};
  for (int filler = 0; filler < 2; ++filler) {
    ++use(pairs, pair{-0.0, "a"}, 0);
    for (int i = 0; i < 500; ++i) ++use(pairs, pair{i + 1, "b"}, 0);
    ++use(pairs, pair{0.0, "a"}, 0);
    ++use(pairs, pair{nan, "a"}, 0);
    for (int i = 0; i < 500; ++i) ++use(pairs, pair{i + 1, "b"}, 0);
    ++use(pairs, pair{other, "a"}, 0);
  }
  EXPECT_EQ(*look(pairs, pair{0.0, "a"}, 0), 4);
  EXPECT_EQ(*look(pairs, pair{nan, "a"}, 0), 4);
  EXPECT_EQ(pairs.keys(), 502U);
}

TEST_P(KeyedStateTest, RefusesADamagedSnapshot) {
  keyed_state<std::string, tally> states{place(), duration{100}};
  for (int key = 0; key < 40; ++key) change(use(states, key_of(key, std::string{}), key), key);
  const auto bytes = saved(states);
  keyed_state<std::string, tally> loaded{place(), duration{100}};
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(loads(loaded, std::string_view{bytes}.substr(0, size))) << size;
  EXPECT_FALSE(loads(loaded, bytes + "x"));
  ASSERT_TRUE(loads(loaded, bytes));
  EXPECT_EQ(all_of(loaded), all_of(states));
}

TEST_P(KeyedStateTest, RefusesASnapshotWithAKeyTwice) {
  snapshot_writer to;
  to.write(std::uint32_t{1}).write(std::int64_t{0});
  for (int key = 0; key < 500; ++key) to.write(true).write(key).write(std::int64_t{0}).write(key);
  to.write(true).write(0).write(std::int64_t{0}).write(1).write(false);
  keyed_state<int, int> states{place(), duration{0}};
  EXPECT_FALSE(loads(states, to.bytes()));
}

TEST_P(KeyedStateTest, RefusesStatesOfAnotherVersion) {
  keyed_state<int, int> ones{place(), duration{0}};
  keyed_state<int, raised> threes{place(), duration{0}};
  EXPECT_EQ(
      thrown_by([&] { loads(threes, saved(ones)); }),
      "the state of '" + place().name
          + "' was saved as version 1 of its type, and this "
            "program has version 3: start it from a checkpoint of its own version, or without one");
}

TEST(KeyedStateInMemoryTest, SaysWhenItDoesNotFit) {
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

TEST(KeyedStateInMemoryTest, LetsGoOfWhatIsGoneBeforeItGivesUp) {
  keyed_state<int, std::string> states{{.name = "totals", .memory_bytes = 1 << 20}, duration{10}};
  for (int round = 0; round < 20; ++round) {
    states.advance(at_us(round * 10));
    for (int key = 0; key < 2'000; ++key)
      use(states, round * 2'000 + key, round * 10) =
          std::string(static_cast<std::size_t>(round * 5), 'x');
  }
  EXPECT_EQ(all_of(states).size(), 2'000U);
}

TEST(KeyedStateInMemoryTest, CountsWhatStatesHold) {
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

TEST(KeyedStateInMemoryTest, LooksAtFewStatesACall) {
  keyed_state<int, int> states{{}, duration{10}};
  for (int key = 0; key < 10'000; ++key) use(states, key, 0);
  states.advance(at_us(10));
  EXPECT_EQ(states.keys(), 10'000 - states.looked_at);
  use(states, -1, 10);
  EXPECT_EQ(states.keys(), 10'000 - states.looked_at - 2 + 1);
}

/// Keys that come and go for ever take no more than a few times what is alive.
TEST(KeyedStateInMemoryTest, KeepsUpWithKeysThatComeAndGo) {
  keyed_state<int, int> states{{}, duration{1'000}};
  std::size_t most = 0;
  for (int key = 0; key < 100'000; ++key) {
    use(states, key, key);
    if (key % 5'000 == 0) states.advance(at_us(key));
    most = std::max(most, states.keys());
  }
  EXPECT_LE(most, 15'000U);
}

TEST(KeyedStateSpilledTest, HoldsTheCeiling) {
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

TEST(KeyedStateSpilledTest, OpensItsBackendWhenItIsNeeded) {
  auto seen = std::make_shared<map_backend::record>();
  keyed_state<int, int> states{place_of(map_kind(seen), "totals", 1 << 20), duration{0}};
  for (int key = 0; key < 1'000; ++key) use(states, key, 0);
  EXPECT_EQ(seen->opened, 0U);
  for (int key = 0; key < 100'000; ++key) use(states, key, 0);
  EXPECT_EQ(seen->opened, 1U);
}

TEST(KeyedStateSpilledTest, KeepsWhatIsUsedOftenInMemory) {
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

TEST(KeyedStateSpilledTest, SweepsItsBackendLittleByLittle) {
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

TEST(KeyedStateSpilledTest, SaysWhatFailed) {
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

TEST(KeyedStateSpilledTest, SaysWhatCanNotBeOpened) {
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

TEST(HeldBytesTest, TellsWhatValuesHold) {
  EXPECT_EQ(held_bytes(7), 0U);
  EXPECT_EQ(held_bytes(std::string{"short"}), 0U);
  EXPECT_GE(held_bytes(std::string(100, 'x')), 101U);
  EXPECT_EQ(held_bytes(std::optional<std::string>{}), 0U);
  EXPECT_GE(held_bytes(std::vector<std::string>(10, std::string(100, 'x'))), 10 * 132U);
  EXPECT_NEAR(static_cast<double>(held_bytes(std::vector<std::string>(100, std::string(100, 'x')))),
              100.0 * (32 + 112), 20);
  EXPECT_GE(held_bytes(tally{.names = std::string(100, 'x'), .prices = {{1, 2, 3}}}), 140U);
  EXPECT_EQ(held_bytes(std::pair{1, std::tuple{std::array<std::string, 2>{}}}), 0U);
  static_assert(!can_hold_heap<std::pair<int, std::optional<timestamp>>>);
}

} // namespace
} // namespace weir::test
