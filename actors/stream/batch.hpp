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

#include <weir/actors/stream/batch_base.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/actors/stream/row_storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace weir {

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
  /// `exclusive`: nobody else can see the batch, so its rows may be changed or taken. `last`: only
  /// rows before it are meant.
  batch_view(batch<T>& whole, std::size_t first, bool exclusive,
             std::size_t last = std::numeric_limits<std::size_t>::max())
      : whole_{&whole}, first_{first}, last_{last}, exclusive_{exclusive} {}

  [[nodiscard]] std::size_t size() const noexcept {
    return std::min(last_, whole_->size()) - first_;
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::span<const T> rows() const noexcept {
    return std::as_const(*whole_).rows().subspan(first_, size());
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
    return exclusive_ && first_ == 0 && last_ >= whole_->size() && out.empty()
           && out.room() >= whole_->size();
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
  std::size_t last_;
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
