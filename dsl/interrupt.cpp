// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/interrupt.hpp>

#include <atomic>
#include <unistd.h>

namespace weir {
namespace {

std::atomic<int> signals{0}; // lock-free, so a handler may count
static_assert(std::atomic<int>::is_always_lock_free);

/// The third time nobody waits for whoever should be looking: it may still be opening something.
void count_signal(int) {
  if (signals.fetch_add(1, std::memory_order_relaxed) >= 2) ::_exit(130);
}

/// What a shell told its background jobs to ignore stays ignored.
void watch(int signal, const struct sigaction& action, struct sigaction& old) {
  sigaction(signal, nullptr, &old);
  if (old.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
}

} // namespace

interrupt_watch::interrupt_watch() {
  signals.store(0);
  struct sigaction action {};
  action.sa_handler = count_signal;
  action.sa_flags = SA_RESTART;
  watch(SIGINT, action, old_interrupt_);
  watch(SIGTERM, action, old_terminate_);
}

interrupt_watch::~interrupt_watch() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
}

int interrupt_watch::count() const noexcept { return signals.load(std::memory_order_relaxed); }

} // namespace weir
