// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/row_storage.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>

namespace weir {
namespace {

std::size_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::size_t pages = 0;
  file >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

struct trip {
  std::int64_t id = 1;
  double distance = 2;
};

TEST(RowStorageTest, TakesMemoryOnlyForRowsThatWereWritten) {
  constexpr std::size_t rows = 4 << 20;
  constexpr std::size_t written = rows / 8;
  const auto before = resident_bytes();
  const auto storage = make_row_storage<trip>(rows);
  EXPECT_LT(resident_bytes(), before + (1 << 20));
  for (std::size_t i = 0; i < written; ++i) storage[i] = {};
  EXPECT_GE(resident_bytes(), before + written * sizeof(trip) / 2) << "this test measures nothing";
  EXPECT_LT(resident_bytes(), before + written * sizeof(trip) + (1 << 20));
}

TEST(RowStorageTest, BeginsWithEmptyOptionalsAlsoInMemoryThatWasUsed) {
  struct passengers {
    std::optional<int> count = 3;
  };
  for (int round = 0; round < 3; ++round) {
    const auto storage = make_row_storage<passengers>(1000);
    for (std::size_t i = 0; i < 1000; ++i) {
      ASSERT_FALSE(storage[i].count);
      storage[i].count = 7;
    }
  }
}

TEST(RowStorageTest, ConstructsAndDestroysRowsThatOwnHeap) {
  const auto storage = make_row_storage<std::string>(100);
  storage[99] = std::string(1000, 'x'); // leaked, if it is not destroyed: the sanitizers tell
  EXPECT_EQ(storage[98], "");
}

} // namespace
} // namespace weir
