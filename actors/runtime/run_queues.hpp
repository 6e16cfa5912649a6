// SPDX-License-Identifier: Apache-2.0
//
// run_queues: which worker thread runs which actor next.
//
// A worker has a queue of its own. An actor that is woken by another goes to the queue of the
// worker that runs the other: what was sent is still in that core's cache, and nobody has to be
// woken up. A worker without work looks at the other queues now and then, and takes over what has
// waited from one look to the next; so short turns stay together on one core, and long ones spread
// over all. When looks have found nothing for a while the worker parks, at no cost, until there is
// work again. Work from other threads goes to a worker that has none, at once.
// Bound: an actor waits behind a long turn for at most about `longest_look` while a worker is idle.
// Any thread may push; `take` is the worker's own.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace caf {
class resumable;
} // namespace caf

namespace weir {

class run_queues {
public:
  static constexpr std::chrono::microseconds shortest_look{50};
  static constexpr std::chrono::microseconds longest_look{10'000};

  explicit run_queues(std::size_t workers);

  /// From a thread that is no worker: to one that is idle, if there is one.
  void push(caf::resumable* job);
  /// To the queue of `worker`, which is the caller unless it is given work on purpose.
  void push_to(std::size_t worker, caf::resumable* job);
  /// The next job of `worker`; blocks until there is one.
  [[nodiscard]] caf::resumable* take(std::size_t worker);
  /// The same without waiting or looking elsewhere; nullptr if the queue is empty.
  [[nodiscard]] caf::resumable* take_own(std::size_t worker);

private:
  struct queue {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<caf::resumable*> jobs;
    std::uint64_t taken = 0; // jobs that have left it; the one in front has this number
    bool is_called = false;  // to look around, although the queue is empty
  };
  /// What a worker saw of the other queues when it last looked.
  using sight = std::vector<std::uint64_t>;

  caf::resumable* look_around(std::size_t worker, sight& seen);
  caf::resumable* wait(std::size_t worker, std::optional<std::chrono::microseconds> time);
  bool has_work();
  void call_for_help();
  std::size_t find_idle();
  void set_idle(std::size_t worker, bool is_idle);

  std::vector<std::unique_ptr<queue>> queues_;
  std::mutex idle_mutex_;
  std::vector<std::size_t> idle_;       // looking or parked, the last one last
  std::atomic<std::size_t> looking_{0}; // idle, but not parked
  std::atomic<std::size_t> parked_{0};
  std::atomic<std::size_t> next_{0};
};

} // namespace weir
