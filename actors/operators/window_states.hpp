// SPDX-License-Identifier: Apache-2.0
//
// window_states: the states of tumbling and sliding windows, a key and slice: where they lie, and
// what they come to in a window.
//
// They lie in memory. Where that is not enough and the place has a backend, all are written there
// as partial states and memory begins anew (spilled_slices); without a backend it is an error. A
// window of which nothing was written gives its keys in the order in which they came to it, by
// merges that it shares with other windows; one of which something was written is written as a
// whole and walked, and gives its keys in the order of their bytes. One owner.
//
//   slice* at = states.all().find(time);
//   states.begin(start, end);
//   const bool is_done = states.give([&](const auto& key, const auto& state) { ... });

#pragma once

#include <weir/actors/operators/running_merges.hpp>
#include <weir/actors/operators/spilled_slices.hpp>
#include <weir/actors/operators/window_parts.hpp>
#include <weir/actors/operators/window_slices.hpp>
#include <weir/actors/state/key_table.hpp>
#include <weir/actors/stream/batch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace weir {

template <class Key, class Aggregation>
class window_states {
public:
  using state = agg::aggregation_state<Aggregation>;
  using table = key_table<Key, state>;
  using slices = window_slices<table>;
  using slice = typename slices::slice;

  window_states(const Aggregation& aggregation, const time_windows& windows, state_place place)
      : aggregation_{aggregation},
        place_{std::move(place)},
        overlap_{windows.size > windows.slice()},
        slices_{windows},
        running_{aggregation_} {}
  window_states(const window_states&) = delete;
  window_states& operator=(const window_states&) = delete;

  /// What memory has of them: all slices, and states that were not written. Windows are told of a
  /// key that was added to by `row_came`.
  [[nodiscard]] slices& all() noexcept { return slices_; }
  [[nodiscard]] const slices& all() const noexcept { return slices_; }
  /// Of a window that has been begun.
  void row_came(timestamp slice, std::uint64_t hash, const auto& key) {
    running_.add_late(slice, hash, key);
  }

  /// Whether a key has rows in a slice.
  [[nodiscard]] bool has(const slice& at, std::uint64_t hash, const auto& key) const {
    return at.states.find(hash, key) != nullptr || spilled_.has(at.start, hash, key);
  }
  /// Keys with rows in a slice, each once more for each time that it was written.
  [[nodiscard]] std::size_t keys_in(const slice& at) const {
    return at.states.size() + spilled_.states(at.start);
  }
  /// What a key comes to in any window.
  [[nodiscard]] state merged(timestamp start, timestamp end, std::uint64_t hash,
                             const auto& key) const {
    if (!spilled_.has_any(start, end)) return running_.merged_anew(start, end, slices_, hash, key);
    std::optional<state> sum;
    for (auto i = slices_.first_from(start); i < slices_.size() && slices_[i].start < end; ++i) {
      spilled_.merge_into(sum, slices_[i].start, slices_[i].states, hash, key);
    }
    return sum ? *std::move(sum) : aggregation_.create();
  }

  /// A window whose first slice is the one of number `first`, behind that which was begun before,
  /// is to be given. No row may come until it is.
  void begin(std::size_t first, timestamp start, timestamp end) {
    if (spilled_.has_any(start, end) || !can_merge(start, end)) {
      spill(first, slices_.first_from(end));
      walked_.emplace(spilled_.walk(start, end));
    } else if (overlap_) {
      running_.move_to(start, end, slices_);
    } else {
      only_ = &slices_[first].states;
    }
    next_ = 0;
  }
  /// Calls `give(key, state)` for all its keys, until it says false: so does this, call again.
  bool give(const auto& give) {
    if (walked_) {
      for (; !walked_->is_done(); walked_->next())
        if (!give(walked_->key(), walked_->merged())) return false;
      walked_.reset();
      return true;
    }
    const auto size = overlap_ ? running_.size() : only_->size();
    for (; next_ < size; ++next_) {
      if (overlap_) {
        if (!running_.merged(next_, give)) return false;
      } else {
        const auto& [key, state] = (*only_)[next_];
        if (!give(key, state)) return false;
      }
    }
    return true;
  }

  /// The earliest slice: no window needs it any more.
  void drop_front() {
    spilled_.drop(slices_[0].start);
    slices_.drop_front();
    if (slices_.empty()) running_.clear();
  }

  /// Keys: one a slice in which it has rows, and one more each time that it was written.
  [[nodiscard]] state_usage usage() const {
    auto sum = in_memory();
    sum.entries += spilled_.states();
    sum.bytes += spilled_.bytes();
    return sum;
  }
  /// Writes all there is where there may be more than memory for it by the next call. Throws where
  /// that is not enough. `beside`: what else is held by its owner.
  void keep_within_memory(std::size_t beside) {
    auto held = in_memory();
    held.bytes += beside;
    if (!place_.open_backend) return detail::check_memory(place_, held, true);
    if (spilled_.has_room_for(held.bytes + slices_.growth(rows_between()))) return;
    spill(0, slices_.size());
    const auto rest = in_memory().bytes + beside;
    if (rest > least_bytes && !spilled_.has_room_for(rest / 3 * 4))
      throw detail::windows_too_large(place_, slices_.size(), rest);
  }

  void save(snapshot_writer& to) const {
    to.write(static_cast<std::uint64_t>(slices_.size()));
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      const auto& one = slices_[i];
      save_value(to, one.start);
      spilled_.save(to, one.start, one.states);
    }
  }
  /// False: damaged. Precondition: there are none.
  bool load(snapshot_reader& from) {
    std::uint64_t slices = 0;
    bool is_good = from.read(slices).ok();
    for (timestamp start; is_good && slices > 0; --slices)
      is_good = load_value(from, start)
                && spilled_.load(from, slices_.add(start).states, [&] { keep_within_memory(0); });
    return is_good;
  }

private:
  /// What slices and their owner may take beside states, however little memory there is.
  static constexpr std::size_t least_bytes = std::size_t{1} << 20U;

  [[nodiscard]] state_usage in_memory() const {
    auto sum = slices_.usage(running_.states());
    sum.bytes += running_.bytes();
    return sum;
  }
  [[nodiscard]] std::size_t rows_between() const noexcept {
    return 2 * batch_rows + slices_.size();
  }
  /// Whether there is memory for merges of the window.
  [[nodiscard]] bool can_merge(timestamp start, timestamp end) const {
    return !overlap_ || !place_.open_backend
           || spilled_.has_room_for(in_memory().bytes + running_.growth(start, end, slices_));
  }

  /// Writes what memory has of the slices of these numbers, `behind` not included.
  void spill(std::size_t first, std::size_t behind) {
    for (auto i = first; i < behind; ++i) {
      auto& one = slices_[i];
      spilled_.spill(one.start, one.states);
      one.by_number = {};
    }
    slices_.drop_spares();
    running_.clear();
  }

  const Aggregation& aggregation_;
  state_place place_;
  bool overlap_; // windows
  slices slices_;
  running_merges<Key, Aggregation> running_; // of overlapping windows
  spilled_slices<Key, Aggregation> spilled_{place_, aggregation_};
  // The window that is given: its keys are those of `running_`, or
  std::optional<typename spilled_slices<Key, Aggregation>::walked> walked_;
  const table* only_ = nullptr; // of its slice
  std::size_t next_ = 0;
};

} // namespace weir
