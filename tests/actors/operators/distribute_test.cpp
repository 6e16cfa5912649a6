// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/distribute.hpp>

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace weir::test {
namespace {

struct dealt {
  std::array<batch<int>, 3> out;
  std::vector<batch_base*> open{&out[0], &out[1], &out[2]};
  std::unique_ptr<any_operator> op = distribute<int>(3);

  std::size_t deal(int rows) {
    batch<int> in;
    for (int i = 0; i < rows; ++i) in.push_back(i);
    return op->on_batch(0, any_view{&in, 0, true}, outlets{open});
  }
  [[nodiscard]] std::vector<std::size_t> sizes() const {
    return {out[0].size(), out[1].size(), out[2].size()};
  }
};

TEST(DistributeTest, DealsWholeBatchesInTurn) {
  dealt cards;
  for (int rows : {100, 200, 300, 10}) EXPECT_EQ(cards.deal(rows), static_cast<std::size_t>(rows));
  EXPECT_EQ(cards.sizes(), (std::vector<std::size_t>{110, 200, 300}));
}

TEST(DistributeTest, PassesOverAnOutletWithoutRoom) {
  dealt cards;
  cards.out[0].set_limit(1);
  cards.out[0].push_back(7);
  EXPECT_EQ(cards.deal(50), 50U);
  EXPECT_EQ(cards.sizes(), (std::vector<std::size_t>{1, 50, 0}));
}

TEST(DistributeTest, TakesNothingWhenAllOutletsAreFull) {
  dealt cards;
  for (auto& out : cards.out) {
    out.set_limit(1);
    out.push_back(7);
  }
  EXPECT_EQ(cards.deal(50), 0U);
}

TEST(DistributeTest, GoesOnWithTheNextOutletWhenRowsAreLeft) {
  dealt cards;
  cards.out[0].set_limit(20);
  EXPECT_EQ(cards.deal(50), 50U);
  EXPECT_EQ(cards.sizes(), (std::vector<std::size_t>{20, 30, 0}));
  EXPECT_EQ(cards.out[1][0], 20);
}

TEST(DistributeTest, RemembersWhoseTurnItIs) {
  dealt cards;
  cards.deal(1);
  snapshot_writer saved;
  cards.op->save(saved);
  dealt again;
  snapshot_reader reader{saved.bytes()};
  again.op->load(reader);
  again.deal(5);
  EXPECT_EQ(again.sizes(), (std::vector<std::size_t>{0, 5, 0}));
}

} // namespace
} // namespace weir::test
