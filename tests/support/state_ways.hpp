// SPDX-License-Identifier: Apache-2.0
//
// state_ways: the ways to keep state outside of memory that tests are run with, each opened anew by
// `place`.
//
//   INSTANTIATE_TEST_SUITE_P(, SpilledSlicesTest, ::testing::Values(in_map(), in_rocksdb()),
//                            name_of_way);

#pragma once

#include <weir/io/rocksdb_backend.hpp>
#include <weir/tests/support/map_backend.hpp>
#include <weir/tests/support/scratch_directory.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>

namespace weir::test {

struct state_way {
  std::string name;
  std::function<state_place(std::size_t memory_bytes)> place;
  bool is_slow = false; // does less

  /// Of a random test.
  void maybe_leave_out() const {
    if (is_slow && *rc::gen::inRange(0, 8) > 0) RC_SUCCEED("left out");
  }
  friend void PrintTo(const state_way& of, std::ostream* out) { *out << of.name; }
};

inline state_way in_map() {
  return {"map", [](std::size_t bytes) { return place_of(testing::map_kind(), "totals", bytes); }};
}
inline state_way in_rocksdb() {
  return {"rocksdb",
          [](std::size_t bytes) {
            static const testing::scratch_directory scratch;
            static int opened = 0;
            return place_of(rocksdb_state({.directory = scratch.file("state")}),
                            "totals " + std::to_string(++opened), bytes);
          },
          true};
}
inline const auto name_of_way = [](const auto& info) { return info.param.name; };

} // namespace weir::test
