// SPDX-License-Identifier: Apache-2.0
//
// usable_memory: what this process may use of the machine's memory. A pure reading of the system.

#pragma once

#include <cstdint>

namespace weir {

/// Bytes of physical memory, or of the control group's limit where that is less.
[[nodiscard]] std::uint64_t usable_memory();

} // namespace weir
