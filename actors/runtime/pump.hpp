// SPDX-License-Identifier: Apache-2.0
//
// pump: runs a source or sink that blocks on a thread of its own, behind a small ring of batches,
// so that the shell that polls it never waits. What the ring holds is bounded by `ring_batches`
// batches; the thread sleeps when the ring is full (source) or empty (sink). Destroying the pump
// ends the thread after the call it is in. A saved position is behind the last row that was polled,
// also in the middle of a batch of the ring. A source is told that a barrier is committed when all
// rows before it have left the ring and are safe; what it throws or returns then is told by the
// next call, of the last barrier at once. Time of calls that gave or took rows is told to the
// context.
//
//   auto steady = pump(std::move(file_source)); // the same interface, and no call blocks

#pragma once

#include <weir/actors/operators/sink.hpp>
#include <weir/actors/operators/source.hpp>

#include <cstddef>
#include <memory>

namespace weir {

/// Batches between the thread and the shell.
inline constexpr std::size_t ring_batches = 4;

[[nodiscard]] std::unique_ptr<any_source> pump(std::unique_ptr<any_source> blocking);
[[nodiscard]] std::unique_ptr<any_sink> pump(std::unique_ptr<any_sink> blocking);

} // namespace weir
