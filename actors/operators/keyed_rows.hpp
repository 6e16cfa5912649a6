// SPDX-License-Identifier: Apache-2.0
//
// keyed_rows: takes the rows of a batch by key, for operators that keep all they know of a key in
// one key_table.
//
// Of some rows at a time all keys are told and hashed first, then what the table has of them is
// brought near, then the rows are taken: memory that is far away is waited for once, not row by
// row. Rows are taken in order, each once, and what a row throws names that row, as in a plain
// loop.
//
//   return take_keyed_rows(in, key_of_, states_, [&](std::uint64_t hash, const auto& key, const T&
//   row) { ... });

#pragma once

#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/state/key.hpp>
#include <weir/actors/stream/batch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>

namespace weir::detail {

/// The keys of some rows, held while other rows are looked at: where they lie, or as values.
template <row T, class KeyOf>
class keys_ahead {
public:
  using told = std::invoke_result_t<KeyOf&, const T&>;
  using key_type = std::remove_cvref_t<told>;
  static constexpr bool lies_in_row = std::is_lvalue_reference_v<told>;
  /// Keys that own something are not held: they are told row by row.
  static constexpr bool can_hold =
      lies_in_row
      || (std::is_trivially_copyable_v<key_type> && std::is_default_constructible_v<key_type>);

  /// Of the first rows, as many as fit; fewer where one can't be told, of the first row what that
  /// throws.
  template <class Table>
  void tell(std::span<const T> rows, KeyOf& key_of, const Table& table) {
    const std::size_t most = std::min(rows.size(), keys_.size());
    size_ = 0;
    try {
      for (; size_ < most; ++size_) {
        told key = std::invoke(key_of, rows[size_]);
        hashes_[size_] = key_hash(key);
        table.prefetch(hashes_[size_]);
        if constexpr (lies_in_row)
          keys_[size_] = &key;
        else
          keys_[size_] = key;
      }
    } catch (...) {
      if (size_ == 0) throw; // otherwise it is told again, as the first
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t hash(std::size_t i) const noexcept { return hashes_[i]; }
  [[nodiscard]] const key_type& operator[](std::size_t i) const noexcept {
    if constexpr (lies_in_row)
      return *keys_[i];
    else
      return keys_[i];
  }

private:
  static constexpr std::size_t capacity = 64;

  std::size_t size_ = 0;
  std::array<std::uint64_t, capacity> hashes_;
  std::array<std::conditional_t<lies_in_row, const key_type*, key_type>, capacity> keys_;
};

/// Calls `take(i, hash, key, row)` for each row until it says false: no room. Gives the rows taken.
template <row T, class KeyOf, class Table, class Take>
std::size_t take_keyed_rows_while(const batch_view<T>& in, KeyOf& key_of, const Table& table,
                                  const Take& take) {
  const auto rows = in.rows();
  std::size_t done = 0;
  try {
    if constexpr (keys_ahead<T, KeyOf>::can_hold) {
      keys_ahead<T, KeyOf> keys;
      while (done < rows.size()) {
        keys.tell(rows.subspan(done), key_of, table);
        for (std::size_t i = 0; i < keys.size(); ++i) table.prefetch_entry(keys.hash(i));
        for (std::size_t i = 0; i < keys.size(); ++i, ++done)
          if (!take(done, keys.hash(i), keys[i], rows[done])) return done;
      }
    } else {
      for (; done < rows.size(); ++done) {
        const auto& key = std::invoke(key_of, rows[done]);
        if (!take(done, key_hash(key), key, rows[done])) return done;
      }
    }
  } catch (...) {
    throw_row_failure(done);
  }
  return done;
}

/// Calls `take(hash, key, row)` for each row. Gives how many there are.
template <row T, class KeyOf, class Table, class Take>
std::size_t take_keyed_rows(const batch_view<T>& in, KeyOf& key_of, const Table& table,
                            const Take& take) {
  return take_keyed_rows_while(in, key_of, table,
                               [&](std::size_t, std::uint64_t hash, const auto& key, const T& row) {
                                 take(hash, key, row);
                                 return true;
                               });
}

} // namespace weir::detail
