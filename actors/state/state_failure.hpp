// SPDX-License-Identifier: Apache-2.0
//
// state_failure: what is thrown when keyed state can't be kept or read. Operators let it
// pass: their shell makes an error of it.
//
//   if (!written) throw state_failure(place, written.error());

#pragma once

#include <weir/actors/state/state_place.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace weir::detail {

/// The backend failed.
[[nodiscard]] std::runtime_error state_failure(const state_place& place, const error& cause);
/// A value in the backend is none of the operator's.
[[nodiscard]] std::runtime_error state_damaged(const state_place& place);
/// There is no backend, and more keys than fit into memory.
[[nodiscard]] std::runtime_error state_too_large(const state_place& place, std::size_t keys,
                                                 std::size_t bytes);
/// Timers, or rows that wait for the watermark, which stay in memory.
[[nodiscard]] std::runtime_error waiting_too_large(const state_place& place, std::size_t count,
                                                   std::size_t bytes);
/// The snapshot is of another version of the state's type.
[[nodiscard]] std::runtime_error state_of_version(const state_place& place, std::uint32_t saved,
                                                  std::uint32_t known);

} // namespace weir::detail
