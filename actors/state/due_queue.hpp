// SPDX-License-Identifier: Apache-2.0
//
// due_queue: what is to be done at some time, earliest first; what is due at one time by number.
//
// Made for times that are mostly ahead of those that were taken: a radix heap (Ahuja, Mehlhorn,
// Orlin and Tarjan, "Faster algorithms for the shortest path problem", 1990). Entries lie in
// buckets by the highest bit in which their time differs from the last one taken, and only move
// one after the other into lower buckets, where a binary heap of a million jumps through memory for
// each that is taken. Those that are set for an earlier time wait in a binary heap. Memory: an
// entry each, and as much again while vectors grow. One owner.
//
//   last one taken: ...0100    bucket 1  ...0101
//                              bucket 2  ...0110 to ...0111
//                              bucket 4  ...1000 to ...1111
//
//   queue.push({time, number, key});         // entries have a time, a number and >
//   while (const auto* next = queue.due(watermark)) { use(*next); queue.pop(); }

#pragma once

#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace weir {

template <class Entry>
class due_queue {
public:
  void push(Entry entry) {
    const auto rank = rank_of(entry.time);
    ++size_;
    if (rank < last_)
      earlier_.push(std::move(entry));
    else if (rank == last_)
      now_.insert(std::upper_bound(now_.begin() + static_cast<std::ptrdiff_t>(next_), now_.end(),
                                   entry, is_before),
                  std::move(entry));
    else
      add(rank, std::move(entry));
  }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::optional<timestamp> earliest() const {
    if (!earlier_.empty()) return earlier_.top().time;
    if (next_ < now_.size()) return now_[next_].time;
    if (filled_ == 0) return std::nullopt;
    return time_of(buckets_[lowest()].least);
  }

  /// The earliest if its time is `until` or before; good until the next push.
  [[nodiscard]] const Entry* due(timestamp until) {
    const Entry* first = nullptr;
    if (!earlier_.empty()) {
      first = &earlier_.top();
    } else {
      if (next_ == now_.size()
          && (filled_ == 0 || buckets_[lowest()].least > rank_of(until) || !refill()))
        return nullptr;
      first = &now_[next_];
    }
    return first->time <= until ? first : nullptr;
  }
  /// Takes out what `due` gave, before any push.
  void pop() {
    --size_;
    if (!earlier_.empty()) {
      earlier_.pop();
    } else if (++next_ == now_.size()) {
      now_.clear();
      next_ = 0;
    }
  }

private:
  struct bucket {
    std::vector<Entry> entries;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  };
  static constexpr std::uint64_t sign = std::uint64_t{1} << 63U;

  /// Of the order of times.
  [[nodiscard]] static std::uint64_t rank_of(timestamp time) noexcept {
    return static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ sign;
  }
  [[nodiscard]] static timestamp time_of(std::uint64_t rank) noexcept {
    return timestamp{duration{static_cast<duration::rep>(rank ^ sign)}};
  }
  [[nodiscard]] static bool is_before(const Entry& a, const Entry& b) {
    return a.number < b.number;
  }
  [[nodiscard]] std::size_t lowest() const noexcept {
    return static_cast<std::size_t>(std::countr_zero(filled_));
  }

  void add(std::uint64_t rank, Entry entry) {
    const auto place = static_cast<std::size_t>(std::bit_width(rank ^ last_) - 1);
    auto& to = buckets_[place];
    to.least = std::min(to.least, rank);
    to.entries.push_back(std::move(entry));
    filled_ |= std::uint64_t{1} << place;
  }

  /// Parts the lowest bucket: its earliest entries are next.
  bool refill() {
    const auto place = lowest();
    auto from = std::exchange(buckets_[place], {});
    filled_ &= filled_ - 1;
    last_ = from.least;
    for (auto& entry : from.entries) {
      if (const auto rank = rank_of(entry.time); rank == last_)
        now_.push_back(std::move(entry));
      else
        add(rank, std::move(entry));
    }
    if (!std::is_sorted(now_.begin(), now_.end(), is_before))
      std::sort(now_.begin(), now_.end(), is_before);
    return true;
  }

  std::array<bucket, 64> buckets_;
  std::uint64_t filled_ = 0; // which of them have entries
  std::uint64_t last_ = 0;   // the rank of what is in `now_`
  std::vector<Entry> now_;   // those before `next_` were taken
  std::size_t next_ = 0;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> earlier_; // than that
  std::size_t size_ = 0;
};

} // namespace weir
