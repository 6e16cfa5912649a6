// SPDX-License-Identifier: Apache-2.0
//
// key_table: a value a key, in the order in which keys came: an index of open addressing over
// entries that lie densely, so that all of them are walked without a gap, and nothing is allocated
// for a key. `clear` keeps the storage.
//
// References to values hold until the next `at`. Memory: 16 to 32 bytes of index a key (64 for less
// than 16,384 keys), and one entry, and the text that keys own. One owner.
//
//   key_table<std::string, double> totals;
//   totals.at(key_hash(name), name, [] { return 0.0; }) += amount;
//   for (const auto& [key, value] : totals) ...
//
//   index    [hash|entry][        ][hash|entry] ...   linear probing, at most half full
//   entries  [key|value][key|value] ...

#pragma once

#include <weir/actors/state/key.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace weir {

template <class Key, class Value>
class key_table {
  struct packed_entry {
    Key key;
    Value value;
  };
  static constexpr bool is_part_of_line = sizeof(packed_entry) == 32 || sizeof(packed_entry) == 64;

public:
  /// One that can lie in one cache line does.
  struct alignas(is_part_of_line ? sizeof(packed_entry) : alignof(packed_entry)) entry {
    Key key;
    Value value;
  };

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] auto begin() noexcept { return entries_.begin(); }
  [[nodiscard]] auto end() noexcept { return entries_.end(); }
  [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
  [[nodiscard]] auto end() const noexcept { return entries_.end(); }
  [[nodiscard]] entry& operator[](std::size_t i) noexcept { return entries_[i]; }
  [[nodiscard]] const entry& operator[](std::size_t i) const noexcept { return entries_[i]; }
  /// Of a value of the table.
  [[nodiscard]] std::size_t index_of(const Value& value) const noexcept {
    const auto* const at = reinterpret_cast<const std::byte*>(&value);
    const auto* const first = reinterpret_cast<const std::byte*>(&entries_.front().value);
    return static_cast<std::size_t>(at - first) / sizeof(entry);
  }

  /// The value of a key; `make()` is its first. `seen` may borrow what the kept key owns.
  template <class Seen, class Make>
  Value& at(std::uint64_t hash, const Seen& seen, Make make) {
    for (std::size_t place = hash & mask_;; place = (place + 1) & mask_) {
      const slot found = index_[place];
      if (found.entry == none) return add(hash, place, seen, make);
      if (found.hash == tag_of(hash) && same_key(entries_[found.entry].key, seen))
        return entries_[found.entry].value;
    }
  }

  /// nullptr: there is none.
  template <class Seen>
  [[nodiscard]] const Value* find(std::uint64_t hash, const Seen& seen) const noexcept {
    for (std::size_t place = hash & mask_;; place = (place + 1) & mask_) {
      const slot found = index_[place];
      if (found.entry == none) return nullptr;
      if (found.hash == tag_of(hash) && same_key(entries_[found.entry].key, seen))
        return &entries_[found.entry].value;
    }
  }
  template <class Seen>
  [[nodiscard]] Value* find(std::uint64_t hash, const Seen& seen) noexcept {
    return const_cast<Value*>(std::as_const(*this).find(hash, seen));
  }

  /// What `at` and `find` will look at, brought near some keys ahead: the place in the index, and,
  /// once that is there, the entry.
  void prefetch(std::uint64_t hash) const noexcept { __builtin_prefetch(&index_[hash & mask_]); }
  void prefetch_entry(std::uint64_t hash) const noexcept {
    if (const auto i = index_[hash & mask_].entry; i != none)
      __builtin_prefetch(entries_.data() + i);
  }

  void clear() noexcept {
    entries_.clear();
    index_.assign(index_.size(), {});
  }

  /// Removes a key that is there; the last entry takes the place of its own.
  template <class Seen>
  void remove(std::uint64_t hash, const Seen& seen) {
    std::size_t place = hash & mask_;
    while (index_[place].hash != tag_of(hash) || index_[place].entry == none
           || !same_key(entries_[index_[place].entry].key, seen))
      place = (place + 1) & mask_;
    const std::size_t i = index_[place].entry;
    erase_slot(place);
    const std::size_t last = entries_.size() - 1;
    if (i != last) {
      index_[place_of(last)].entry = static_cast<std::uint32_t>(i);
      // Text that is assigned to would keep the block of what is removed.
      [[maybe_unused]] const entry gone = std::exchange(entries_[i], std::move(entries_[last]));
    }
    entries_.pop_back();
  }

  /// Of index and entries; what they own on the heap comes on top.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return index_.capacity() * sizeof(slot) + entries_.capacity() * sizeof(entry);
  }

  /// How many keys more it takes without allocating.
  [[nodiscard]] std::size_t room() const noexcept {
    return std::min(entries_.capacity(), most_entries(index_.size())) - entries_.size();
  }
  /// What one that has grown to so many keys takes.
  [[nodiscard]] static std::size_t bytes_for(std::size_t keys) noexcept {
    std::size_t size = first_size;
    while (most_entries(size) < keys) size *= 2;
    return size * sizeof(slot) + std::bit_ceil(keys) * sizeof(entry);
  }
  /// Allocates for so many keys, at once and no more than they need.
  void reserve(std::size_t keys) {
    std::size_t size = index_.size();
    while (most_entries(size) < keys) size *= 2;
    if (size > index_.size()) resize_index(size);
    entries_.reserve(keys);
  }
  /// The most keys that a table of so many bytes can hold, each with `more` bytes on the heap.
  [[nodiscard]] static std::size_t keys_within(std::size_t bytes, std::size_t more = 0) noexcept {
    std::size_t most = 0;
    for (std::size_t size = first_size; size <= bytes / sizeof(slot); size *= 2) {
      const auto fit = (bytes - size * sizeof(slot)) / (sizeof(entry) + more);
      most = std::max(most, std::min(fit, most_entries(size)));
    }
    return most;
  }

private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t first_size = 16;
  static constexpr std::size_t sparse_below = std::size_t{1} << 16U;

  struct slot {
    std::uint32_t hash = 0; // the middle bits: neither those of the place nor of the key group
    std::uint32_t entry = none;
  };

  static std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 24U);
  }

  template <class Seen, class Make>
  [[gnu::noinline]] Value& add(std::uint64_t hash, std::size_t place, const Seen& seen, Make make) {
    if (entries_.size() >= most_entries(index_.size())) {
      resize_index(index_.size() * 2);
      place = free_place(hash);
    }
    if (entries_.size() == none) throw std::length_error{"more than 4 billion keys in one table"};
    entries_.push_back({canonical_key(Key(seen)), make()});
    index_[place] = {tag_of(hash), static_cast<std::uint32_t>(entries_.size() - 1)};
    return entries_.back().value;
  }

  /// While the index fits a core's second cache it is sparse: a key is mostly where it is looked
  /// for, and the processor guesses right.
  [[nodiscard]] static std::size_t most_entries(std::size_t size) noexcept {
    return size / (size <= sparse_below ? 4 : 2);
  }
  [[nodiscard]] std::size_t free_place(std::uint64_t hash) const noexcept {
    std::size_t place = hash & mask_;
    while (index_[place].entry != none) place = (place + 1) & mask_;
    return place;
  }

  void resize_index(std::size_t size) {
    index_.assign(size, {});
    mask_ = size - 1;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      const auto hash = key_hash(entries_[i].key);
      index_[free_place(hash)] = {tag_of(hash), i};
    }
  }

  [[nodiscard]] std::size_t place_of(std::size_t i) const noexcept {
    std::size_t place = key_hash(entries_[i].key) & mask_;
    while (index_[place].entry != i) place = (place + 1) & mask_;
    return place;
  }

  /// Those behind it that would not be found any more move up (Knuth, volume 3, algorithm 6.4R).
  void erase_slot(std::size_t hole) {
    for (std::size_t place = (hole + 1) & mask_; index_[place].entry != none;
         place = (place + 1) & mask_) {
      const std::size_t home = key_hash(entries_[index_[place].entry].key) & mask_;
      if (((place - home) & mask_) < ((place - hole) & mask_)) continue;
      index_[hole] = index_[place];
      hole = place;
    }
    index_[hole] = {};
  }

  std::vector<slot> index_ = std::vector<slot>(first_size);
  std::size_t mask_ = first_size - 1;
  std::vector<entry> entries_;
};

} // namespace weir
