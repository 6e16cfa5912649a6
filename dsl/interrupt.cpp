// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/interrupt.hpp>

#include <atomic>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

std::atomic<int> signals{0}; // lock-free, so a handler may count
static_assert(std::atomic<int>::is_always_lock_free);

std::atomic<int> still_counted{2}; // one more ends the process
std::atomic<bool> is_asked{false};
std::atomic<const std::string*> opening_text{nullptr};

void count_signal(int) {
  const int count = signals.fetch_add(1, std::memory_order_relaxed) + 1;
  const auto* text = is_asked.load() ? nullptr : opening_text.load();
  if (text == nullptr && count <= still_counted.load()) return;
  if (text != nullptr) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text->data(), text->size());
  }
  ::_exit(130);
}

/// What a shell told its background jobs to ignore stays ignored.
void watch(int signal, const struct sigaction& action, struct sigaction& old) {
  sigaction(signal, nullptr, &old);
  if (old.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
}

} // namespace

interrupt_watch::interrupt_watch(std::optional<std::string> opening)
    : opening_{std::move(opening)} {
  signals.store(0);
  still_counted.store(2);
  is_asked.store(false);
  opening_text.store(opening_ ? &*opening_ : nullptr);
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

void interrupt_watch::end_at_once() const noexcept { still_counted.store(0); }

} // namespace weir
