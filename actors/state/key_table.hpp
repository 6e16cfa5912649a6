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
#include <weir/actors/state/key_index.hpp>

#include <cstddef>
#include <cstdint>
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
    const auto found = look_for(hash, seen);
    return found.entry == key_index::none ? add(hash, found.place, seen, make)
                                          : entries_[found.entry].value;
  }

  /// nullptr: there is none.
  template <class Seen>
  [[nodiscard]] const Value* find(std::uint64_t hash, const Seen& seen) const noexcept {
    const auto found = look_for(hash, seen);
    return found.entry == key_index::none ? nullptr : &entries_[found.entry].value;
  }
  template <class Seen>
  [[nodiscard]] Value* find(std::uint64_t hash, const Seen& seen) noexcept {
    return const_cast<Value*>(std::as_const(*this).find(hash, seen));
  }

  /// What `at` and `find` will look at, brought near some keys ahead: the place in the index, and,
  /// once that is there, the entry.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept { index_.prefetch(hash); }
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept {
    if (const auto i = index_.likely(hash); i != key_index::none)
      __builtin_prefetch(entries_.data() + i);
  }

  void clear() noexcept {
    entries_.clear();
    index_.clear();
  }

  /// Removes a key that is there; the last entry takes the place of its own.
  template <class Seen>
  void remove(std::uint64_t hash, const Seen& seen) {
    const auto [place, i] = look_for(hash, seen);
    index_.remove(place);
    const std::size_t last = entries_.size() - 1;
    if (i != last) {
      const auto moved = index_.place_of(key_hash(entries_[last].key), number(last));
      index_.renumber(moved, i);
      // Text that is assigned to would keep the block of what is removed.
      [[maybe_unused]] const entry gone = std::exchange(entries_[i], std::move(entries_[last]));
    }
    entries_.pop_back();
  }

  /// Of index and entries; what they own on the heap comes on top.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return index_.bytes() + entries_.capacity() * sizeof(entry);
  }

  /// How many keys more it takes without allocating.
  [[nodiscard]] std::size_t room() const noexcept {
    return std::min(entries_.capacity(), index_.most_keys()) - entries_.size();
  }
  /// What one that has grown to so many keys takes.
  [[nodiscard]] static std::size_t bytes_for(std::size_t keys) noexcept {
    return key_index::bytes_for(keys) + std::bit_ceil(keys) * sizeof(entry);
  }
  /// Allocates for so many keys, at once and no more than they need.
  void reserve(std::size_t keys) {
    index_.reserve(keys);
    entries_.reserve(keys);
  }
  /// The most keys that a table of so many bytes can hold, each with `more` bytes on the heap.
  [[nodiscard]] static std::size_t keys_within(std::size_t bytes, std::size_t more = 0) noexcept {
    return key_index::keys_within(bytes, sizeof(entry) + more);
  }

private:
  [[nodiscard]] static std::uint32_t number(std::size_t i) noexcept {
    return static_cast<std::uint32_t>(i);
  }
  template <class Seen>
  [[nodiscard, gnu::always_inline]] key_index::found look_for(std::uint64_t hash,
                                                              const Seen& seen) const noexcept {
    return index_.find(hash, [&](std::uint32_t i) { return same_key(entries_[i].key, seen); });
  }

  template <class Seen, class Make>
  [[gnu::noinline]] Value& add(std::uint64_t hash, std::size_t place, const Seen& seen, Make make) {
    place = index_.make_room(hash, place);
    entries_.push_back({canonical_key(Key(seen)), make()});
    index_.add(hash, place, number(entries_.size() - 1));
    return entries_.back().value;
  }

  key_index index_;
  std::vector<entry> entries_;
};

} // namespace weir
