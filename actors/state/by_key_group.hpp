// SPDX-License-Identifier: Apache-2.0
//
// by_key_group: the entries of a table in the order of their key groups: neighbours in a backend
// are written one after the other.
//
//   for (const std::uint32_t i : by_key_group(table)) write(table[i]);

#pragma once

#include <weir/actors/state/key.hpp>

#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

namespace weir {

/// Numbers of entries; those of a group keep their order.
template <class Table>
[[nodiscard]] std::vector<std::uint32_t> by_key_group(const Table& table) {
  std::array<std::uint32_t, key_groups + 1> next{};
  const auto group_of = [](const auto& each) { return key_group_of(key_hash(each.key)); };
  for (const auto& each : table) ++next[group_of(each) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<std::uint32_t> order(table.size());
  std::uint32_t i = 0;
  for (const auto& each : table) order[next[group_of(each)]++] = i++;
  return order;
}

} // namespace weir
