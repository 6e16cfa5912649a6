// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/interrupt.hpp>

#include <atomic>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

std::atomic<int> signals{0}; // lock-free, so a handler may count
static_assert(std::atomic<int>::is_always_lock_free);

std::atomic<bool> is_asked{false};
std::atomic<const std::string*> opening_text{nullptr};

void count_signal(int) {
  const int count = signals.fetch_add(1, std::memory_order_relaxed) + 1;
  if (count > (is_asked.load() ? 2 : 1)) ::_exit(130);
  const auto* text = opening_text.load();
  if (is_asked.load() || text == nullptr) return;
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text->data(), text->size());
}

/// What a shell told its background jobs to ignore stays ignored.
void watch(int signal, const struct sigaction& action, struct sigaction& old) {
  sigaction(signal, nullptr, &old);
  if (old.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
}

} // namespace

interrupt_watch::interrupt_watch(std::string opening) : opening_{std::move(opening)} {
  signals.store(0);
  is_asked.store(false);
  opening_text.store(&opening_);
  struct sigaction action {};
  action.sa_handler = count_signal;
  action.sa_flags = SA_RESTART;
  watch(SIGINT, action, old_interrupt_);
  watch(SIGTERM, action, old_terminate_);
}

interrupt_watch::~interrupt_watch() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
  opening_text.store(nullptr);
}

int interrupt_watch::count() const noexcept {
  is_asked.store(true);
  return signals.load(std::memory_order_relaxed);
}

} // namespace weir
