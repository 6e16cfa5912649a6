// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/state/rows_in_time.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

timestamp at(std::int64_t us) { return timestamp{duration{us}}; }
using rows = rows_in_time<std::string>;

rows loaded_from(const rows& saved) {
  snapshot_writer to;
  saved.save(to);
  rows loaded;
  snapshot_reader from{to.bytes()};
  RC_ASSERT(loaded.load(from));
  RC_ASSERT(from.is_finished());
  return loaded;
}

/// Rows put by time and taken up to one, and now and then saved and loaded.
RC_GTEST_PROP(RowsInTimeTest, AreTakenByTimeThenArrival,
              (const std::vector<std::pair<std::int8_t, std::uint8_t>>& steps)) {
  rows waiting;
  std::multimap<std::int64_t, std::string> sorted;
  int number = 0;
  std::int64_t now = 0;
  for (const auto& [time, what] : steps) {
    if (what % 8 < 6) {
      const auto own = what % 2 == 0 ? time : now++; // many of them in order
      auto text = "a row whose text is on the heap " + std::to_string(number++);
      sorted.emplace(own, text);
      waiting.put(at(own), std::move(text));
    } else if (what % 8 == 6) {
      while (const auto due = waiting.take_before(at(time))) {
        RC_ASSERT(due->row == sorted.begin()->second);
        RC_ASSERT(due->time == at(sorted.begin()->first));
        sorted.erase(sorted.begin());
      }
      RC_ASSERT(sorted.empty() || sorted.begin()->first >= time);
    } else {
      waiting = loaded_from(waiting);
    }
    RC_ASSERT(waiting.size() == sorted.size());
    if (!sorted.empty()) RC_ASSERT(waiting.first().row == sorted.begin()->second);
  }
  while (waiting.size() > 0) {
    RC_ASSERT(waiting.first().row == sorted.begin()->second);
    sorted.erase(sorted.begin());
    waiting.drop_first();
  }
  RC_ASSERT(sorted.empty());
  RC_ASSERT(waiting.bytes() == 0U);
}

} // namespace
} // namespace weir
