// SPDX-License-Identifier: Apache-2.0
//
// slice_tree: the last slices of a run, and what any stretch of them comes to, merged in order.
//
// Of 2, 4, 8, ... slices side by side it keeps what they come to: a slice costs one merge when it
// is added, a stretch of n slices two merges for each doubling of n. At most four slices are kept
// for each of the `most` that can be asked for (Arasu and Widom, Resource Sharing in Continuous
// Sliding-Window Aggregates, 2004: base intervals). One owner.
//
//   slice_tree<Slice> past;
//   past.add(slice, 60, merge);             // merge(to, later) adds what came later
//   Slice last_minute = past.merged(past.size() - 60, past.size(), merge);
//
//   level 2  [      0..3      ][      4..7      ]
//   level 1  [ 0,1  ][ 2,3  ][ 4,5  ][ 6,7  ][ 8,9  ]
//   level 0  [0][1][2][3][4][5][6][7][8][9][10]        in rings

#pragma once

#include <weir/actors/state/snapshot.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weir {

template <class Slice>
class slice_tree {
public:
  /// How many slices were added.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// How many are kept, with those that were merged.
  [[nodiscard]] std::size_t kept() const noexcept {
    std::size_t all = 0;
    for (const auto& ring : levels_) all += ring.size();
    return all;
  }

  /// Precondition: `most` is always the same.
  template <class Merge>
  void add(Slice slice, std::size_t most, const Merge& merge) {
    put(0, size_, std::move(slice), most);
    ++size_;
    for (std::size_t level = 1; size_ % width(level) == 0 && width(level) <= most; ++level) {
      const auto number = (size_ >> level) - 1;
      auto both = at(level - 1, 2 * number);
      merge(both, at(level - 1, 2 * number + 1));
      put(level, number, std::move(both), most);
    }
  }

  /// Precondition: `first < behind <= size()`, and `first` is one of the last `most`.
  template <class Merge>
  [[nodiscard]] Slice merged(std::uint64_t first, std::uint64_t behind, const Merge& merge) const {
    auto level = widest(first, behind);
    Slice all = at(level, first >> level);
    for (first += width(level); first < behind; first += width(level)) {
      level = widest(first, behind);
      merge(all, at(level, first >> level));
    }
    return all;
  }

  void save(snapshot_writer& to, const auto& save_slice) const {
    to.write(size_);
    for (const auto& ring : levels_)
      for (const auto& slice : ring) save_slice(slice);
  }
  /// Precondition: it is empty. False: damaged.
  bool load(snapshot_reader& from, std::size_t most, const auto& load_slice) {
    bool is_good = from.read(size_).ok();
    for (std::size_t level = 0; is_good && width(level) <= most && width(level) <= size_; ++level) {
      auto& ring = levels_.emplace_back();
      const auto kept = std::min<std::uint64_t>(size_ >> level, ring_size(level, most));
      while (is_good && ring.size() < kept) is_good = load_slice(ring);
    }
    return is_good;
  }

private:
  static constexpr std::uint64_t width(std::size_t level) noexcept {
    return std::uint64_t{1} << level;
  }
  static constexpr std::uint64_t ring_size(std::size_t level, std::size_t most) noexcept {
    return std::bit_ceil(most) >> level;
  }

  /// The level of the widest slice that begins at `first` and ends by `behind`.
  static std::size_t widest(std::uint64_t first, std::uint64_t behind) noexcept {
    const auto fits = std::bit_width(behind - first) - 1;
    return static_cast<std::size_t>(first == 0 ? fits
                                               : std::min<int>(fits, std::countr_zero(first)));
  }

  [[nodiscard]] const Slice& at(std::size_t level, std::uint64_t number) const noexcept {
    // A ring that is not full yet has not come round: its numbers are its places.
    const auto& ring = levels_[level];
    return ring[number < ring.size() ? number : number % ring.size()];
  }
  void put(std::size_t level, std::uint64_t number, Slice slice, std::size_t most) {
    if (level == levels_.size()) levels_.emplace_back();
    auto& ring = levels_[level];
    const auto places = ring_size(level, most);
    if (number < places)
      ring.push_back(std::move(slice));
    else
      ring[number % places] = std::move(slice);
  }

  std::uint64_t size_ = 0;
  std::vector<std::vector<Slice>> levels_;
};

} // namespace weir
