// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/key_table.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace weir {
namespace {

struct place {
  std::string city;
  int zone = 0;
};
BOOST_DESCRIBE_STRUCT(place, (), (city, zone))

template <class Key, class Seen>
auto& count_of(key_table<Key, int>& table, const Seen& key) {
  return table.at(key_hash(key), key, [] { return 0; });
}

TEST(KeyTest, HashesAlikeOnEveryMachine) {
  EXPECT_EQ(key_hash(std::string{"weir"}), key_hash(std::string_view{"weir"}));
  EXPECT_EQ(key_hash(0), 16294208416658607535U);
  EXPECT_EQ(key_hash(std::string_view{""}), 6971693558788087849U);
  EXPECT_EQ(key_hash(std::string_view{"to"}), 9323802343527428745U);
  EXPECT_EQ(key_hash(std::string_view{"weir"}), 3312472053800721480U);
  EXPECT_EQ(key_hash(std::string_view{"a key of 16 byte"}), 7449478381831410973U);
  EXPECT_EQ(key_hash(std::string_view{"a key of 17 bytes"}), 12043740717490445351U);
  EXPECT_EQ(key_hash(timestamp{duration{7}}), key_hash(7));
  EXPECT_NE(key_hash(std::tuple{1, 2}), key_hash(std::tuple{2, 1}));
}

TEST(KeyTest, HasOneKeyForAllNaNsAndOneForBothZeros) {
  const double nan = std::nan("1"), other = -std::nan("2");
  EXPECT_EQ(key_hash(nan), key_hash(other));
  EXPECT_TRUE(same_key(nan, other));
  EXPECT_EQ(key_hash(0.0), key_hash(-0.0));
  EXPECT_TRUE(same_key(0.0, -0.0));
  key_table<double, int> table;
  for (double key : {nan, other, 0.0, -0.0, 1.0}) ++count_of(table, key);
  ASSERT_EQ(table.size(), 3U);
  EXPECT_FALSE(std::signbit(table[1].key));
}

TEST(KeyTest, KnowsWhatOwnsItsText) {
  static_assert(key<std::string_view> && !key_owns_text<std::string_view>);
  static_assert(key_owns_text<owned_key<std::string_view>>);
  static_assert(key_owns_text<place> && key_owns_text<std::pair<int, std::string>>);
  static_assert(!key_owns_text<std::pair<int, std::string_view>>);
  static_assert(!key<std::vector<int>>);
}

TEST(KeyTest, SpreadsGroupsEvenly) {
  for (const std::size_t instances : {1U, 2U, 3U, 7U, 128U}) {
    std::vector<std::size_t> groups(instances);
    for (std::size_t group = 0; group < key_groups; ++group)
      ++groups.at(instance_of(group, instances));
    for (const auto count : groups) {
      EXPECT_GE(count, key_groups / instances);
      EXPECT_LE(count, key_groups / instances + 1);
    }
  }
  std::vector<int> rows(key_groups);
  for (int key = 0; key < 128'000; ++key) ++rows[key_group_of(key_hash(key))];
  for (const auto count : rows) EXPECT_NEAR(count, 1000, 200);
}

std::set<std::string> texts_that_are_alike() {
  std::set<std::string> all;
  for (int i = 0; i < 32'000; ++i)
    for (const auto* const before : {"", "user-", "a longer name "})
      all.insert(before + std::to_string(i));
  for (char a = 0; a < 100; ++a)
    for (char b = 0; b < 100; ++b) all.insert({a, b});
  for (std::size_t zeros = 0; zeros < 40; ++zeros) all.insert(std::string(zeros, 0));
  return all;
}

TEST(KeyTest, SpreadsTextsThatAreAlikeOverGroupsAndPlaces) {
  const auto all = texts_that_are_alike();
  std::vector<std::size_t> groups(key_groups), places(key_groups);
  std::set<std::uint64_t> hashes;
  for (const auto& text : all) {
    const auto hash = key_hash(text);
    hashes.insert(hash);
    ++groups[key_group_of(hash)];
    ++places[hash % key_groups];
  }
  EXPECT_EQ(hashes.size(), all.size());
  const auto even = static_cast<double>(all.size()) / key_groups; // 828, standard deviation 29
  for (std::size_t i = 0; i < key_groups; ++i) {
    EXPECT_NEAR(static_cast<double>(groups[i]), even, 150);
    EXPECT_NEAR(static_cast<double>(places[i]), even, 150);
  }
}

TEST(KeyTest, ChangesHalfOfTheHashWithAnyBitOfAText) {
  std::mt19937 random{5};
  for (std::size_t size = 1; size <= 40; ++size) {
    std::string text(size, ' ');
    for (auto& letter : text) letter = static_cast<char>(random());
    int changed = 0;
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      auto other = text;
      other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
      changed += std::popcount(key_hash(text) ^ key_hash(other));
      ASSERT_FALSE(same_key(text, std::string_view{other}));
    }
    const double mean = changed / static_cast<double>(size * 8);
    EXPECT_NEAR(mean, 32, 6) << size;
    EXPECT_TRUE(same_key(text, std::string_view{std::string{text}})) << size;
    EXPECT_FALSE(same_key(text, std::string_view{text}.substr(1)));
  }
  EXPECT_TRUE(same_key(std::string{}, std::string_view{}));
}

TEST(KeyTableTest, KeepsKeysInTheOrderInWhichTheyCame) {
  key_table<std::string, int> table;
  for (std::string_view word : {"to", "be", "or", "not", "to", "be"}) ++count_of(table, word);
  std::vector<std::string> keys;
  for (const auto& [key, count] : table) keys.push_back(key + std::to_string(count));
  EXPECT_EQ(keys, (std::vector<std::string>{"to2", "be2", "or1", "not1"}));
}

TEST(KeyTableTest, TakesDescribedStructs) {
  key_table<place, int> table;
  count_of(table, place{"Athens", 1}) += 1;
  count_of(table, place{"Athens", 2}) += 2;
  count_of(table, place{"Athens", 1}) += 4;
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table[0].value, 5);
}

TEST(KeyTableTest, HoldsWhatAMapHolds) {
  std::mt19937 random{3};
  for (int round = 0; round < 50; ++round) {
    key_table<std::int64_t, int> table;
    std::map<std::int64_t, int> expected;
    const std::int64_t range = 1 + static_cast<std::int64_t>(random() % 2000);
    for (int i = 0; i < 3000; ++i) {
      const auto key = static_cast<std::int64_t>(random()) % range;
      switch (random() % 8) {
        case 0:
          if (expected.erase(key) > 0) table.remove(key_hash(key), key);
          break;
        case 1:
          if (random() % 500 == 0) {
            expected.clear();
            table.clear();
          }
          break;
        default: {
          const int value = static_cast<int>(random());
          count_of(table, key) = expected[key] = value;
        }
      }
      const auto* found = table.find(key_hash(key), key);
      ASSERT_EQ(found != nullptr, expected.contains(key));
      ASSERT_TRUE(found == nullptr || *found == expected[key]);
    }
    std::map<std::int64_t, int> all;
    for (const auto& [key, value] : table) all[key] = value;
    ASSERT_EQ(all, expected);
  }
}

} // namespace
} // namespace weir
