// SPDX-License-Identifier: Apache-2.0
//
// waker: lets any thread wake a shell. Wakes that come before the shell looked count as one; after
// the shell has gone they do nothing.

#pragma once

#include <caf/actor.hpp>

#include <atomic>
#include <memory>
#include <mutex>

namespace weir {

class waker {
public:
  /// Any thread.
  void wake();
  /// From now on wakes go to `shell`; one that came before is sent now.
  void bind(caf::actor shell);
  void unbind();
  /// The shell looks now: what comes after this call wakes it again.
  void reset() noexcept { is_pending_.store(false, std::memory_order_seq_cst); }

private:
  std::mutex mutex_;
  caf::actor shell_;
  std::atomic<bool> is_pending_{false};
};

} // namespace weir
