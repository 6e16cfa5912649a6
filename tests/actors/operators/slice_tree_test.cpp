// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/slice_tree.hpp>

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

TEST(SliceTreeTest, MergesAnyStretchOfTheLastSlicesInOrder) {
  const auto merge = [](std::string& to, const std::string& later) { to += later; };
  for (const std::size_t most : {1U, 2U, 3U, 7U, 8U, 9U, 31U}) {
    slice_tree<std::string> tree;
    std::string all;
    for (std::size_t added = 0; added < 100; ++added) {
      const char letter = static_cast<char>('a' + added % 26);
      tree.add(std::string(1, letter), most, merge);
      all += letter;
      for (auto first = all.size() - std::min(all.size(), most); first < all.size(); ++first)
        for (auto behind = first + 1; behind <= all.size(); ++behind)
          ASSERT_EQ(tree.merged(first, behind, merge), all.substr(first, behind - first))
              << first << " to " << behind << " of " << all.size() << ", at most " << most;
    }
    EXPECT_EQ(tree.size(), 100U);
    EXPECT_LE(tree.kept(), 4 * most);
  }
}

TEST(SliceTreeTest, MergesNoMoreThanTwiceForEachDoubling) {
  slice_tree<int> tree;
  int merges = 0;
  const auto merge = [&](int& to, int later) {
    to += later;
    ++merges;
  };
  for (int i = 0; i < 10'000; ++i) tree.add(1, 1'000, merge);
  EXPECT_LT(merges, 10'000);
  merges = 0;
  EXPECT_EQ(tree.merged(9'000, 10'000, merge), 1'000);
  EXPECT_LT(merges, 20);
}

} // namespace
} // namespace weir
