// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/usable_memory.hpp>

#include <algorithm>
#include <fstream>
#include <unistd.h>

namespace weir {

std::uint64_t usable_memory() {
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const auto physical = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  // Of the group the process sees as its root: that is how containers are bounded. `max` is no
  // number.
  std::ifstream limit{"/sys/fs/cgroup/memory.max"};
  std::uint64_t bytes = 0;
  return limit >> bytes ? std::min(bytes, physical) : physical;
}

} // namespace weir
