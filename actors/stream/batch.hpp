// SPDX-License-Identifier: Apache-2.0
//
// batch: a bounded run of rows with their event times and their origin: what travels on links.
//
// Rows lie contiguously. A batch has at most `batch_rows` rows and about `batch_bytes` bytes:
// whoever fills one stops when `is_full()`. Its storage is allocated once and goes round: `clear()`
// keeps it, and rows of owning types keep their buffers. Rows may borrow from text the batch keeps
// alive. All rows of a batch come from one partition; positions ascend or repeat. One owner writes;
// once shared between actors a batch is immutable (`batch_ptr::use_count() > 1`).
//
//   batch<trip> out;
//   out.set_origin({partition, position});               // a source does
//   while (!out.is_full()) out.push_back(next_trip());
//
//   rows                    [ row 0 ][ row 1 ][ row 2 ] ...
//   position, all rows        first   first+1  first+2
//   position, after a filter  first + offset[0], first + offset[1], ...

#pragma once

#include <weir/actors/stream/credit.hpp>
#include <weir/actors/stream/origin.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/actors/stream/row_storage.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace weir {

/// Text (or anything) that rows of a batch point into, kept alive by it.
struct kept_text {
  std::shared_ptr<const void> owner;
  std::size_t bytes = 0;
};

/// Everything about a batch but its rows. Shells, links and planners see batches through this.
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

  /// Keeps text alive as long as the batch lives (or until `clear`). Its bytes count as the
  /// batch's.
  void keep(kept_text text);
  [[nodiscard]] std::span<const kept_text> texts() const noexcept { return texts_; }
  [[nodiscard]] std::size_t text_bytes() const noexcept { return text_bytes_; }
  /// What the rows own, as far as their table tells.
  [[nodiscard]] std::size_t heap_bytes() const noexcept { return heap_bytes_; }

  /// Whether rows that descend from `in` may be added: same partition, positions in reach, times
  /// alike.
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
  std::vector<kept_text> texts_;
};

using batch_ptr = std::shared_ptr<batch_base>;

namespace detail {

/// Heap a row owns, as far as its table tells.
template <class T>
std::size_t heap_bytes_of(const T& field) noexcept {
  if constexpr (std::is_same_v<T, std::string>) {
    return field.size();
  } else if constexpr (std::is_same_v<T, std::optional<std::string>>) {
    return field ? field->size() : 0;
  } else if constexpr (described_struct<T>) {
    std::size_t bytes = 0;
    using members = boost::describe::describe_members<T, boost::describe::mod_public
                                                             | boost::describe::mod_inherited>;
    boost::mp11::mp_for_each<members>([&](auto d) { bytes += heap_bytes_of(field.*d.pointer); });
    return bytes;
  } else {
    return 0;
  }
}
/// Copies all borrowed text of rows into one block; gives it.
kept_text gather_text(const record_info& table, void* rows, std::size_t count);
std::size_t used_text_bytes(const record_info& table, const void* rows, std::size_t count) noexcept;

template <class T>
constexpr bool owns_heap() {
  return !std::is_trivially_copyable_v<T> && tabular<T>;
}

} // namespace detail

/// Rows a batch of T can hold.
template <class T>
inline constexpr std::size_t batch_capacity = std::clamp<std::size_t>(batch_bytes / sizeof(T), 1,
                                                                      batch_rows);

template <row T>
class batch final : public batch_base {
public:
  explicit batch(std::size_t capacity = batch_capacity<T>)
      : batch_base{capacity}, rows_{make_row_storage<T>(capacity)} {}

  [[nodiscard]] std::span<const T> rows() const noexcept { return {rows_.get(), size()}; }
  [[nodiscard]] std::span<T> rows_for_writing() noexcept { return {rows_.get(), size()}; }
  const T& operator[](std::size_t i) const noexcept { return rows_[i]; }
  T& operator[](std::size_t i) noexcept { return rows_[i]; }

  /// Where the next rows go: `room()` of them may be written, then `rows_added(n)`.
  [[nodiscard]] T* tail() noexcept { return rows_.get() + size(); }
  /// The next row, with whatever it held before; it becomes part of the batch by `rows_added(1)`.
  [[nodiscard]] T& next() noexcept { return rows_[size()]; }

  /// Adds one row. Precondition: `room() > 0`.
  void push_back(T row) {
    count_heap(row);
    rows_[size()] = std::move(row);
    rows_added(1);
  }
  /// Adds the row written into `next()`.
  void push_next() {
    count_heap(rows_[size()]);
    rows_added(1);
  }
  /// Adds the rows written from `tail()` on.
  void push_written(std::size_t rows) {
    if constexpr (detail::owns_heap<T>())
      for (std::size_t i = 0; i < rows; ++i) count_heap(tail()[i]);
    rows_added(rows);
  }

  [[nodiscard]] std::size_t row_bytes() const noexcept override { return sizeof(T); }
  [[nodiscard]] const void* row_data() const noexcept override { return rows_.get(); }
  void swap(batch_base& other) override {
    swap_base(other);
    std::swap(rows_, static_cast<batch&>(other).rows_);
  }
  std::size_t append(const batch_base& in, std::size_t from) override;
  void keep_chosen(std::size_t rows, bool moved) override;
  void compact_text() override;

private:
  void count_heap(const T& row) noexcept {
    if constexpr (detail::owns_heap<T>()) add_heap_bytes(detail::heap_bytes_of(row));
  }

  // Of the whole capacity: rows that own heap are all there, and keep their buffers when reused.
  row_storage<T> rows_;
};

/// The rows of a batch that are still to be consumed: what an operator or sink is handed.
template <row T>
class batch_view {
public:
  /// `exclusive`: nobody else can see the batch, so its rows may be changed or taken.
  batch_view(batch<T>& whole, std::size_t first, bool exclusive)
      : whole_{&whole}, first_{first}, exclusive_{exclusive} {}

  [[nodiscard]] std::size_t size() const noexcept { return whole_->size() - first_; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::span<const T> rows() const noexcept {
    return std::as_const(*whole_).rows().subspan(first_);
  }
  const T& operator[](std::size_t i) const noexcept { return std::as_const(*whole_)[first_ + i]; }
  [[nodiscard]] origin origin_of(std::size_t i) const noexcept {
    return whole_->origin_of(first_ + i);
  }
  [[nodiscard]] bool has_times() const noexcept { return whole_->has_times(); }
  [[nodiscard]] timestamp time_of(std::size_t i) const noexcept {
    return whole_->time_of(first_ + i);
  }
  /// The whole batch and where the view begins in it, for `inherit`.
  [[nodiscard]] const batch<T>& whole() const noexcept { return *whole_; }
  [[nodiscard]] std::size_t first() const noexcept { return first_; }

  /// The rows, changeable, when nobody else can see them; nullptr otherwise.
  [[nodiscard]] T* exclusive_rows() noexcept {
    return exclusive_ ? whole_->rows_for_writing().data() + first_ : nullptr;
  }
  /// The whole batch, when nobody else can see it; nullptr otherwise.
  [[nodiscard]] batch<T>* exclusive_whole() noexcept { return exclusive_ ? whole_ : nullptr; }
  /// Whether `move_into(out)` would be done.
  [[nodiscard]] bool can_move_into(const batch<T>& out) const noexcept {
    return exclusive_ && first_ == 0 && out.empty() && out.room() >= whole_->size();
  }
  /// Hands all rows over to an empty `out` without copying, if nobody else can see them; then the
  /// view is empty. Watermarks stay where they are: they are the shell's to pass on.
  [[nodiscard]] bool move_into(batch<T>& out) {
    if (!can_move_into(out)) return false;
    whole_->swap(out);
    whole_->swap_watermark(out);
    return true;
  }

private:
  batch<T>* whole_;
  std::size_t first_;
  bool exclusive_;
};

/// A row type as data: what links and planners compare, and how they make storage.
struct row_type {
  const std::type_info* id;
  std::string name;
  std::size_t row_bytes;
  std::size_t capacity;     ///< Rows in a batch.
  bool is_plain;            ///< Copying a row is copying its bytes.
  const record_info* table; ///< nullptr for types without one.
  batch_ptr (*make)();      ///< A new, empty batch.

  friend bool operator==(const row_type& a, const row_type& b) { return *a.id == *b.id; }
};

template <row T>
const row_type& row_type_of() {
  static const row_type type = [] {
    row_type made{&typeid(T),
                  detail::readable_type_name(typeid(T).name()),
                  sizeof(T),
                  batch_capacity<T>,
                  std::is_trivially_copyable_v<T>,
                  nullptr,
                  [] { return batch_ptr{std::make_shared<batch<T>>()}; }};
    if constexpr (tabular<T>) made.table = &record_of<T>();
    return made;
  }();
  return type;
}

template <row T>
std::size_t batch<T>::append(const batch_base& in, std::size_t from) {
  if constexpr (std::copyable<T>) {
    const auto& other = static_cast<const batch&>(in);
    if (!can_follow(in)) return 0;
    const std::size_t rows = std::min(room(), other.size() - from);
    inherit(in, from, rows, borrows<T>);
    if constexpr (!detail::owns_heap<T>()) {
      std::copy_n(other.rows_.get() + from, rows, tail());
      rows_added(rows);
      return rows;
    } else {
      // The text that came along does not count: all rows of `in` share it.
      std::size_t done = 0;
      for (; done < rows && (empty() || heap_bytes() < batch_bytes); ++done) {
        next() = other[from + done];
        push_next();
      }
      return done;
    }
  } else {
    return 0;
  }
}

template <row T>
void batch<T>::keep_chosen(std::size_t rows, bool moved) {
  if (rows == size()) return;
  const std::uint32_t* numbers = own_choice();
  if (!moved)
    for (std::size_t i = 0; i < rows; ++i) {
      if constexpr (std::is_trivially_copyable_v<T>)
        rows_[i] = rows_[numbers[i]];
      else if (numbers[i] != i)
        std::swap(rows_[i], rows_[numbers[i]]); // dropped rows keep their buffers, for reuse
    }
  keep_chosen_base(rows);
  if constexpr (detail::owns_heap<T>()) {
    set_heap_bytes(0);
    for (std::size_t i = 0; i < rows; ++i) count_heap(rows_[i]);
  }
}

template <row T>
void batch<T>::compact_text() {
  if constexpr (tabular<T> && borrows<T>) {
    if (!may_compact()
        || detail::used_text_bytes(record_of<T>(), rows_.get(), size()) >= text_bytes() / 4)
      return;
    replace_texts(detail::gather_text(record_of<T>(), rows_.get(), size()));
  }
}

} // namespace weir
