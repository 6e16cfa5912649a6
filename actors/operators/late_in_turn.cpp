// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/late_in_turn.hpp>

#include <fmt/format.h>

namespace weir::detail {

std::runtime_error late_rows_too_large(const state_place& place, std::size_t rows,
                                       std::size_t bytes) {
  constexpr double mebibyte = 1024.0 * 1024.0;
  return std::runtime_error{fmt::format(
      "the late rows of '{}' do not fit into memory: {} of them, which wait for partitions that "
      "are behind theirs, take {:.1f} MiB, and its share of --state-memory is {:.1f} MiB; set "
      "idle_after if a partition gives nothing, out_of_order so that few rows are late, or "
      "max_drift, or allow more",
      place.name, rows, static_cast<double>(bytes) / mebibyte,
      static_cast<double>(place.memory_bytes) / mebibyte)};
}

std::runtime_error late_rows_not_to_be_saved() {
  return std::runtime_error{"late rows wait here that borrow their text (std::string_view), which "
                            "no snapshot can keep; give rows that own it (std::string)"};
}

} // namespace weir::detail
