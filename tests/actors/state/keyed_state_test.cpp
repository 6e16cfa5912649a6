// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/keyed_state.hpp>
#include <weir/tests/support/keyed_states.hpp>
#include <weir/tests/support/state_ways.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace weir::test {

using namespace testing;

struct raised {
  int value = 0;
};
BOOST_DESCRIBE_STRUCT(raised, (), (value))

} // namespace weir::test

template <>
inline constexpr std::uint32_t weir::state_version<weir::test::raised> = 3;

namespace weir::test {
namespace {

class KeyedStateTest : public ::testing::TestWithParam<state_way> {
protected:
  static state_place place() { return GetParam().place(4'000); }
  /// Of a random test.
  static void maybe_leave_out() { GetParam().maybe_leave_out(); }

  template <class Key, class S>
  void holds_what_a_map_holds() const;
};

const state_way in_memory{"memory", [](std::size_t) { return state_place{}; }};

INSTANTIATE_TEST_SUITE_P(, KeyedStateTest, ::testing::Values(in_memory, in_map(), in_rocksdb()),
                         name_of_way);

template <class Key, class S>
void KeyedStateTest::holds_what_a_map_holds() const {
  struct kept {
    S value;
    std::int64_t last;
  };
  EXPECT_TRUE(rc::check("states of keys are those of a map", [&] {
    maybe_leave_out();
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
    RC_ASSERT(states.bytes() < 1'000'000); // what was counted is taken back
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
    maybe_leave_out();
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
      if (step % 8 == 0) often.advance(at_us(watermark));
    }
    for (auto* each : {&often, &never}) each->advance(at_us(watermark));
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
  for (std::size_t size = 0; size < bytes.size(); size += GetParam().is_slow ? 97 : 1)
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
  EXPECT_THAT(thrown_by([&] { loads(threes, saved(ones)); }),
              ::testing::MatchesRegex("the state of '[a-z0-9 ]+' was saved as version 1 of its "
                                      "type, and this program has version 3: start it from a "
                                      "checkpoint of its own version, or without one"));
}

} // namespace
} // namespace weir::test
