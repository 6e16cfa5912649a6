// SPDX-License-Identifier: Apache-2.0
//
// rows_in_time: rows that wait for the watermark, to be taken in the order of their event times,
// those of one time in the order in which they came.
//
// Memory: the rows between the watermark and the newest row. Rows own their text. One owner; part
// of the state: `save` and `load`.
//
//   waiting.put(time, row);
//   while (auto due = waiting.take_before(watermark)) use(due->row);

#pragma once

#include <weir/actors/state/held_bytes.hpp>
#include <weir/actors/state/persist.hpp>

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

  void put(timestamp time, T row) {
    bytes_ += sizeof(timed) + held_bytes(row);
    heap_.push_back({time, next_number_++, std::move(row)});
    std::ranges::push_heap(heap_, std::greater{});
  }
  [[nodiscard]] std::optional<timestamp> earliest() const {
    return heap_.empty() ? std::nullopt : std::optional{heap_.front().time};
  }
  /// The earliest row, if it is before `until`.
  std::optional<timed> take_before(timestamp until) {
    if (heap_.empty() || heap_.front().time >= until) return std::nullopt;
    return take();
  }
  /// Precondition: there is one.
  timed take() {
    std::ranges::pop_heap(heap_, std::greater{});
    timed due = std::move(heap_.back());
    heap_.pop_back();
    bytes_ -= sizeof(timed) + held_bytes(due.row);
    return due;
  }

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  void save(snapshot_writer& to) const {
    to.write(next_number_).write(static_cast<std::uint64_t>(heap_.size()));
    for (const auto& [time, number, row] : heap_) {
      save_value(to, time);
      to.write(number);
      save_value(to, row);
    }
  }
  [[nodiscard]] bool load(snapshot_reader& from) {
    std::uint64_t count = 0;
    for (from.read(next_number_).read(count); from.ok() && count > 0; --count) {
      timed one;
      if (!load_value(from, one.time) || !from.read(one.number).ok() || !load_value(from, one.row))
        return false;
      bytes_ += sizeof(timed) + held_bytes(one.row);
      heap_.push_back(std::move(one));
    }
    std::ranges::make_heap(heap_, std::greater{});
    return from.ok();
  }

private:
  std::vector<timed> heap_;
  std::uint64_t next_number_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace weir
