// SPDX-License-Identifier: Apache-2.0
//
// key_index: which entry is that of a key, for who keeps entries by number: open addressing over
// hashes, without the keys.
//
// Of a hash the lower half is kept, which also tells where it is looked for: so the index grows and
// closes gaps by itself, and entries are looked at only to compare keys. Memory: 16 to 32 bytes a
// key (64 for less than 16,384). One owner.
//
//   const auto at = index.find(hash, [&](std::uint32_t entry) { return keys[entry] == key; });
//   if (at.entry == key_index::none) index.add(hash, index.make_room(hash, at.place), keys.size());
//
//   [hash|entry][        ][hash|entry] ...   linear probing, at most half full

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace weir {

class key_index {
public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  struct found {
    std::size_t place;   ///< Of the entry, or where it would be; good until the next change.
    std::uint32_t entry; ///< `none`: there is none.
  };

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Without growing.
  [[nodiscard]] std::size_t most_keys() const noexcept { return most_entries(slots_.size()); }

  /// `is_it(entry)` says whether an entry of that hash is the one.
  template <class IsIt>
  [[nodiscard, gnu::always_inline]] found find(std::uint64_t hash,
                                               const IsIt& is_it) const noexcept {
    for (std::size_t place = hash & mask_;; place = (place + 1) & mask_) {
      const slot at = slots_[place];
      if (at.entry == none || (at.hash == tag_of(hash) && is_it(at.entry)))
        return {place, at.entry};
    }
  }

  /// Where one is to be that was not found at `place`: there is room then.
  [[nodiscard]] std::size_t make_room(std::uint64_t hash, std::size_t place) {
    if (size_ < most_entries(slots_.size())) return place;
    resize(slots_.size() * 2);
    return free_place(tag_of(hash));
  }
  /// Precondition: `make_room` gave the place.
  void add(std::uint64_t hash, std::size_t place, std::uint32_t entry) noexcept {
    slots_[place] = {tag_of(hash), entry};
    ++size_;
  }

  /// Precondition: it is there.
  [[nodiscard]] std::size_t place_of(std::uint64_t hash, std::uint32_t entry) const noexcept {
    std::size_t place = hash & mask_;
    while (slots_[place].entry != entry) place = (place + 1) & mask_;
    return place;
  }
  /// What stands at a place gets another number.
  void renumber(std::size_t place, std::uint32_t entry) noexcept { slots_[place].entry = entry; }

  /// Those behind it that would not be found any more move up (Knuth, volume 3, algorithm 6.4R).
  void remove(std::size_t hole) noexcept {
    for (std::size_t place = (hole + 1) & mask_; slots_[place].entry != none;
         place = (place + 1) & mask_) {
      const std::size_t home = slots_[place].hash & mask_;
      if (((place - home) & mask_) < ((place - hole) & mask_)) continue;
      slots_[hole] = slots_[place];
      hole = place;
    }
    slots_[hole] = {};
    --size_;
  }

  void clear() noexcept {
    slots_.assign(slots_.size(), {});
    size_ = 0;
  }

  /// What `find` will look at, brought near some keys ahead; and, once that is there, the first
  /// entry that it will compare. Inline, as all that only fetches is to be: the compiler takes a
  /// call to it for one without effect.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept {
    __builtin_prefetch(&slots_[hash & mask_]);
  }
  [[nodiscard, gnu::always_inline]] std::uint32_t likely(std::uint64_t hash) const noexcept {
    return find(hash, [](std::uint32_t) { return true; }).entry;
  }

  /// For so many keys, at once.
  void reserve(std::size_t keys) {
    if (const auto size = size_for(keys); size > slots_.size()) resize(size);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return slots_.capacity() * sizeof(slot); }
  [[nodiscard]] static std::size_t bytes_for(std::size_t keys) noexcept {
    return size_for(keys) * sizeof(slot);
  }
  /// The most keys that an index and entries of so many bytes each can have within `bytes`.
  [[nodiscard]] static std::size_t keys_within(std::size_t bytes,
                                               std::size_t entry_bytes) noexcept {
    std::size_t most = 0;
    for (std::size_t size = first_size; size <= bytes / sizeof(slot); size *= 2) {
      const auto fit = (bytes - size * sizeof(slot)) / entry_bytes;
      most = std::max(most, std::min(fit, most_entries(size)));
    }
    return most;
  }

private:
  static constexpr std::size_t first_size = 16;
  static constexpr std::size_t sparse_below = std::size_t{1} << 16U;
  static constexpr std::size_t most_places = std::size_t{1} << 32U; // as far as the tag tells

  struct slot {
    std::uint32_t hash = 0;
    std::uint32_t entry = none;
  };

  /// Not the bits of the key group, which may be the same for all keys.
  static std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash);
  }
  /// While the index fits a core's second cache it is sparse: a key is mostly where it is looked
  /// for, and the processor guesses right.
  [[nodiscard]] static std::size_t most_entries(std::size_t size) noexcept {
    return size / (size <= sparse_below ? 4 : 2);
  }
  [[nodiscard]] static std::size_t size_for(std::size_t keys) noexcept {
    std::size_t size = first_size;
    while (most_entries(size) < keys) size *= 2;
    return size;
  }
  [[nodiscard]] std::size_t free_place(std::uint32_t tag) const noexcept {
    std::size_t place = tag & mask_;
    while (slots_[place].entry != none) place = (place + 1) & mask_;
    return place;
  }
  void resize(std::size_t size) {
    if (size > most_places) throw std::length_error{"more than 2 billion keys in one table"};
    const auto before = std::exchange(slots_, std::vector<slot>(size));
    mask_ = size - 1;
    for (const auto& one : before)
      if (one.entry != none) slots_[free_place(one.hash)] = one;
  }

  std::vector<slot> slots_ = std::vector<slot>(first_size);
  std::size_t mask_ = first_size - 1;
  std::size_t size_ = 0;
};

} // namespace weir
