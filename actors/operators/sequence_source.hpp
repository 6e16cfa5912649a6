// SPDX-License-Identifier: Apache-2.0
//
// sequence_source: one source made of two: all rows of a history, the phase mark, then those of a
// live source.
//
// Both are opened at once, so that what can't be opened is known at the start. The live one is
// first polled behind the phase mark. The history is kept until everything it gave is committed.
//
//   auto both = sequence_source(std::move(files), std::move(topic));

#pragma once

#include <weir/actors/operators/source.hpp>

#include <memory>

namespace weir {

/// Precondition: both give rows of one type, and neither blocks (runtime/pump.hpp).
[[nodiscard]] std::unique_ptr<any_source> sequence_source(std::unique_ptr<any_source> history,
                                                          std::unique_ptr<any_source> live);

} // namespace weir
