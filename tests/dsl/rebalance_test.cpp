// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/explain.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/dsl/rebalance.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

namespace weir {
namespace {

using ::testing::HasSubstr;

std::vector<int> numbers(int count) {
  std::vector<int> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

TEST(RebalanceTest, EachRowGoesToOneCopyAndAllCopiesWork) {
  app program{"test"};
  memory_sink<int> out;
  program.from(memory_rows{numbers(50'000)}) | rebalance(3, [](const auto& some, std::size_t copy) {
    return some | map([copy](int row) { return row * 10 + static_cast<int>(copy); });
  }) | to(out);
  ASSERT_EQ(program.run(), 0);
  std::vector<int> rows;
  std::set<int> copies;
  for (const auto row : out.rows()) {
    rows.push_back(row / 10);
    copies.insert(row % 10);
  }
  std::ranges::sort(rows);
  EXPECT_EQ(rows, numbers(50'000));
  EXPECT_EQ(copies, (std::set{0, 1, 2}));
}

TEST(RebalanceTest, CopiesAreActorsOfTheirOwn) {
  app program{"test"};
  program.from(memory_rows{numbers(3)})
      | rebalance(2, [](const auto& some) { return some | map([](int row) { return row + 1; }); })
      | to(discard());
  const auto planned = program.plan();
  ASSERT_TRUE(planned);
  EXPECT_THAT(explain(*planned), HasSubstr("map-2"));
}

TEST(BroadcastTest, EachCopyGetsAllRows) {
  app program{"test"};
  memory_sink<int> out;
  program.from(memory_rows{numbers(20'000)}) | broadcast(2, [](const auto& all, std::size_t copy) {
    return all | filter([copy](int row) { return row % 2 == int(copy); });
  }) | to(out);
  ASSERT_EQ(program.run(), 0);
  auto rows = out.rows();
  std::ranges::sort(rows);
  EXPECT_EQ(rows, numbers(20'000)) << "one copy kept the even ones, the other the odd ones";
}

} // namespace
} // namespace weir
