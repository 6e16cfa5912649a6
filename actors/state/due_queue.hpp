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

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

template <class Entry>
class due_queue {
public:
  void push(Entry entry) {
    if (entry.time <= far_.reached())
      push_near(std::move(entry));
    else
      far_.push(std::move(entry));
  }

  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return near_.size() + far_.size(); }
  [[nodiscard]] std::optional<timestamp> earliest() const {
    return near_.empty() ? far_.earliest() : near_.front().time;
  }

  /// The earliest if its time is `until` or before; good until the next push.
  [[nodiscard]] const Entry* due(timestamp until) {
    if (near_.empty())
      for (auto& entry : far_.take(until, few)) push_near(std::move(entry));
    return !near_.empty() && near_.front().time <= until ? &near_.front() : nullptr;
  }
  /// Takes out what `due` gave, before any push.
  void pop() {
    std::ranges::pop_heap(near_, std::greater<>{});
    near_.pop_back();
  }

  /// Forgets all for which `is_kept` is false, and the memory they took: one pass. What `due` gave
  /// is not good any more.
  template <class IsKept>
  void keep_if(IsKept is_kept) {
    std::erase_if(near_, [&](const Entry& one) { return !is_kept(one); });
    near_.shrink_to_fit();
    std::ranges::make_heap(near_, std::greater<>{});
    far_.keep_if(is_kept);
  }

private:
  static constexpr std::size_t few = 256;

  void push_near(Entry entry) {
    near_.push_back(std::move(entry));
    std::ranges::push_heap(near_, std::greater<>{});
  }

  std::vector<Entry> near_; // a heap, up to what was reached
  due_blocks<Entry> far_;
};

} // namespace weir
