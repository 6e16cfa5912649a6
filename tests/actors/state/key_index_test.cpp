// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/key_index.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace weir {
namespace {

/// Entries are numbers of keys, whose hashes are told by the test.
key_index::found find(const key_index& index, const std::vector<int>& keys, std::uint64_t hash,
                      int key) {
  return index.find(hash, [&](std::uint32_t entry) { return keys[entry] == key; });
}

void add(key_index& index, std::vector<int>& keys, std::uint64_t hash, int key) {
  const auto at = find(index, keys, hash, key);
  ASSERT_EQ(at.entry, key_index::none);
  index.add(hash, index.make_room(hash, at.place), static_cast<std::uint32_t>(keys.size()));
  keys.push_back(key);
}

TEST(KeyIndexTest, TellsKeysOfOneHashApart) {
  key_index index;
  std::vector<int> keys;
  for (int key = 0; key < 100; ++key) add(index, keys, 7, key);
  for (std::uint32_t entry = 0; entry < 100; ++entry) {
    EXPECT_EQ(find(index, keys, 7, static_cast<int>(entry)).entry, entry);
    EXPECT_EQ(find(index, keys, 7, static_cast<int>(entry)).place, index.place_of(7, entry));
  }
  EXPECT_EQ(find(index, keys, 7, 100).entry, key_index::none);
  EXPECT_EQ(find(index, keys, 8, 1).entry, key_index::none);
  EXPECT_EQ(index.likely(7), 0U) << "the first that is compared";
}

TEST(KeyIndexTest, FindsAgainWhatGotAnotherNumber) {
  key_index index;
  std::vector<int> keys{0};
  index.add(5, index.make_room(5, find(index, keys, 5, 1).place), 0);
  index.renumber(index.place_of(5, 0), 3);
  keys = {9, 9, 9, 0};
  EXPECT_EQ(find(index, keys, 5, 0).entry, 3U);
  EXPECT_EQ(index.size(), 1U);
}

/// Few different hashes, so that runs of places are long and gaps are closed over their ends.
TEST(KeyIndexTest, FindsAllThatIsThereWhileOthersAreRemoved) {
  std::mt19937 random{11};
  for (int round = 0; round < 200; ++round) {
    key_index index;
    std::vector<int> keys;
    std::map<int, std::uint32_t> there;
    const auto hash_of = [&](int key) {
      return static_cast<std::uint64_t>(key % 37) * 0x1'0000'0001U;
    };
    for (int step = 0; step < 400; ++step) {
      const int key = static_cast<int>(random() % 150);
      if (const auto at = there.find(key); at != there.end()) {
        index.remove(index.place_of(hash_of(key), at->second));
        keys[at->second] = -1;
        there.erase(at);
      } else {
        there[key] = static_cast<std::uint32_t>(keys.size());
        add(index, keys, hash_of(key), key);
      }
      ASSERT_EQ(index.size(), there.size());
    }
    for (int key = 0; key < 150; ++key) {
      const auto at = there.find(key);
      ASSERT_EQ(find(index, keys, hash_of(key), key).entry,
                at == there.end() ? key_index::none : at->second);
    }
  }
}

} // namespace
} // namespace weir
