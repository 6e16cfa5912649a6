// SPDX-License-Identifier: Apache-2.0
//
// talk: what the tool tells people, on stderr: why it failed, and how far it is.

#pragma once

#include <weir/actors/stream/error.hpp>

#include <chrono>
#include <string_view>

namespace tool {

/// Tells an error and gives the exit code that goes with it.
int fail(const weir::error& cause);

/// Tells what is done and found, one line; nothing once `be_quiet` was called.
void tell(std::string_view line);
void be_quiet() noexcept;

/// One line that is written over; only on a terminal, and for what takes more than a second;
/// quiet as `tell` is.
class progress {
public:
  progress();
  ~progress() { wipe(); }
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Whether the line is due: ten times a second at most.
  [[nodiscard]] bool is_due() const;
  void show(std::string_view line);

private:
  void wipe();

  bool is_terminal_;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

} // namespace tool
