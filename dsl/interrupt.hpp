// SPDX-License-Identifier: Apache-2.0
//
// interrupt: Ctrl-C (and SIGTERM) as a number that is read, not as a handler that does things.
//
// While one lives, the signals only count (the third ends the process at once, by exit code 130);
// the handlers that were there before return with its destruction. One at a time.

#pragma once

#include <csignal>

namespace weir {

class interrupt_watch {
public:
  interrupt_watch();
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;

  /// Signals since it was made.
  [[nodiscard]] int count() const noexcept;

private:
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
};

} // namespace weir
