// SPDX-License-Identifier: Apache-2.0
//
// running_merges: what the slices of a sliding window come to, a key, without merging all of them
// again for each window.
//
// Two stacks a key (Tangwongsan, Hirzel, Schneider: "Low-Latency Sliding-Window Aggregation in
// Worst-Case Constant Time", 2017, section 3): `front` holds for each older slice of the key what
// this and all behind it come to, `back` what the newer slices come to. A window is the top of
// `front` and `back`; slices it leaves behind are popped; when no older ones are left all slices
// are turned into `front`. So a state is merged into two others, and each result is one merge, no
// matter how many slices a window has. Slices are merged in their order. Memory: up to one state
// more a key and slice. Slices without a key cost that key nothing. Keys come out in the order in
// which they came to the window.
//
//   slices   1  2  3 | 4  5             front: 123, 23, 3    back: 45
//   merges.move_to(start, end, slices);
//   merges.merged(i, [&](const auto& key, const auto& state) { ... });  // for each i < size()

#pragma once

#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/window_slices.hpp>
#include <weir/actors/state/key_table.hpp>

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

template <class Key, class Aggregation>
class running_merges {
public:
  using state = agg::aggregation_state<Aggregation>;
  using slices = window_slices<key_table<Key, state>>;

  explicit running_merges(const Aggregation& aggregation) : aggregation_{aggregation} {}

  /// To a window that begins and ends after the one before it.
  void move_to(timestamp start, timestamp end, slices& all) {
    start_ = start;
    if (start >= turned_to_)
      turn(end, all);
    else
      push_back(end, all);
    merged_to_ = end;
    put_in_order(all);
  }

  /// The keys of the window.
  [[nodiscard]] std::size_t size() const noexcept { return order_.size(); }
  /// Gives what `use` gives.
  auto merged(std::size_t i, const auto& use) const {
    const auto& [key, of] = parts_[order_[i].at];
    if (of.front.empty()) return use(key, *of.back);
    if (!of.back) return use(key, of.front.back().merged);
    state both = copy_of(of.front.back().merged);
    aggregation_.merge(both, *of.back);
    return use(key, std::as_const(both));
  }

  /// Of one key in any window, all slices again.
  [[nodiscard]] state merged_anew(timestamp start, timestamp end, const slices& all,
                                  std::uint64_t hash, const auto& key) const {
    auto sum = aggregation_.create();
    for (auto i = all.first_from(start); i < all.size() && all[i].start < end; ++i)
      if (const auto* one = all[i].states.find(hash, key)) aggregation_.merge(sum, *one);
    return sum;
  }

  /// A row was added to a key in the slice that begins at `slice`, which may be merged already.
  void add_late(timestamp slice, std::uint64_t hash, const auto& key) {
    if (slice >= start_ && slice < merged_to_) part_of(hash, key).is_stale = true;
  }

  /// What `move_to` may take more, while and after it grows; what states hold on the heap comes on
  /// top.
  [[nodiscard]] std::size_t growth(timestamp start, timestamp end, const slices& all) const {
    using entry = typename key_table<Key, parts>::entry;
    const auto turned_from = start >= turned_to_ ? start : end;
    std::size_t added = 0, turned = 0;
    for (auto i = all.first_from(std::min(turned_from, std::max(start, merged_to_)));
         i < all.size() && all[i].start < end; ++i) {
      const auto states = all[i].states.size();
      if (all[i].start >= merged_to_) added += states;
      if (all[i].start >= turned_from) turned += states;
    }
    return added * 3 * (sizeof(entry) + sizeof(position) + 16) + turned * 2 * sizeof(older);
  }

  void clear() {
    if (merged_to_ == timestamp::min()) return;
    parts_ = {};
    order_.clear();
    states_ = 0;
    start_ = turned_to_ = merged_to_ = timestamp::min();
  }
  /// Beside those of the slices, and one a key.
  [[nodiscard]] std::size_t states() const noexcept { return states_; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return parts_.bytes() + states_ * sizeof(older) + order_.capacity() * sizeof(position);
  }

private:
  /// Where a key is first in a window: the slice, and its place there.
  struct place {
    timestamp slice{};
    std::size_t entry = 0;
    friend auto operator<=>(const place&, const place&) = default;
  };
  struct position {
    place first;
    std::size_t at; // in `parts_`
  };
  struct older {
    place at;
    state merged; // of that slice of the key and all behind it, up to the last turn
  };
  struct parts {
    std::vector<older> front; // the oldest slice last
    std::optional<state> back;
    place first_of_back;
    bool is_stale = false; // is to be merged again
  };

  parts& part_of(std::uint64_t hash, const auto& key) {
    return parts_.at(hash, key, [] { return parts{}; });
  }

  [[nodiscard]] state copy_of(const state& one) const {
    if constexpr (std::copy_constructible<state>) {
      return one;
    } else {
      state copy = aggregation_.create();
      aggregation_.merge(copy, one);
      return copy;
    }
  }

  void push_front(parts& to, place at, const state& one) {
    to.front.push_back({at, copy_of(one)});
    ++states_;
    if (to.front.size() > 1)
      aggregation_.merge(to.front.back().merged,
                         std::as_const(to.front[to.front.size() - 2].merged));
  }
  void empty(parts& of) {
    states_ -= of.front.size();
    of.front.clear();
    of.back.reset();
  }

  void turn(timestamp end, slices& all) {
    for (auto& [key, part] : parts_) {
      empty(part);
      part.is_stale = false;
    }
    const auto first = all.first_from(start_);
    for (auto i = all.first_from(end); i-- > first;)
      for (std::size_t entry = 0; entry < all[i].states.size(); ++entry) {
        const auto& [key, one] = all[i].states[entry];
        push_front(part_of(key_hash(key), key), {all[i].start, entry}, one);
      }
    turned_to_ = end;
  }

  void push_back(timestamp end, slices& all) {
    const auto behind = all.first_from(end);
    for (auto i = all.first_from(merged_to_); i < behind; ++i)
      for (std::size_t entry = 0; entry < all[i].states.size(); ++entry) {
        const auto& [key, one] = all[i].states[entry];
        auto& part = part_of(key_hash(key), key);
        if (part.back) {
          aggregation_.merge(*part.back, one);
        } else {
          part.back.emplace(copy_of(one));
          part.first_of_back = {all[i].start, entry};
        }
      }
  }

  /// Of one key, from its slices.
  void merge_again(const Key& key, parts& part, slices& all) {
    empty(part);
    part.is_stale = false;
    const auto hash = key_hash(key);
    const auto first = all.first_from(start_);
    for (auto i = all.first_from(merged_to_); i-- > first;)
      if (const auto* one = all[i].states.find(hash, key))
        push_front(part, {all[i].start, all[i].states.index_of(*one)}, *one);
  }

  /// Forgets what is before the window.
  void put_in_order(slices& all) {
    order_.clear();
    for (std::size_t i = 0; i < parts_.size();) {
      auto& [key, part] = parts_[i];
      if (part.is_stale) merge_again(key, part, all);
      auto& front = part.front;
      for (; !front.empty() && front.back().at.slice < start_; --states_) front.pop_back();
      if (front.empty() && !part.back) {
        const Key gone = key;
        parts_.remove(key_hash(gone), gone); // the last one takes its place
        continue;
      }
      order_.push_back({front.empty() ? part.first_of_back : front.back().at, i++});
    }
    std::ranges::sort(order_, {}, &position::first);
  }

  const Aggregation& aggregation_;
  key_table<Key, parts> parts_;
  std::vector<position> order_;
  std::size_t states_ = 0;                                            // in all fronts
  timestamp start_ = timestamp::min(), merged_to_ = timestamp::min(); // the window
  timestamp turned_to_ = timestamp::min(); // `back` is of slices from there
};

} // namespace weir
