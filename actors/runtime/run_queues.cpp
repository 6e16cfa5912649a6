// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/run_queues.hpp>

#include <algorithm>
#include <utility>

namespace weir {

run_queues::run_queues(std::size_t workers) {
  for (std::size_t i = 0; i < workers; ++i) queues_.push_back(std::make_unique<queue>());
}

void run_queues::push(caf::resumable* job) { push_to(find_idle(), job); }

void run_queues::push_to(std::size_t worker, caf::resumable* job) {
  auto& to = *queues_[worker];
  {
    const std::lock_guard lock{to.mutex};
    to.jobs.push_back(job);
  }
  to.wake.notify_one(); // costs no system call if the worker is not waiting
  call_for_help();
}

caf::resumable* run_queues::take_own(std::size_t worker) {
  auto& own = *queues_[worker];
  const std::lock_guard lock{own.mutex};
  if (own.jobs.empty()) return nullptr;
  auto* const job = own.jobs.front();
  own.jobs.pop_front();
  ++own.taken;
  return job;
}

caf::resumable* run_queues::take(std::size_t worker) {
  auto* job = take_own(worker);
  if (job != nullptr) return job;
  while (job == nullptr) {
    set_idle(worker, true); // again, if what it was given has been taken over by another
    ++looking_;
    sight seen(queues_.size(), 0);
    for (auto time = shortest_look; job == nullptr && time <= longest_look; time *= 2) {
      job = look_around(worker, seen);
      if (job == nullptr) job = wait(worker, time);
    }
    --looking_;
    // Whoever pushes from now on calls; what was pushed before is seen here.
    if (job != nullptr || has_work()) continue;
    ++parked_;
    job = wait(worker, std::nullopt);
    --parked_;
  }
  set_idle(worker, false);
  return job;
}

/// Takes over a job that was there at the last look, too.
caf::resumable* run_queues::look_around(std::size_t worker, sight& seen) {
  for (std::size_t i = 1; i < queues_.size(); ++i) {
    const std::size_t other = (worker + i) % queues_.size();
    auto& from = *queues_[other];
    const std::lock_guard lock{from.mutex};
    if (from.taken < std::exchange(seen[other], from.taken + from.jobs.size())) {
      auto* const job = from.jobs.front();
      from.jobs.pop_front();
      ++from.taken;
      return job;
    }
  }
  return nullptr;
}

/// A job of the worker's own; nullptr: the time is over, or somebody called.
caf::resumable* run_queues::wait(std::size_t worker,
                                 std::optional<std::chrono::microseconds> time) {
  auto& own = *queues_[worker];
  {
    std::unique_lock lock{own.mutex};
    const auto has_news = [&] { return !own.jobs.empty() || own.is_called; };
    if (time)
      own.wake.wait_for(lock, *time, has_news);
    else
      own.wake.wait(lock, has_news);
    own.is_called = false;
  }
  return take_own(worker);
}

bool run_queues::has_work() {
  return std::ranges::any_of(queues_, [](const auto& each) {
    const std::lock_guard lock{each->mutex};
    return !each->jobs.empty();
  });
}

/// Somebody has to look around while there is work.
void run_queues::call_for_help() {
  if (looking_ > 0 || parked_ == 0) return;
  std::size_t helper = 0;
  {
    const std::lock_guard lock{idle_mutex_};
    if (idle_.empty()) return;
    helper = idle_.back();
  }
  auto& to = *queues_[helper];
  {
    const std::lock_guard lock{to.mutex};
    to.is_called = true;
  }
  to.wake.notify_one();
}

std::size_t run_queues::find_idle() {
  const std::lock_guard lock{idle_mutex_};
  if (idle_.empty()) return next_++ % queues_.size();
  const auto found = idle_.back();
  idle_.pop_back();
  return found;
}

void run_queues::set_idle(std::size_t worker, bool is_idle) {
  const std::lock_guard lock{idle_mutex_};
  std::erase(idle_, worker);
  if (is_idle) idle_.push_back(worker);
}

} // namespace weir
