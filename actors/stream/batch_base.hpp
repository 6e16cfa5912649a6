// SPDX-License-Identifier: Apache-2.0
//
// batch_base: everything about a batch but its rows: how many there are, their origin and event
// times, the text they point into, a watermark. Shells, links and planners see batches through
// this; batch.hpp has the rows, and says what a batch is.

#pragma once

#include <weir/actors/stream/credit.hpp>
#include <weir/actors/stream/origin.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace weir {

/// Text (or anything) that rows of a batch point into, kept alive by it.
struct kept_text {
  std::shared_ptr<const void> owner;
  std::size_t bytes = 0;
};

/// One owner writes; once shared between actors it is immutable.
class batch_base {
public:
  explicit batch_base(std::size_t capacity) : capacity_{capacity}, limit_{capacity} {}
  batch_base(const batch_base&) = delete;
  batch_base& operator=(const batch_base&) = delete;
  virtual ~batch_base() = default;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// Rows that may still be added: nothing once the batch holds `batch_bytes` of text.
  [[nodiscard]] std::size_t room() const noexcept {
    return heap_bytes_ + text_bytes_ >= batch_bytes && size_ > 0 ? 0 : limit_ - size_;
  }
  [[nodiscard]] bool is_full() const noexcept { return room() == 0; }
  /// Lets the batch take no more than `rows` rows (at least one), until `clear`.
  void set_limit(std::size_t rows) noexcept {
    limit_ = std::clamp(rows, std::size_t{1}, capacity_);
  }

  /// Lets the batch, which has rows, take no more until `clear`: what follows is for the next one.
  void close() noexcept { limit_ = size_; }

  /// What the batch costs a link: its rows, their heap, and the text it keeps.
  [[nodiscard]] credit cost() const noexcept {
    return {static_cast<std::int64_t>(size_),
            static_cast<std::int64_t>(size_ * row_bytes() + heap_bytes_ + text_bytes_)};
  }
  [[nodiscard]] virtual std::size_t row_bytes() const noexcept = 0;

  /// Empties the batch, keeping its storage; lets go of its text.
  void clear() noexcept;

  /// The partition and position of the first row (of row i: `origin_of(i)`).
  void set_origin(origin first) noexcept { first_ = first; }
  [[nodiscard]] const origin& first_origin() const noexcept { return first_; }
  [[nodiscard]] origin origin_of(std::size_t i) const noexcept {
    return {first_.partition, first_.position + (has_offsets_ ? offsets_[i] : i)};
  }
  [[nodiscard]] bool has_offsets() const noexcept { return has_offsets_; }

  /// The event time of every row, once it was chosen.
  [[nodiscard]] bool has_times() const noexcept { return has_times_; }
  [[nodiscard]] timestamp time_of(std::size_t i) const noexcept { return times_[i]; }
  /// Room for one time a row of the whole capacity, for an operator that chooses event time.
  [[nodiscard]] timestamp* times_for_writing();

  /// A promise that holds after the last row: no row with an earlier event time follows.
  void set_watermark(timestamp time) noexcept { watermark_ = time; }
  [[nodiscard]] const std::optional<timestamp>& watermark() const noexcept { return watermark_; }
  void swap_watermark(batch_base& other) noexcept { std::swap(watermark_, other.watermark_); }

  /// What the partition of these rows alone had promised before them, where some are older than
  /// that: late, whatever the watermark over all partitions has come to. Otherwise the least time.
  void set_own_watermark(timestamp time) noexcept { own_watermark_ = time; }
  [[nodiscard]] timestamp own_watermark() const noexcept { return own_watermark_; }

  /// Keeps text alive as long as the batch lives (or until `clear`). Its bytes count as the
  /// batch's.
  void keep(kept_text text);
  [[nodiscard]] std::span<const kept_text> texts() const noexcept { return texts_; }
  [[nodiscard]] std::size_t text_bytes() const noexcept { return text_bytes_; }
  /// What the rows own, as far as their table tells.
  [[nodiscard]] std::size_t heap_bytes() const noexcept { return heap_bytes_; }

  /// Whether rows that descend from `in` may be added: same partition and watermark of its own,
  /// positions in reach, times alike.
  [[nodiscard]] bool can_follow(const batch_base& in) const noexcept;

  // Times, origin and text for rows about to be added by `rows_added`, taken from rows of `in` they
  // descend from. Precondition: `can_follow(in)`. It does no harm when fewer are added in the end.
  void inherit(const batch_base& in, std::size_t from, std::size_t rows, bool texts);
  void inherit_selected(const batch_base& in, std::size_t from,
                        std::span<const std::uint32_t> chosen, bool texts);
  void inherit_repeated(const batch_base& in, std::size_t from, std::size_t rows, bool texts);

  /// Where the numbers of rows chosen of `in` are written: number i means row `from + i - start`.
  struct choice {
    std::uint32_t* numbers; ///< Room for all rows of the capacity that are not taken yet.
    std::uint32_t start;
  };
  /// Like inherit_selected, for who writes the numbers where the offsets will be, which saves a
  /// pass: choose, copy the rows, `inherit_choice`, `rows_added`.
  [[nodiscard]] choice choose_of(const batch_base& in, std::size_t from);
  void inherit_choice(const batch_base& in, std::size_t from, choice chosen, std::size_t rows,
                      bool texts);
  /// The same for rows of this batch: their numbers, ascending, are written here, then
  /// `keep_chosen`.
  [[nodiscard]] std::uint32_t* choose_own();
  /// Makes `rows` rows that were written behind the last one part of the batch.
  void rows_added(std::size_t rows) noexcept { size_ += rows; }

  /// Exchanges everything but the limits with a batch of the same row type.
  virtual void swap(batch_base& other) = 0;
  /// Copies rows of `in`, from `from` on, while there is room and `can_follow`; gives how many.
  virtual std::size_t append(const batch_base& in, std::size_t from) = 0;
  /// Drops all rows but the first `rows` numbers of `choose_own()`. `moved`: the rows themselves
  /// already stand at the front.
  virtual void keep_chosen(std::size_t rows, bool moved) = 0;
  /// Copies borrowed text into one new block when less than a quarter of what is kept is used.
  virtual void compact_text() = 0;
  /// The address of the first row, for codecs that work by table.
  [[nodiscard]] virtual const void* row_data() const noexcept = 0;

protected:
  void swap_base(batch_base& other) noexcept;
  void keep_chosen_base(std::size_t rows);
  [[nodiscard]] const std::uint32_t* own_choice() const noexcept {
    return has_offsets_ ? numbers_.get() : offsets_.get();
  }
  void set_heap_bytes(std::size_t bytes) noexcept { heap_bytes_ = bytes; }
  /// Whether it is worth looking at how much of the text is still used; notes that it was.
  [[nodiscard]] bool may_compact() noexcept;
  void add_heap_bytes(std::size_t bytes) noexcept { heap_bytes_ += bytes; }
  void replace_texts(kept_text text);

private:
  void need_offsets();
  void take_texts(const batch_base& in);
  void begin_if_empty(const batch_base& in, std::size_t from);

  std::size_t size_ = 0;
  std::size_t capacity_;
  std::size_t limit_;
  std::size_t heap_bytes_ = 0;
  std::size_t text_bytes_ = 0;
  std::size_t compact_at_ = 0; // text_bytes_ from which on it is looked at again
  origin first_;
  bool has_offsets_ = false;
  bool has_times_ = false;
  std::unique_ptr<std::uint32_t[]> offsets_; // allocated at first need, capacity_ long
  std::unique_ptr<std::uint32_t[]> numbers_; // of choose_own, when offsets_ are in use
  std::unique_ptr<timestamp[]> times_;
  std::optional<timestamp> watermark_;
  timestamp own_watermark_ = timestamp::min();
  std::vector<kept_text> texts_;
};

using batch_ptr = std::shared_ptr<batch_base>;

} // namespace weir
