// SPDX-License-Identifier: Apache-2.0
//
// due_queue: what is to be done at some time, earliest first; what is due at one time by number.
//
// Made for times that are mostly ahead of those that were taken: a binary heap of the few entries
// that are near, which come from buckets of times (due_blocks.hpp): a binary heap of a million
// would jump through memory for each that is taken. Memory: an entry each, and as much again while
// vectors grow. One owner.
//
//   queue.push({time, number, key});         // entries have a time, a number and >
//   while (const auto* next = queue.due(watermark)) { use(*next); queue.pop(); }

#pragma once

#include <weir/actors/state/due_blocks.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace weir {

template <class Entry>
class due_queue {
public:
  void push(Entry entry) {
    if (entry.time <= far_.reached())
      near_.push(std::move(entry));
    else
      far_.push(std::move(entry));
  }

  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return near_.size() + far_.size(); }
  [[nodiscard]] std::optional<timestamp> earliest() const {
    return near_.empty() ? far_.earliest() : near_.top().time;
  }

  /// The earliest if its time is `until` or before; good until the next push.
  [[nodiscard]] const Entry* due(timestamp until) {
    if (near_.empty())
      for (auto& entry : far_.take(until, few)) near_.push(std::move(entry));
    return !near_.empty() && near_.top().time <= until ? &near_.top() : nullptr;
  }
  /// Takes out what `due` gave, before any push.
  void pop() { near_.pop(); }

private:
  static constexpr std::size_t few = 256;

  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> near_; // up to what was reached
  due_blocks<Entry> far_;
};

} // namespace weir
