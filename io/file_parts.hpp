// SPDX-License-Identifier: Apache-2.0
//
// file_parts: names for rows that are safe, but not yet the file that was asked for.
//
// A sink that writes one file makes rows safe at a barrier, and the file visible at its end. If the
// job dies in between, sources have committed what lies in `x.csv.part-0001`, ..., so these files
// are never overwritten: a later job numbers behind them and says that they are there. So it is
// with the file of a job that was stopped: the next one keeps it as a part.
// Blocking; any thread.
//
//   keep_at(next_part("answers.csv"));   // answers.csv.part-0001, or the first that is free

#pragma once

#include <weir/actors/stream/error.hpp>

#include <functional>
#include <string>

namespace weir {

/// The first of `<path>.part-0001`, `<path>.part-0002`, ... that does not exist.
[[nodiscard]] std::string next_part(const std::string& path);

/// Moves a file that `path` is the name of, and its `.xxh3`, to `next_part(path)`, and says so:
/// what an earlier job wrote is not overwritten either, for it may never come again.
[[nodiscard]] result<void> keep_aside(const std::string& path,
                                      const std::function<void(const std::string&)>& warn);

/// Warns if a job that did not end left parts of `path`.
void warn_of_parts(const std::string& path, const std::function<void(const std::string&)>& warn);

} // namespace weir
