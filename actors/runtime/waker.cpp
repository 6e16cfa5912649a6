// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/messages.hpp>
#include <weir/actors/runtime/waker.hpp>

#include <caf/send.hpp>

#include <utility>

namespace weir {

void waker::wake() {
  if (is_pending_.exchange(true)) return;
  const std::lock_guard lock{mutex_};
  if (shell_) caf::anon_send(shell_, wake_message{});
}

void waker::bind(caf::actor shell) {
  const std::lock_guard lock{mutex_};
  shell_ = std::move(shell);
  if (is_pending_) caf::anon_send(shell_, wake_message{});
}

void waker::unbind() {
  caf::actor gone; // released outside the lock: its destructor may run what wakes us
  const std::lock_guard lock{mutex_};
  std::swap(gone, shell_);
}

} // namespace weir
