// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/join_parts.hpp>

#include <fmt/format.h>

namespace weir::detail {

void join_memory::refuse(std::size_t bytes) const {
  throw std::runtime_error{fmt::format(
      "the rows that '{}' holds do not fit into memory: {} rows take {:.1f} MiB, and it may use "
      "{:.1f} MiB; {}join over a shorter time, see that both its streams give watermarks, or allow "
      "more with --state-memory",
      place_.name, rows_, static_cast<double>(bytes) / (1 << 20),
      static_cast<double>(place_.memory_bytes) / (1 << 20),
      place_.open_backend ? "joins keep them in memory, whatever --state says: " : "")};
}

} // namespace weir::detail
