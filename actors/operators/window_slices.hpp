// SPDX-License-Identifier: Apache-2.0
//
// window_slices: the slices of time that tumbling and sliding windows are made of, each with a
// table of states a key.
//
// A row finds its slice by one multiplication, in whatever order rows come: places of a small map
// point to the slices that were used last. Slices are there from the first row in them until they
// are dropped; their tables are used again. One owner; references hold until `drop_front`.
//
//   slice* at = slices.find(time);                    // nullptr: none yet
//   if (at == nullptr) at = &slices.add(windows.slice_of(time));

#pragma once

#include <weir/actors/operators/key_numbers.hpp>
#include <weir/actors/operators/window_parts.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace weir {

template <class Table>
class window_slices {
public:
  struct slice {
    timestamp start = timestamp::min();
    std::uint64_t length = 0; ///< Microseconds.
    Table states = {};
    entries_by_number by_number = {}; ///< Of states, for who numbers the keys.

    [[nodiscard]] bool has(timestamp time) const noexcept {
      return static_cast<std::uint64_t>(time.time_since_epoch().count())
                 - static_cast<std::uint64_t>(start.time_since_epoch().count())
             < length;
    }
  };

  explicit window_slices(const time_windows& windows)
      : length_{static_cast<std::uint64_t>(windows.slice().count())},
        offset_{windows.offset.count()},
        shift_{static_cast<int>(std::bit_width(length_ | 4U)) - 3},
        a_length_{a_length(length_, shift_)} {
    recent_.fill(&nowhere_);
  }
  window_slices(const window_slices&) = delete;
  window_slices& operator=(const window_slices&) = delete;

  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] const slice& back() const noexcept { return *all_.back(); }
  [[nodiscard]] slice& operator[](std::size_t i) noexcept { return *all_[i]; }
  [[nodiscard]] const slice& operator[](std::size_t i) const noexcept { return *all_[i]; }

  /// nullptr: there is none.
  [[nodiscard]] slice* find(timestamp time) noexcept {
    auto* const at = recent_[place_of(time)];
    return at->has(time) ? at : find_slowly(time);
  }

  /// The first slice that begins at `time` or later; `size()`: there is none.
  [[nodiscard]] std::size_t first_from(timestamp time) const noexcept {
    return first_not([time](timestamp start) { return start < time; });
  }
  /// The first whose start `is_before` is false for; it is true for all before that.
  [[nodiscard]] std::size_t first_not(const auto& is_before) const noexcept {
    const auto found =
        std::ranges::partition_point(all_, [&](const auto& one) { return is_before(one->start); });
    return static_cast<std::size_t>(found - all_.begin());
  }

  /// Precondition: there is none that begins then.
  slice& add(timestamp start) {
    auto made = std::make_unique<slice>();
    made->start = start;
    // No further than the end of time: the beginning of time does not follow.
    const auto behind_start =
        static_cast<std::uint64_t>(timestamp::max().time_since_epoch().count())
        - static_cast<std::uint64_t>(start.time_since_epoch().count());
    made->length = std::min(length_ - 1, behind_start) + 1;
    if (!spares_.empty()) {
      made->states = std::move(spares_.back());
      spares_.pop_back();
    }
    const auto behind = static_cast<std::ptrdiff_t>(first_from(start));
    return **all_.insert(all_.begin() + behind, std::move(made));
  }

  /// The earliest.
  void drop_front() {
    recent_.fill(&nowhere_);
    auto& states = all_.front()->states;
    states.clear();
    if (spares_.size() < most_spares) spares_.push_back(std::move(states));
    all_.erase(all_.begin());
  }

  /// Gives back the storage of tables that are not used.
  void drop_spares() noexcept { spares_.clear(); }

  void forget_numbers() noexcept {
    for (auto& one : all_) one->by_number.clear();
  }

  /// Keys: one a slice in which it has rows. `more` states are kept elsewhere, whose heap counts.
  [[nodiscard]] state_usage usage(std::size_t more = 0) const {
    state_usage sum;
    const slice* largest = &nowhere_;
    for (const auto& one : all_) {
      sum.entries += one->states.size();
      sum.bytes += one->states.bytes() + one->by_number.bytes();
      if (one->states.size() > largest->states.size()) largest = one.get();
    }
    const auto heap = detail::heap_of_entry(largest->states, [](const auto& one) {
      return held_bytes(one.key) + held_bytes(one.value);
    });
    sum.bytes += static_cast<std::size_t>(heap * static_cast<double>(sum.entries + more));
    return sum;
  }

  /// What tables may take more, while and after they grow, when so many rows come.
  [[nodiscard]] std::size_t growth(std::size_t rows) const noexcept {
    return detail::growth_of(all_, rows);
  }

private:
  static constexpr std::size_t most_spares = 8;
  static constexpr std::size_t places = 64;

  __extension__ using wide = __int128; // of g++ and clang
  __extension__ using unsigned_wide = unsigned __int128;

  /// A 2^(64 + shift)th of what one divides by in place of a length, rounded up.
  static std::int64_t a_length(std::uint64_t length, int shift) noexcept {
    const auto most = static_cast<unsigned_wide>(std::numeric_limits<std::int64_t>::max());
    const auto one = static_cast<unsigned_wide>(1) << (64 + shift);
    return static_cast<std::int64_t>(std::min((one + length - 1) / length, most));
  }
  // Should the place be wrong, next to the end of a slice, `find_slowly` finds it all the same.
  [[nodiscard]] std::size_t place_of(timestamp time) const noexcept {
    const auto since = static_cast<std::int64_t>(
        static_cast<std::uint64_t>(time.time_since_epoch().count())
        - static_cast<std::uint64_t>(offset_)); // may wrap, as times at the end of time do
    const auto upper = static_cast<std::int64_t>(static_cast<wide>(since) * a_length_ >> 64);
    return static_cast<std::size_t>(upper >> shift_) % places;
  }

  [[gnu::noinline]] slice* find_slowly(timestamp time) noexcept {
    auto i = first_from(time);
    if (i == all_.size() || all_[i]->start != time) {
      if (i-- == 0 || !all_[i]->has(time)) return nullptr;
    }
    return recent_[place_of(time)] = all_[i].get();
  }

  std::uint64_t length_;
  std::int64_t offset_;
  int shift_;
  std::int64_t a_length_;                   // by which to multiply for the number of a slice
  std::vector<std::unique_ptr<slice>> all_; // by start
  slice nowhere_;
  std::array<slice*, places> recent_; // by the number of the slice
  std::vector<Table> spares_;         // empty
};

} // namespace weir
