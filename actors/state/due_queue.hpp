// SPDX-License-Identifier: Apache-2.0
//
// due_queue: what is to be done at some time, earliest first; what is due at one time by number.
//
// Made for times that are mostly ahead of those that were taken: a radix heap (Ahuja, Mehlhorn,
// Orlin and Tarjan, "Faster algorithms for the shortest path problem", 1990) above a binary heap of
// the few entries that are near. The others lie in buckets by the highest bit in which their time
// differs from the end of what is near. A bucket is parted into lower ones, an entry after the
// other, until so few are left that they are near: a binary heap of a million would jump through
// memory for each that is taken. Memory: an entry each, and as much again while vectors grow. One
// owner.
//
//   near: up to ...0100    bucket 0  ...0101
//                          bucket 1  ...0110 to ...0111
//                          bucket 3  ...1000 to ...1111
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
    ++size_;
    add(rank_of(entry.time), std::move(entry));
  }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::optional<timestamp> earliest() const {
    if (!near_.empty()) return near_.top().time;
    if (filled_ == 0) return std::nullopt;
    return time_of(buckets_[lowest()].least);
  }

  /// The earliest if its time is `until` or before; good until the next push.
  [[nodiscard]] const Entry* due(timestamp until) {
    while (near_.empty()) {
      if (filled_ == 0 || buckets_[lowest()].least > rank_of(until)) return nullptr;
      part_lowest(rank_of(until));
    }
    return near_.top().time <= until ? &near_.top() : nullptr;
  }
  /// Takes out what `due` gave, before any push.
  void pop() {
    --size_;
    near_.pop();
  }

private:
  struct bucket {
    std::vector<Entry> entries;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max(); // of their ranks
    std::uint64_t most = 0;
  };
  static constexpr std::uint64_t sign = std::uint64_t{1} << 63U;

  /// Of the order of times.
  [[nodiscard]] static std::uint64_t rank_of(timestamp time) noexcept {
    return static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ sign;
  }
  [[nodiscard]] static timestamp time_of(std::uint64_t rank) noexcept {
    return timestamp{duration{static_cast<duration::rep>(rank ^ sign)}};
  }
  [[nodiscard]] std::size_t lowest() const noexcept {
    return static_cast<std::size_t>(std::countr_zero(filled_));
  }

  void add(std::uint64_t rank, Entry entry) {
    if (rank <= near_end_) {
      near_.push(std::move(entry));
      return;
    }
    const auto place = static_cast<std::size_t>(std::bit_width(rank ^ near_end_) - 1);
    auto& to = buckets_[place];
    to.least = std::min(to.least, rank);
    to.most = std::max(to.most, rank);
    to.entries.push_back(std::move(entry));
    filled_ |= std::uint64_t{1} << place;
  }

  /// All its entries go to lower buckets, or are near, which is nothing behind `until`: what is set
  /// next lies mostly there. Precondition: nothing is near.
  void part_lowest(std::uint64_t until) {
    auto& from = buckets_[lowest()];
    filled_ &= filled_ - 1;
    near_end_ = from.entries.size() <= few ? std::min(from.most, until) : from.least;
    for (auto& entry : from.entries) add(rank_of(entry.time), std::move(entry));
    from.entries.clear();
    if (from.entries.capacity() > most_spare) from.entries = {};
    from = {std::move(from.entries)};
  }

  static constexpr std::size_t few = 256, most_spare = 1'024;

  std::array<bucket, 64> buckets_; // of what is behind `near_end_`
  std::uint64_t filled_ = 0;       // which of them have entries
  std::uint64_t near_end_ = 0;     // the last rank that is near
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> near_;
  std::size_t size_ = 0;
};

} // namespace weir
