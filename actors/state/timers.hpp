// SPDX-License-Identifier: Apache-2.0
//
// timers: the times at which keys want to be called, earliest first; those of one time in the order
// in which they were set.
//
// A key has a time once, however often it is set. Cancelled times stay in the queue until they come
// up, and are passed over, or until they are more than those that are set and a few: then they are
// forgotten together, in a pass over all. Memory: some 40 bytes a timer, at most as much for those
// that were cancelled, and a key for as long as it has any. One owner; part of the state: `save`
// and `load`.
//
//   timers.set(hash, key, row_time + 30min);
//   while (auto due = timers.take_due(watermark)) call(due->key, due->time);

#pragma once

#include <weir/actors/state/due_queue.hpp>
#include <weir/actors/state/key_table.hpp>
#include <weir/actors/state/persist.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

template <class Key>
class timers {
public:
  static constexpr std::size_t few = 64;

  struct timer {
    timestamp time{};
    std::uint64_t number = 0; ///< In the order in which they were set.
    Key key{};

    friend bool operator>(const timer& a, const timer& b) {
      return a.time != b.time ? a.time > b.time : a.number > b.number;
    }
  };

  void set(std::uint64_t hash, const Key& key, timestamp time) {
    if (is_closed_) return;
    auto& own = of_keys_.at(hash, key, [] { return list{}; });
    const bool is_set = std::ranges::find(own, time, &pending::time) != own.end();
    if (is_set) return;
    own.push_back({time, next_number_});
    ++set_;
    queue_.push({time, next_number_++, key});
  }

  void cancel(std::uint64_t hash, const Key& key, timestamp time) {
    auto* const own = of_keys_.find(hash, key);
    if (own == nullptr) return;
    set_ -= std::erase_if(*own, [&](const pending& one) { return one.time == time; });
    if (own->empty()) of_keys_.remove(hash, key);
    if (queue_.size() > 2 * set_ + few) forget_cancelled();
  }

  /// When the earliest is due; a cancelled one may count until then.
  [[nodiscard]] std::optional<timestamp> earliest() const { return queue_.earliest(); }

  /// From now on none is set: at the end of the stream those that are there are called, and who
  /// always sets another comes to an end.
  void close() noexcept { is_closed_ = true; }

  /// Takes the earliest timer out if its time is `until` or before.
  std::optional<timer> take_due(timestamp until) {
    while (const auto* const next = queue_.due(until)) {
      if (!is_pending(*next)) {
        queue_.pop();
        continue;
      }
      timer due = *next;
      queue_.pop();
      cancel(key_hash(due.key), due.key, due.time);
      return due;
    }
    return std::nullopt;
  }

  [[nodiscard]] bool empty() const noexcept { return of_keys_.empty(); }
  /// With those that were cancelled and are not forgotten: at most as many and `few` more.
  [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return of_keys_.bytes() + queue_.size() * (sizeof(timer) + sizeof(pending));
  }

  void save(snapshot_writer& to) const {
    to.write(next_number_).write(static_cast<std::uint64_t>(of_keys_.size()));
    for (const auto& [key, own] : of_keys_) {
      save_value(to, key);
      to.write(static_cast<std::uint64_t>(own.size()));
      for (const auto& one : own) {
        save_value(to, one.time);
        to.write(one.number);
      }
    }
  }
  /// `later`: what is added to the times that were saved.
  [[nodiscard]] bool load(snapshot_reader& from, duration later = {}) {
    std::uint64_t keys = 0;
    for (from.read(next_number_).read(keys); from.ok() && keys > 0; --keys) {
      Key key{};
      std::uint64_t count = 0;
      if (!load_value(from, key) || !from.read(count).ok()) return false;
      auto& own = of_keys_.at(key_hash(key), key, [] { return list{}; });
      for (; count > 0; --count) {
        pending one;
        if (!load_value(from, one.time) || !from.read(one.number).ok()) return false;
        one.time += later;
        own.push_back(one);
        ++set_;
        queue_.push({one.time, one.number, key});
      }
    }
    return from.ok();
  }

private:
  struct pending {
    timestamp time{};
    std::uint64_t number = 0;
  };
  using list = std::vector<pending>; // mostly one

  [[nodiscard]] bool is_pending(const timer& one) {
    const auto* const own = of_keys_.find(key_hash(one.key), one.key);
    return own != nullptr && std::ranges::find(*own, one.number, &pending::number) != own->end();
  }

  // Each pass forgets more than half of what it looks at: a cancelled timer pays for two looks.
  void forget_cancelled() {
    queue_.keep_if([this](const timer& one) { return is_pending(one); });
  }

  key_table<Key, list> of_keys_;
  std::size_t set_ = 0; // times in `of_keys_`
  due_queue<timer> queue_;
  std::uint64_t next_number_ = 0;
  bool is_closed_ = false;
};

} // namespace weir
