// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/window_parts.hpp>

#include <fmt/format.h>

namespace weir::detail {

void check_memory(const state_place& place, const state_usage& held) {
  if (held.bytes <= place.memory_bytes) return;
  constexpr auto mebibyte = 1024.0 * 1024.0;
  throw std::runtime_error{fmt::format(
      "the windows of '{}' do not fit into memory: {} keys of windows take {:.1f} MiB, and its "
      "share of --state-memory is {:.1f} MiB; allow more, make windows or allow_late shorter, or "
      "group by fewer keys",
      place.name, held.keys, static_cast<double>(held.bytes) / mebibyte,
      static_cast<double>(place.memory_bytes) / mebibyte)};
}

} // namespace weir::detail
