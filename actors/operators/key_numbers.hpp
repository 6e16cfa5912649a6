// SPDX-License-Identifier: Apache-2.0
//
// key_numbers: small numbers for keys, looked up for many rows at once.
//
// Tables that are open at the same time (one a slice) would each search for the key of a row. Here
// it is searched for once, in an index that is smaller than any of theirs and does not change from
// one to the next, and each table keeps where its entry of a number is (`entries_by_number`). Rows
// are looked at in blocks, and the first look takes no branch: what is not where it was looked for
// is noted, and searched for afterwards.
//
// It is a memory of what tables know, and may forget: number 0 says "ask the table". Memory: 4,096
// keys at most. Where rows are mostly not helped (more keys than numbers, or slices of few rows) it
// rests for a while, then begins anew if it is full. One owner.
//
//   const auto numbers = known.of(rows, key_of);       // of the first rows, up to `block_rows`
//   if (const auto number = known.give(hash, key)) by_number.set(number, entry, table.size());

#pragma once

#include <weir/actors/state/held_bytes.hpp>
#include <weir/actors/state/key.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace weir {

/// Where the entries of numbered keys are in one table.
class entries_by_number {
public:
  /// Counted from 1; 0: not known.
  [[nodiscard]] std::uint32_t of(std::uint32_t number) const noexcept {
    return number < entries_.size() ? entries_[number] : 0;
  }
  /// `entry`, counted from 0, of a table of `size` is that of the number, from 1. Nothing is kept
  /// of numbers that would take more memory than the table's own index.
  void set(std::uint32_t number, std::size_t entry, std::size_t size) {
    if (number >= entries_.size()) {
      if (number > 8 * size) return;
      entries_.resize(number + 1);
    }
    entries_[number] = static_cast<std::uint32_t>(entry + 1);
  }
  void clear() noexcept { entries_.clear(); }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return entries_.capacity() * sizeof(std::uint32_t);
  }

private:
  std::vector<std::uint32_t> entries_;
};

template <class Key>
class key_numbers {
public:
  static constexpr std::size_t block_rows = 512;
  static constexpr std::size_t most_keys = 4096;

  /// The numbers of the first rows, 0 where there is none. Of fewer than `block_rows`, and fewer
  /// than there are, where it rests or `key_of` threw: ask the table.
  template <class T, class KeyOf>
  [[nodiscard]] std::span<const std::uint32_t> of(std::span<const T> rows, KeyOf& key_of) {
    if (rests_for_ > 0) return {};
    const auto looked = look(rows.first(std::min(rows.size(), block_rows)), key_of);
    return std::span{numbers_}.first(search(rows.first(looked), key_of));
  }

  /// Gives a key its number; 0: it gets none.
  [[nodiscard]] std::uint32_t give(std::uint64_t hash, const auto& seen) {
    if (rests_for_ > 0) return 0;
    const auto number = find(hash, seen);
    return number == 0 && keys_.size() <= most_keys ? add(hash, seen) : number;
  }

  /// A block of rows was taken, so many of them by asking the table. True: all numbers are void.
  [[nodiscard]] bool has_taken(std::size_t rows, std::size_t asked) {
    if (rests_for_ > 0) {
      rests_for_ -= std::min(rests_for_, rows);
      return rests_for_ == 0 && keys_.size() > most_keys && forget();
    }
    rows_ += rows;
    asked_ += asked;
    if (rows_ < judged_rows) return false;
    // New keys are what it costs to begin.
    if (asked_ > rows_ / 4 && keys_.size() - keys_before_ < rows_ / 16) rests_for_ = rested_rows;
    rows_ = asked_ = 0;
    keys_before_ = keys_.size();
    return false;
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return places_.capacity() * sizeof(std::uint16_t) + keys_.capacity() * sizeof(kept_key) + heap_;
  }

private:
  static constexpr std::size_t first_places = 64;
  static constexpr std::size_t judged_rows = 16 * block_rows;
  static constexpr std::size_t rested_rows = 256 * block_rows;

  /// Writes what stands where each key is looked for first, right or not, and what was missed.
  /// Gives how many rows it came to before `key_of` threw: the row that it throws for again is
  /// taken without a number.
  template <class T, class KeyOf>
  [[gnu::always_inline]] std::size_t look(std::span<const T> rows, KeyOf& key_of) {
    const auto mask = mask_;
    const auto* const places = places_.data();
    const auto* const keys = keys_.data();
    std::size_t missed = 0, i = 0;
    try {
      for (; i < rows.size(); ++i) {
        const auto& key = std::invoke(key_of, rows[i]);
        const auto hash = key_hash(key);
        const auto guess = places[hash & mask];
        numbers_[i] = guess;
        missed_[missed] = {hash, i};
        missed += static_cast<std::size_t>(!same_key(keys[guess].key, key));
      }
    } catch (...) {
    }
    missed_rows_ = missed;
    return i;
  }
  /// Searches for what was missed, in the same way.
  template <class T, class KeyOf>
  std::size_t search(std::span<const T> rows, KeyOf& key_of) {
    std::size_t i = 0;
    try {
      for (; i < missed_rows_; ++i) {
        const auto& [hash, row] = missed_[i];
        numbers_[row] = find(hash, std::invoke(key_of, rows[row]));
      }
    } catch (...) {
      return missed_[i].row;
    }
    return rows.size();
  }

  [[nodiscard]] std::uint32_t find(std::uint64_t hash, const auto& seen) const noexcept {
    for (auto place = hash & mask_;; place = (place + 1) & mask_) {
      const std::uint32_t number = places_[place];
      if (number == 0 || same_key(keys_[number].key, seen)) return number;
    }
  }

  [[gnu::noinline]] std::uint32_t add(std::uint64_t hash, const auto& seen) {
    const auto number = static_cast<std::uint32_t>(keys_.size());
    keys_.push_back({canonical_key(Key(seen))});
    heap_ += held_bytes(keys_.back().key);
    if (keys_.size() * 8 > places_.size())
      resize(places_.size() * 2);
    else
      place(hash, number);
    return number;
  }
  void place(std::uint64_t hash, std::uint32_t number) noexcept {
    auto at = hash & mask_;
    while (places_[at] != 0) at = (at + 1) & mask_;
    places_[at] = static_cast<std::uint16_t>(number);
  }
  void resize(std::size_t places) {
    places_.assign(places, 0);
    mask_ = places - 1;
    for (std::uint32_t number = 1; number < keys_.size(); ++number)
      place(key_hash(keys_[number].key), number);
  }
  bool forget() {
    keys_.erase(keys_.begin() + 1, keys_.end());
    std::ranges::fill(places_, 0);
    heap_ = 0;
    keys_before_ = 1;
    return true;
  }

  struct kept_key { // a vector of bool has no addresses
    Key key{};
  };
  struct missed_row {
    std::uint64_t hash;
    std::size_t row;
  };

  std::vector<std::uint16_t> places_ = std::vector<std::uint16_t>(first_places); // of numbers
  std::uint64_t mask_ = first_places - 1;
  std::vector<kept_key> keys_ =
      std::vector<kept_key>(1);      // by number; what is at 0 stands for no key
  std::size_t heap_ = 0;             // that keys own
  std::size_t rows_ = 0, asked_ = 0; // since it was judged
  std::size_t keys_before_ = 1;      // when it was
  std::size_t rests_for_ = 0;        // rows
  std::array<std::uint32_t, block_rows> numbers_;
  std::size_t missed_rows_ = 0; // of the block
  std::array<missed_row, block_rows> missed_;
};

} // namespace weir
