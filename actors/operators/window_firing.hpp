// SPDX-License-Identifier: Apache-2.0
//
// window_firing: which tumbling or sliding windows fire, and what each key of them comes to.
//
// A window fires once, in the order of their ends, when the watermark has reached its end, and
// again for each late row that it still takes. Results are given one at a time, and each call may
// be stopped at any of them, for want of room: it is to be called again, before any other.
//
//   const bool is_done = firing.fire(watermark, states, [&](const auto& key, timestamp start,
//                                    timestamp end, const auto& state) { ... });

#pragma once

#include <weir/actors/operators/window_states.hpp>
#include <weir/actors/state/persist.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace weir {

template <class Key, class Aggregation>
class window_firing {
public:
  using states = window_states<Key, Aggregation>;
  using slices = typename states::slices;
  using slice = typename slices::slice;

  window_firing(const time_windows& windows, duration allow_late)
      : windows_{windows}, allow_late_{allow_late} {}

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

  /// Those that did not fire.
  [[nodiscard]] open_windows open(const states& of) const {
    open_windows found;
    for (auto i = first_open(of.all()); i < of.all().size(); ++i) {
      const auto& at = of.all()[i];
      found.include(of.keys_in(at), detail::moved(first_unfired(at.start), -windows_.size),
                    windows_.last_end(at.start));
    }
    return found;
  }

  /// Whether `fire` is to be called again.
  [[nodiscard]] bool is_firing() const noexcept { return window_.has_value(); }
  /// Calls `give(key, start, end, state)` for all windows that end by `watermark`, until it says
  /// false: so does this. Then drops the slices that no row can come to any more.
  bool fire(timestamp watermark, states& of, const auto& give) {
    watermark_ = std::max(watermark_, watermark);
    for (; window_ || begin_next(of); window_.reset()) {
      const auto give_key = [&](const auto& key, const auto& state) {
        return give(key, window_->start, window_->end, state);
      };
      if (!of.give(give_key)) return false;
    }
    // Those that nobody had a row in are over too: other keys must not change what a late row does.
    fired_to_ = std::max(fired_to_, watermark_);
    while (!of.all().empty() && is_late(of.all()[0].start)) of.drop_front();
    return true;
  }
  /// Whether `fire_again` is to be called again.
  [[nodiscard]] bool is_firing_again() const noexcept { return again_to_.has_value(); }
  /// A row was added to a key in a slice, where the key was before, or not: which need not be known
  /// where the slice does not begin before `fired_before()`.
  void row_came(timestamp slice, bool was_there) {
    was_there_ = was_there;
    again_to_ = std::max(slice, detail::moved(watermark_, -allow_late_));
  }
  /// Calls `give(start, end, state, is_update)` for the windows it is in that have fired, until it
  /// says false: so does this.
  bool fire_again(const slice& at, const states& of, std::uint64_t hash, const auto& key,
                  const auto& give) {
    for (auto end = windows_.first_end(*again_to_);
         end <= windows_.last_end(at.start) && end <= fired_to_;
         end = detail::moved(end, windows_.slide)) {
      const auto start = detail::moved(end, -windows_.size);
      const bool is_update = was_there_ || has_beside(at, start, end, of, hash, key);
      if (!give(start, end, of.merged(start, end, hash, key), is_update)) return false;
      again_to_ = end;
    }
    again_to_.reset();
    return true;
  }

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
  };

  [[nodiscard]] bool overlap() const noexcept { return windows_.size > windows_.slice(); }

  /// Of the slices that lie in windows which did not fire; and the end of the first such window.
  [[nodiscard]] std::size_t first_open(const slices& all) const {
    return all.first_not([this](timestamp start) { return windows_.last_end(start) <= fired_to_; });
  }
  [[nodiscard]] timestamp first_unfired(timestamp slice_start) const {
    return windows_.first_end(std::max(slice_start, fired_to_));
  }

  /// The next window that is due, if there is one.
  bool begin_next(states& of) {
    const auto& all = of.all();
    const auto next = first_open(all);
    if (next == all.size()) return false;
    const auto end = first_unfired(all[next].start);
    if (end > watermark_) return false;
    fired_to_ = end;
    const auto start = detail::moved(end, -windows_.size);
    window_.emplace(window{start, end});
    of.begin(next, start, end);
    return true;
  }

  /// Whether the key has rows in another slice of a window: then a result was given for it.
  static bool has_beside(const slice& at, timestamp start, timestamp end, const states& of,
                         std::uint64_t hash, const auto& key) {
    const auto& all = of.all();
    for (auto i = all.first_from(start); i < all.size() && all[i].start < end; ++i)
      if (&all[i] != &at && of.has(all[i], hash, key)) return true;
    return false;
  }

  time_windows windows_;
  duration allow_late_;
  timestamp watermark_ = timestamp::min();
  timestamp fired_to_ = timestamp::min();
  std::optional<window> window_;
  std::optional<timestamp> again_to_; // of the last row that came
  bool was_there_ = false;            // its key, in its slice, before it came
};

} // namespace weir
