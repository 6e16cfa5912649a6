// SPDX-License-Identifier: Apache-2.0
//
// terminal_line: the one line at the foot of a person's terminal that is drawn over and over, such
// as a job's progress, and its going out of the way of whatever else is written there.
//
// There is one a process, on stderr. Who writes to a terminal takes the line away first and keeps
// it away until whole lines are written, so that neither ever runs into the other. Drawing never
// waits for a writer: there is no line then. Any thread may use it.
//
//   draw_terminal_line("taxi-fares 1,204,000 rows");
//   const auto away = keep_terminal_line_away(); // then write rows to stdout

#pragma once

#include <mutex>
#include <string_view>

namespace weir {

/// Draws `text` in place of the line there was; does nothing while somebody keeps it away.
void draw_terminal_line(std::string_view text);

/// Takes the line away, if there is one, until what is returned goes out of scope. A thread that
/// already keeps it away must not ask again.
[[nodiscard]] std::unique_lock<std::mutex> keep_terminal_line_away();

/// Takes the line away, if there is one; waits for nobody who keeps it away.
void wipe_terminal_line();

} // namespace weir
