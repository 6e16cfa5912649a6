// SPDX-License-Identifier: Apache-2.0
//
// rows_in_time: rows that wait for the watermark, to be taken in the order of their event times,
// those of one time in the order in which they came.
//
// A row that comes behind all others, as they mostly do, is put at the end of a ring and is not
// moved before it is taken; others go into a heap beside it. Memory: the rows between the watermark
// and the newest row. Rows own their text. One owner; part of the state: `save` and `load`.
//
//   waiting.put(time, row);
//   while (auto due = waiting.take_before(watermark)) use(due->row);

#pragma once

#include <weir/actors/state/held_bytes.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace weir {

template <persistent T>
class rows_in_time {
public:
  struct timed {
    timestamp time{};
    std::uint64_t number = 0; ///< In the order in which they came.
    T row{};

    friend bool operator>(const timed& a, const timed& b) {
      return a.time != b.time ? a.time > b.time : a.number > b.number;
    }
  };

  void put(timestamp time, T&& row) {
    const auto number = next_number_++;
    bytes_ += sizeof(timed) + held_bytes(row);
    if (count_ == 0 || ring_at(count_ - 1).time <= time) {
      append({time, number, std::move(row)});
    } else {
      heap_.push_back({time, number, std::move(row)});
      std::ranges::push_heap(heap_, std::greater{});
    }
  }
  [[nodiscard]] std::optional<timestamp> earliest() const {
    return size() == 0 ? std::nullopt : std::optional{first().time};
  }
  /// The earliest row. Precondition: there is one, for this and what follows.
  [[nodiscard]] const timed& first() const noexcept {
    return is_first_in_heap() ? heap_.front() : ring_at(0);
  }
  void drop_first() {
    bytes_ -= sizeof(timed) + held_bytes(first().row);
    remove_first();
  }
  timed take() {
    auto& from = is_first_in_heap() ? heap_.front() : ring_at(0);
    bytes_ -= sizeof(timed) + held_bytes(from.row);
    timed due = std::move(from); // its time and number stay where they are
    remove_first();
    return due;
  }
  /// The earliest row, if it is before `until`.
  std::optional<timed> take_before(timestamp until) {
    if (size() == 0 || first().time >= until) return std::nullopt;
    return take();
  }

  [[nodiscard]] std::size_t size() const noexcept { return count_ + heap_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  void save(snapshot_writer& to) const {
    to.write(next_number_).write(static_cast<std::uint64_t>(size()));
    const auto save_one = [&](const timed& one) {
      save_value(to, one.time);
      to.write(one.number);
      save_value(to, one.row);
    };
    for (std::size_t i = 0; i < count_; ++i) save_one(ring_at(i));
    for (const auto& one : heap_) save_one(one);
  }
  [[nodiscard]] bool load(snapshot_reader& from) {
    std::uint64_t count = 0;
    std::vector<timed> all;
    for (from.read(next_number_).read(count); from.ok() && count > 0; --count) {
      timed one;
      if (!load_value(from, one.time) || !from.read(one.number).ok() || !load_value(from, one.row))
        return false;
      bytes_ += sizeof(timed) + held_bytes(one.row);
      all.push_back(std::move(one));
    }
    std::ranges::sort(all, std::less{}, [](const timed& one) {
      return std::pair{one.time, one.number};
    });
    for (auto& one : all) append(std::move(one));
    return from.ok();
  }

private:
  static constexpr std::size_t first_size = 16;
  static constexpr std::size_t most_spare = 1'024;

  [[nodiscard]] timed& ring_at(std::size_t i) noexcept {
    return ring_[(first_ + i) & (ring_.size() - 1)];
  }
  [[nodiscard]] const timed& ring_at(std::size_t i) const noexcept {
    return ring_[(first_ + i) & (ring_.size() - 1)];
  }
  [[nodiscard]] bool is_first_in_heap() const noexcept {
    return !heap_.empty() && (count_ == 0 || ring_at(0) > heap_.front());
  }
  void remove_first() {
    if (is_first_in_heap()) {
      std::ranges::pop_heap(heap_, std::greater{});
      heap_.pop_back();
      return;
    }
    ring_at(0).row = T{};
    first_ = (first_ + 1) & (ring_.size() - 1);
    if (--count_ > 0 || ring_.size() <= most_spare) return;
    ring_ = {};
    first_ = 0;
  }
  void append(timed one) {
    if (count_ == ring_.size()) {
      std::vector<timed> larger(std::max(first_size, 2 * ring_.size()));
      for (std::size_t i = 0; i < count_; ++i) larger[i] = std::move(ring_at(i));
      ring_ = std::move(larger);
      first_ = 0;
    }
    ring_at(count_++) = std::move(one);
  }

  std::vector<timed> ring_; // ascending; a power of two
  std::size_t first_ = 0;   // of the ring
  std::size_t count_ = 0;   // in the ring
  std::vector<timed> heap_; // those that came behind a later one
  std::uint64_t next_number_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace weir
