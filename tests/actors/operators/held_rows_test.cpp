// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/held_rows.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weir::detail {
namespace {

using held = held_row<std::string, true>;

timestamp at(std::int64_t us) { return timestamp{duration{us}}; }

/// Rows of one key behave as those of a multimap, whatever is added and dropped.
RC_GTEST_PROP(HeldRowsTest, AreSortedByTimeThenArrival,
              (const std::vector<std::pair<std::int8_t, bool>>& steps)) {
  held_rows<held>::pool blocks;
  held_rows<held> rows;
  std::multimap<std::int64_t, std::string> sorted;
  int number = 0;
  for (const auto& [time, is_drop] : steps) {
    if (!is_drop || rows.empty()) {
      auto text = "a row whose text is on the heap " + std::to_string(number++);
      sorted.emplace(time, text);
      rows.add({{}, at(time), std::move(text)}, blocks);
    } else {
      RC_ASSERT(rows.front().row == sorted.begin()->second);
      sorted.erase(sorted.begin());
      rows.drop_front(blocks);
    }
    RC_ASSERT(rows.size() == sorted.size());
    auto expected = sorted.begin();
    for (const auto& one : rows) {
      RC_ASSERT(one.time == at(expected->first));
      RC_ASSERT(one.row == expected->second);
      ++expected;
    }
    const auto before = std::distance(sorted.begin(), sorted.lower_bound(time));
    const auto up_to = std::distance(sorted.begin(), sorted.upper_bound(time));
    RC_ASSERT(rows.from(at(time)) - rows.begin() == before);
    RC_ASSERT(rows.behind(at(time)) - rows.begin() == up_to);
  }
  rows.clear(blocks);
  RC_ASSERT(rows.empty());
}

TEST(HeldRowsTest, KeepWhetherARowHadAPartnerOnlyWhereThatIsAsked) {
  held noted;
  noted.note_partner();
  EXPECT_TRUE(noted.was_joined);
  held_row<std::int64_t> other;
  other.note_partner();
  EXPECT_FALSE(other.was_joined);
  EXPECT_EQ(sizeof other, sizeof(timestamp) + sizeof(std::int64_t));
}

} // namespace
} // namespace weir::detail
