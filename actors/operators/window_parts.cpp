// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/window_parts.hpp>

#include <fmt/format.h>

namespace weir::detail {
namespace {

double mebibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

} // namespace

void check_memory(const state_place& place, const state_usage& held, bool can_spill) {
  if (held.bytes <= place.memory_bytes) return;
  const char* const advice = can_spill ? "keep them on disk with --state rocksdb, "
                             : place.open_backend
                                 ? "windows of this kind stay in memory, whatever --state says: "
                                 : "";
  throw std::runtime_error{fmt::format(
      "the windows of '{}' do not fit into memory: {} entries (one a key and window) take {:.1f} "
      "MiB, and its "
      "share of --state-memory is {:.1f} MiB; {}allow more, make windows or allow_late shorter, or "
      "group by fewer keys",
      place.name, held.entries, mebibytes(held.bytes), mebibytes(place.memory_bytes), advice)};
}

std::runtime_error windows_too_large(const state_place& place, std::size_t slices,
                                     std::size_t bytes) {
  return std::runtime_error{fmt::format(
      "the windows of '{}' do not fit into memory: what stays there beside their states, for {} "
      "slices of time and for keys with early results, takes {:.1f} MiB, and its share of "
      "--state-memory is {:.1f} MiB; allow more, make allow_late shorter, or give no early results",
      place.name, slices, mebibytes(bytes), mebibytes(place.memory_bytes))};
}

} // namespace weir::detail
