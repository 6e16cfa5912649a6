// SPDX-License-Identifier: Apache-2.0
//
// interrupt: Ctrl-C (and SIGTERM) as a number that is read, not as a handler that does things.
//
// While one lives, the signals only count; the third ends the process at once, by exit code 130,
// for one that hangs. A program that may be long in opening something, before any row has moved,
// says so: then the first does, until somebody asks for the count. One that has only to clean up
// says that, too: then the next does. The handlers that were there before return with its
// destruction. One at a time.

#pragma once

#include <csignal>
#include <optional>
#include <string>

namespace weir {

class interrupt_watch {
public:
  /// `opening`: a signal before anybody has asked ends the process, with these words on stderr.
  explicit interrupt_watch(std::optional<std::string> opening = {});
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;

  /// Signals since it was made.
  [[nodiscard]] int count() const noexcept;
  /// From now on every signal ends the process at once, by exit code 130.
  void end_at_once() const noexcept;

private:
  std::optional<std::string> opening_;
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
};

} // namespace weir
