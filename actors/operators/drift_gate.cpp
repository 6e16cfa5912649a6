// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/drift_gate.hpp>

#include <algorithm>
#include <utility>

namespace weir {

void drift_gate::begin(std::vector<const partition*> all, std::function<void()> wake) {
  if (all.empty()) return;
  const std::lock_guard lock{mutex_};
  std::erase_if(readers_, [&](const reader& known) {
    return known.partitions.front()->source == all.front()->source;
  });
  readers_.push_back({std::move(all), std::move(wake), {}});
}

bool drift_gate::may_read(const partition& which) {
  const std::lock_guard lock{mutex_};
  if (!is_held(which)) return true;
  for (auto& each : readers_)
    if (each.partitions.front()->source == which.source
        && std::ranges::find(each.waiting, &which) == each.waiting.end())
      each.waiting.push_back(&which);
  return false;
}

void drift_gate::leave(std::string_view source, bool is_history) {
  wakes due;
  {
    const std::lock_guard lock{mutex_};
    (is_history ? in_between_ : left_).emplace_back(source);
    find_limit();
    due = open_for_waiting();
  }
  for (const auto& wake : due) wake();
}

void drift_gate::reset(duration max_drift) {
  const std::lock_guard lock{mutex_};
  max_drift_ = max_drift;
  readers_.clear();
  progress_.clear();
  left_.clear();
  in_between_.clear();
  limit_ = timestamp::max();
}

std::vector<const partition*> drift_gate::named_by(std::string_view source) const {
  const std::lock_guard lock{mutex_};
  for (const auto& each : readers_)
    if (each.partitions.front()->source == source) return each.partitions;
  return {};
}

void drift_gate::report(std::span<partition_progress> all) {
  wakes due;
  {
    const std::lock_guard lock{mutex_};
    progress_.assign(all.begin(), all.end());
    find_limit();
    for (auto& one : all) one.is_held = one.newest > limit_;
    due = open_for_waiting();
  }
  for (const auto& wake : due) wake();
}

void drift_gate::forget() {
  wakes due;
  {
    const std::lock_guard lock{mutex_};
    progress_.clear();
    in_between_.clear();
    find_limit();
    due = open_for_waiting();
  }
  for (const auto& wake : due) wake();
}

// One that gave no row yet has the least of all times, which no limit is below: it is not held, and
// all others are.
void drift_gate::find_limit() {
  limit_ = timestamp::max();
  for (const auto& one : progress_) {
    if (!one.counts || (one.of != nullptr && has_left(*one.of))) continue;
    const bool is_open = one.newest > timestamp::max() - max_drift_;
    limit_ = std::min(limit_, one.is_unheard() ? one.newest
                              : is_open        ? timestamp::max()
                                               : one.newest + max_drift_);
  }
}

bool drift_gate::is_held(const partition& which) const {
  const auto found = std::ranges::find(progress_, &which, &partition_progress::of);
  return found != progress_.end() && found->newest > limit_;
}

bool drift_gate::has_left(const partition& which) const {
  return std::ranges::find(left_, which.source) != left_.end()
         || std::ranges::find(in_between_, which.source) != in_between_.end();
}

drift_gate::wakes drift_gate::open_for_waiting() {
  wakes due;
  for (auto& each : readers_) {
    const auto opened =
        std::erase_if(each.waiting, [&](const partition* waits) { return !is_held(*waits); });
    if (opened > 0) due.push_back(each.wake);
  }
  return due;
}

} // namespace weir
