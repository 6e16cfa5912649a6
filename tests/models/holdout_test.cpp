// SPDX-License-Identifier: Apache-2.0

#include <weir/models/category_index.hpp>
#include <weir/models/holdout.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {

namespace {

TEST(RowStoreTest, GivesBackPiecesFromMemoryAndFileInOrder) {
  row_store store{1000};
  std::vector<std::string> added, given;
  for (std::size_t i = 0; i < 3000; ++i) {
    added.emplace_back(i % 700, static_cast<char>('a' + i % 26));
    store.add(added.back());
  }
  store.replay([&](std::string_view piece) { given.emplace_back(piece); });
  EXPECT_EQ(given, added);
}

} // namespace

} // namespace weir
