// SPDX-License-Identifier: Apache-2.0
//
// due_blocks: what is to be done at some time, given in blocks when it is due: an earlier block
// first, each in no order.
//
// A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the shortest path
// problem", 1990): entries lie in buckets by the highest bit in which their time differs from the
// time that was reached. A bucket that has too many for a block is parted into lower ones, an entry
// after the other: nothing jumps through memory. Memory: an entry each, and as much again while
// vectors grow. One owner.
//
//   reached: ...0100    bucket 0  ...0101
//                       bucket 1  ...0110 to ...0111
//                       bucket 3  ...1000 to ...1111
//
//   blocks.push({time, what});               // entries have a time
//   for (auto due = blocks.take(watermark, 4096); !due.empty(); ...) use(due);

#pragma once

#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace weir {

template <class Entry>
class due_blocks {
public:
  /// Precondition: its time is behind what was reached.
  void push(Entry entry) {
    ++size_;
    add(rank_of(entry.time), std::move(entry));
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// All of its time and before have been given.
  [[nodiscard]] timestamp reached() const noexcept { return time_of(reached_); }
  [[nodiscard]] std::optional<timestamp> earliest() const noexcept {
    if (filled_ == 0) return std::nullopt;
    return time_of(buckets_[lowest()].least);
  }

  /// The earliest that are due by `until`, good until the next call: not many more than `most`,
  /// unless they are due at one time. None: there are none.
  [[nodiscard]] std::span<Entry> take(timestamp until, std::size_t most) {
    taken_.clear();
    const auto last = rank_of(until);
    while (filled_ != 0 && buckets_[lowest()].least <= last) {
      auto& from = buckets_[lowest()];
      const auto count = from.entries.size();
      const bool is_block = count <= most || from.least == from.most;
      if (is_block && !taken_.empty() && taken_.size() + count > most) break;
      filled_ &= filled_ - 1;
      reached_ = is_block ? std::min(from.most, last) : from.least;
      part(from);
    }
    size_ -= taken_.size();
    return taken_;
  }

  /// Forgets, of what has not been taken, all for which `is_kept` is false: one pass.
  template <class IsKept>
  void keep_if(IsKept is_kept) {
    size_ = 0;
    filled_ = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      auto before = std::exchange(buckets_[i], {}).entries;
      std::erase_if(before, [&](const Entry& one) { return !is_kept(one); });
      before.shrink_to_fit();
      if (before.empty()) continue;
      filled_ |= std::uint64_t{1} << i;
      size_ += before.size();
      for (const auto& one : before) buckets_[i].include(rank_of(one.time));
      buckets_[i].entries = std::move(before);
    }
  }

private:
  struct bucket {
    std::vector<Entry> entries;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max(); // of their ranks
    std::uint64_t most = 0;

    void include(std::uint64_t rank) noexcept {
      least = std::min(least, rank);
      most = std::max(most, rank);
    }
  };
  static constexpr std::uint64_t sign = std::uint64_t{1} << 63U;
  static constexpr std::size_t most_spare = 1'024;

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
    const auto place = static_cast<std::size_t>(std::bit_width(rank ^ reached_) - 1);
    auto& to = buckets_[place];
    to.include(rank);
    to.entries.push_back(std::move(entry));
    filled_ |= std::uint64_t{1} << place;
  }

  /// What was reached is given, the rest goes to lower buckets.
  void part(bucket& from) {
    for (auto& entry : from.entries) {
      const auto rank = rank_of(entry.time);
      if (rank <= reached_)
        taken_.push_back(std::move(entry));
      else
        add(rank, std::move(entry));
    }
    from.entries.clear();
    if (from.entries.capacity() > most_spare) from.entries = {};
    from = {std::move(from.entries)};
  }

  std::array<bucket, 64> buckets_; // of what is behind `reached_`
  std::uint64_t filled_ = 0;       // which of them have entries
  std::uint64_t reached_ = 0;      // a rank
  std::vector<Entry> taken_;
  std::size_t size_ = 0; // in buckets
};

} // namespace weir
