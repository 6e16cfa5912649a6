// SPDX-License-Identifier: Apache-2.0
//
// reject_share: whether more rows are rejected than a job allows: judged after a thousand rows, and
// at the end of a history or stream, since nothing may be learnt from half of one. Pure.
//
//   if (rejects_too_many(3, 40, options.max_reject_ratio, true)) fail(...);

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/reject.hpp>

#include <cstdint>
#include <string>

namespace weir {

/// The share is judged after this many rows.
inline constexpr std::uint64_t rows_before_judging = 1000;

/// `all`: the rejected ones too.
[[nodiscard]] inline bool rejects_too_many(std::uint64_t rejected, std::uint64_t all,
                                           double most_share, bool is_at_end) noexcept {
  return rejected > 0 && (is_at_end || all >= rows_before_judging)
         && static_cast<double>(rejected) > most_share * static_cast<double>(all);
}

/// `told_in`: where the reasons are found.
[[nodiscard]] inline error too_many_rejects(std::uint64_t rejected, std::uint64_t all,
                                            const std::string& told_in) {
  return {errc::too_many_rejects,
          "rejected " + std::to_string(rejected) + " of " + std::to_string(all)
              + " rows, more than max-reject-ratio allows; why is told in " + told_in};
}

/// Of a reject that nobody takes.
[[nodiscard]] inline error no_place_for(const reject& first) {
  return {errc::too_many_rejects, "rejected a row at " + first.where + ": " + first.reason
                                      + "; the job has no place for rejects"};
}

} // namespace weir
