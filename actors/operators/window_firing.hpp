// SPDX-License-Identifier: Apache-2.0
//
// window_firing: which tumbling or sliding windows fire, and what each key of them comes to.
//
// A window fires once, in the order of their ends, when the watermark has reached its end, and
// again for each late row that it still takes. Results are given one at a time, and each call may
// be stopped at any of them, for want of room: it is to be called again, before any other.
//
//   const bool is_done = firing.fire(watermark, slices, [&](const auto& key, timestamp start,
//                                    timestamp end, const auto& state) { ... });

#pragma once

#include <weir/actors/operators/running_merges.hpp>
#include <weir/actors/operators/window_slices.hpp>
#include <weir/actors/state/persist.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace weir {

template <class Key, class Aggregation>
class window_firing {
public:
  using merges = running_merges<Key, Aggregation>;
  using table = key_table<Key, typename merges::state>;
  using slices = typename merges::slices;
  using slice = typename slices::slice;

  window_firing(const Aggregation& aggregation, const time_windows& windows, duration allow_late)
      : windows_{windows}, allow_late_{allow_late}, running_{aggregation} {}

  /// Windows that end by then have fired.
  [[nodiscard]] timestamp fired_to() const noexcept { return fired_to_; }
  /// Slices that begin before may be in windows that have fired, and still take rows.
  [[nodiscard]] timestamp fired_before() const noexcept {
    // Slices before the end of a window lie in it, or in one that ended earlier.
    return overlap() || allow_late_ > duration{0}
               ? detail::floor_to(fired_to_, windows_.slide, windows_.offset + windows_.size)
               : timestamp::min();
  }
  /// No window takes rows of that slice any more.
  [[nodiscard]] bool is_late(timestamp slice_start) const noexcept {
    return watermark_ > timestamp::min()
           && detail::moved(windows_.last_end(slice_start), allow_late_) <= watermark_;
  }
  /// Whether there are windows with rows that did not fire.
  [[nodiscard]] bool is_open(const slices& all) const noexcept {
    return !all.empty() && last_end(all) > fired_to_;
  }
  /// The end of the last window with rows. Precondition: there are slices.
  [[nodiscard]] timestamp last_end(const slices& all) const noexcept {
    return windows_.last_end(all.back().start);
  }

  /// Whether `fire` is to be called again.
  [[nodiscard]] bool is_firing() const noexcept { return window_.has_value(); }
  /// Calls `give(key, start, end, state)` for all windows that end by `watermark`, until it says
  /// false: so does this. Then drops the slices that no row can come to any more.
  bool fire(timestamp watermark, slices& all, const auto& give) {
    watermark_ = std::max(watermark_, watermark);
    for (; window_ || begin_next(all); window_.reset())
      if (!give_window(*window_, give)) return false;
    // Those that nobody had a row in are over too: other keys must not change what a late row does.
    fired_to_ = std::max(fired_to_, watermark_);
    while (!all.empty() && is_late(all[0].start)) all.drop_front();
    if (all.empty()) running_.clear();
    return true;
  }
  /// Whether `fire_again` is to be called again.
  [[nodiscard]] bool is_firing_again() const noexcept { return again_to_.has_value(); }
  /// A row was added to a key in a slice that begins before `fired_before()`, where the key was
  /// before, or not.
  void row_came(timestamp slice, std::uint64_t hash, const auto& key, bool was_there) {
    running_.add_late(slice, hash, key);
    was_there_ = was_there;
    again_to_ = std::max(slice, detail::moved(watermark_, -allow_late_));
  }
  /// Calls `give(start, end, state, is_update)` for the windows it is in that have fired, until it
  /// says false: so does this.
  bool fire_again(const slice& at, const slices& all, std::uint64_t hash, const auto& key,
                  const auto& give) {
    for (auto end = windows_.first_end(*again_to_);
         end <= windows_.last_end(at.start) && end <= fired_to_;
         end = detail::moved(end, windows_.slide)) {
      const auto start = detail::moved(end, -windows_.size);
      const bool is_update = was_there_ || has_beside(at, start, end, all, hash, key);
      if (!give(start, end, running_.merged_anew(start, end, all, hash, key), is_update))
        return false;
      again_to_ = end;
    }
    again_to_.reset();
    return true;
  }

  /// Beside those of the slices.
  [[nodiscard]] const merges& running() const noexcept { return running_; }

  void save(snapshot_writer& to) const {
    save_value(to, watermark_);
    save_value(to, fired_to_);
  }
  bool load(snapshot_reader& from) {
    return load_value(from, watermark_) && load_value(from, fired_to_);
  }

private:
  /// A window on its way out.
  struct window {
    timestamp start, end;
    const table* only; // its states; nullptr: they are what `running_` is at
    std::size_t next = 0;
  };

  [[nodiscard]] bool overlap() const noexcept { return windows_.size > windows_.slice(); }

  /// The next window that is due, if there is one.
  bool begin_next(slices& all) {
    const auto next =
        all.first_not([this](timestamp start) { return windows_.last_end(start) <= fired_to_; });
    if (next == all.size()) return false;
    const auto end = windows_.first_end(std::max(all[next].start, fired_to_));
    if (end > watermark_) return false;
    fired_to_ = end;
    const auto start = detail::moved(end, -windows_.size);
    window_.emplace(window{start, end, overlap() ? nullptr : &all[next].states});
    if (overlap()) running_.move_to(start, end, all);
    return true;
  }

  bool give_window(window& one, const auto& give) const {
    const auto give_key = [&](const auto& key, const auto& state) {
      return give(key, one.start, one.end, state);
    };
    const auto size = one.only == nullptr ? running_.size() : one.only->size();
    for (; one.next < size; ++one.next) {
      if (one.only == nullptr) {
        if (!running_.merged(one.next, give_key)) return false;
      } else {
        const auto& [key, state] = (*one.only)[one.next];
        if (!give_key(key, state)) return false;
      }
    }
    return true;
  }

  /// Whether the key has rows in another slice of a window: then a result was given for it.
  static bool has_beside(const slice& at, timestamp start, timestamp end, const slices& all,
                         std::uint64_t hash, const auto& key) {
    for (auto i = all.first_from(start); i < all.size() && all[i].start < end; ++i)
      if (&all[i] != &at && all[i].states.find(hash, key) != nullptr) return true;
    return false;
  }

  time_windows windows_;
  duration allow_late_;
  timestamp watermark_ = timestamp::min();
  timestamp fired_to_ = timestamp::min();
  merges running_; // of overlapping windows
  std::optional<window> window_;
  std::optional<timestamp> again_to_; // of the last row that came
  bool was_there_ = false;            // its key, in its slice, before it came
};

} // namespace weir
