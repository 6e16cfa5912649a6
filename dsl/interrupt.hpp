// SPDX-License-Identifier: Apache-2.0
//
// interrupt: Ctrl-C (and SIGTERM) as a number that is read, not as a handler that does things.
//
// While one lives, the signals only count. Until somebody asks for the count, which may be long
// where a program is still opening something, the first says so and the second ends the process at
// once, by exit code 130; later the third does, for one that hangs. The handlers that were there
// before return with its destruction. One at a time.

#pragma once

#include <csignal>
#include <string>

namespace weir {

class interrupt_watch {
public:
  /// `opening`: what to write to stderr at a signal before anybody has asked.
  explicit interrupt_watch(std::string opening = {});
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;

  /// Signals since it was made.
  [[nodiscard]] int count() const noexcept;

private:
  std::string opening_;
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
};

} // namespace weir
