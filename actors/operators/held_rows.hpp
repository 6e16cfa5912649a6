// SPDX-License-Identifier: Apache-2.0
//
// held_rows: the rows of one key that a join holds, by time; those of one time in the order in
// which they came.
//
// Made for very many keys of few rows each: 24 bytes, and one block of the pool that all keys
// share, none where there are no rows. It is a handle: who has it gives it the same pool each time,
// and clears it before the pool goes. Adding the newest row and dropping the oldest cost the same
// however many there are.
//
//   rows.add({{}, time, std::move(row)}, blocks);
//   for (auto* at = rows.from(time); at != rows.end() && at->time <= last; ++at) use(at->row);

#pragma once

#include <weir/actors/state/block_pool.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

namespace weir::detail {

/// Whether a row had a partner; kept where somebody asks.
template <bool IsKept>
struct partner_note {
  bool was_joined = false;
  void note_partner() noexcept { was_joined = true; }
};
template <>
struct partner_note<false> {
  static constexpr bool was_joined = false;
  void note_partner() noexcept {}
};

/// A row that is held, and its time.
template <class Row, bool NotesPartners = false>
struct held_row : partner_note<NotesPartners> {
  timestamp time{};
  Row row{};
};

template <class Held>
class held_rows {
public:
  using pool = block_pool<Held>;

  [[nodiscard]] bool empty() const noexcept { return first_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - first_; }
  [[nodiscard]] Held* begin() noexcept { return rows_ + first_; }
  [[nodiscard]] const Held* begin() const noexcept { return rows_ + first_; }
  [[nodiscard]] Held* end() noexcept { return rows_ + end_; }
  [[nodiscard]] const Held* end() const noexcept { return rows_ + end_; }
  [[nodiscard]] Held& front() noexcept { return rows_[first_]; }
  [[nodiscard]] const Held& operator[](std::size_t i) const noexcept { return rows_[first_ + i]; }

  /// The first that is not before `time`.
  [[nodiscard]] Held* from(timestamp time) noexcept {
    return std::ranges::lower_bound(begin(), end(), time, {}, &Held::time);
  }
  /// The first behind `time`.
  [[nodiscard]] Held* behind(timestamp time) noexcept {
    return std::ranges::upper_bound(begin(), end(), time, {}, &Held::time);
  }
  /// The first row, the last one and the place behind it, brought near.
  void prefetch() const noexcept {
    if (rows_ == nullptr) return;
    __builtin_prefetch(begin());
    __builtin_prefetch(end() - 1);
    __builtin_prefetch(end());
  }

  void add(Held row, pool& blocks) {
    if (end_ == capacity()) make_room(blocks);
    if (empty() || rows_[end_ - 1].time <= row.time) {
      std::construct_at(rows_ + end_, std::move(row));
    } else {
      auto* const place = behind(row.time);
      std::construct_at(rows_ + end_, std::move(rows_[end_ - 1]));
      std::move_backward(place, rows_ + end_ - 1, rows_ + end_);
      *place = std::move(row);
    }
    ++end_;
  }
  /// Precondition: not empty.
  void drop_front(pool& blocks) {
    std::destroy_at(rows_ + first_);
    if (++first_ == end_) let_block_go(blocks);
  }
  void clear(pool& blocks) {
    std::destroy(begin(), end());
    first_ = end_;
    let_block_go(blocks);
  }

private:
  [[nodiscard]] std::size_t capacity() const noexcept {
    return rows_ == nullptr ? 0 : std::size_t{1} << kind_;
  }
  void let_block_go(pool& blocks) {
    if (rows_ != nullptr) blocks.give_back(rows_, kind_);
    *this = {};
  }

  /// At the end: what was dropped in front is used again, or the block is exchanged for a larger.
  [[gnu::noinline]] void make_room(pool& blocks) {
    const auto count = static_cast<std::uint32_t>(size());
    if (first_ != 0 && first_ >= count) {
      std::uninitialized_move(begin(), end(), rows_);
      std::destroy(begin(), end());
    } else {
      const std::uint8_t kind = rows_ == nullptr ? 0 : kind_ + 1;
      if (kind == std::numeric_limits<std::uint32_t>::digits)
        throw std::length_error{"a join holds more than 2 billion rows of one key"};
      auto* const larger = blocks.take(kind);
      std::uninitialized_move(begin(), end(), larger);
      std::destroy(begin(), end());
      if (rows_ != nullptr) blocks.give_back(rows_, kind_);
      rows_ = larger;
      kind_ = kind;
    }
    first_ = 0;
    end_ = count;
  }

  Held* rows_ = nullptr;
  std::uint32_t first_ = 0; // those before it are gone
  std::uint32_t end_ = 0;
  std::uint8_t kind_ = 0; // of the block
};

template <class Held>
void save_rows(snapshot_writer& to, const held_rows<Held>& rows) {
  to.write(static_cast<std::uint64_t>(rows.size()));
  for (const auto& one : rows) {
    save_value(to, one.time);
    to.write(one.was_joined);
    save_value(to, one.row);
  }
}
/// False: damaged. `add` gets each row.
template <class Held>
bool load_rows(snapshot_reader& from, auto add) {
  std::uint64_t count = 0;
  bool is_good = from.read(count).ok();
  for (; is_good && count > 0; --count) {
    Held one;
    bool was_joined = false;
    is_good =
        load_value(from, one.time) && load_value(from, was_joined) && load_value(from, one.row);
    if (was_joined) one.note_partner();
    if (is_good) add(std::move(one));
  }
  return is_good;
}

} // namespace weir::detail
