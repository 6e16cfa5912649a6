// SPDX-License-Identifier: Apache-2.0
//
// session_table: the sessions of all keys, as the operator of session windows keeps them.
//
// A session has a number for as long as it is there, and stays in its place: who holds the number
// needs not look for the key. The index leads to the first session of a key; others, which are
// few, follow it by start, each a gap behind the one before. Places of sessions that are gone are
// used again. Memory: a session each, the most there were at a time, and 16 to 32 bytes of index a
// key. References hold until `open`. One owner.
//
//   auto first = sessions.first(hash, key);
//   auto near = sessions.near(first, time, gap);
//   if (near.first == key_index::none) sessions.open(hash, key, near.before, std::move(opened));

#pragma once

#include <weir/actors/operators/window.hpp>
#include <weir/actors/state/held_bytes.hpp>
#include <weir/actors/state/key.hpp>
#include <weir/actors/state/key_index.hpp>
#include <weir/actors/state/persist.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace weir {

template <class State>
struct key_session {
  timestamp start{}, last{};              // of its rows
  std::uint64_t number = 0;               // in the order in which they were opened
  timestamp looked_at = timestamp::max(); // when its timer says
  std::optional<State> content;           // none: there is no session here
  std::uint32_t next = key_index::none;   // of the key; where there is no session, of such places
  bool is_first = false;                  // of the key
  bool is_open = true;                    // has rows that no result counts yet
  bool was_given = false;                 // the next result is an update
  bool has_changed = false;               // has rows that no result, early or not, counts

  void save(snapshot_writer& to) const {
    save_value(to, start);
    save_value(to, last);
    to.write(number).write(is_open).write(was_given).write(has_changed);
    save_value(to, *content);
  }
  /// False: damaged. Precondition: it has content.
  bool load(snapshot_reader& from) {
    return load_value(from, start) && load_value(from, last)
           && from.read(number).read(is_open).read(was_given).read(has_changed).ok()
           && load_value(from, *content);
  }
};

template <class Key, class State>
class session_table {
  struct packed_place {
    Key key;
    key_session<State> session;
  };
  static constexpr bool is_line = sizeof(packed_place) == 64;

public:
  using session = key_session<State>;
  static constexpr std::uint32_t none = key_index::none;

  [[nodiscard]] session& operator[](std::uint32_t i) noexcept { return places_[i].one; }
  [[nodiscard]] const session& operator[](std::uint32_t i) const noexcept { return places_[i].one; }
  [[nodiscard]] const Key& key_of(std::uint32_t i) const noexcept { return places_[i].key; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// The first session of a key; `none`: it has none.
  [[nodiscard]] std::uint32_t first(std::uint64_t hash, const auto& key) const noexcept {
    return look_for(hash, key).entry;
  }
  struct sessions_near {
    std::uint32_t before = none;             // what a row of that time would follow
    std::uint32_t first = none, last = none; // that it joins
  };
  /// Of a key whose first session is `at`.
  [[nodiscard]] sessions_near near(std::uint32_t at, timestamp time, duration gap) const noexcept {
    sessions_near found;
    for (; at != none && detail::moved((*this)[at].last, gap) <= time; at = (*this)[at].next)
      found.before = at;
    for (; at != none && (*this)[at].start < detail::moved(time, gap); at = (*this)[at].next) {
      if (found.first == none) found.first = at;
      found.last = at;
    }
    return found;
  }

  /// Gives its number. `before`: the session of the key that it follows; `none`: it is the first.
  std::uint32_t open(std::uint64_t hash, const auto& key, std::uint32_t before, session opened) {
    const auto i = before == none ? make_first(hash, key) : make_behind(before, key);
    opened.next = places_[i].one.next;
    opened.is_first = places_[i].one.is_first;
    places_[i].one = std::move(opened);
    return i;
  }
  void close(std::uint32_t i) {
    const auto& one = places_[i].one;
    if (one.is_first) {
      const auto place = index_.place_of(key_hash(places_[i].key), i);
      if (one.next == none)
        index_.remove(place);
      else
        index_.renumber(place, one.next), places_[one.next].one.is_first = true;
    } else {
      auto before = first(key_hash(places_[i].key), places_[i].key);
      while (places_[before].one.next != i) before = places_[before].one.next;
      places_[before].one.next = one.next;
    }
    set_free(i);
  }
  /// The one that follows it in its key.
  void close_next(std::uint32_t i) {
    const auto gone = places_[i].one.next;
    places_[i].one.next = places_[gone].one.next;
    set_free(gone);
  }

  /// Calls `use(session)` with each, in no order.
  void each(const auto& use) const {
    for (const auto& at : places_)
      if (at.one.content) use(at.one);
  }

  /// What will be looked at, brought near some keys ahead: the place in the index, and, once that
  /// is there, the session; or that of a number.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const noexcept { index_.prefetch(hash); }
  [[gnu::always_inline]] void prefetch_entry(std::uint64_t hash) const noexcept {
    if (const auto i = index_.likely(hash); i != none) prefetch_session(i);
  }
  [[gnu::always_inline]] void prefetch_session(std::uint32_t i) const noexcept {
    const auto* const at = reinterpret_cast<const char*>(places_.data() + i);
    __builtin_prefetch(at);
    if constexpr (!is_line) __builtin_prefetch(at + sizeof(place) - 1);
  }

  /// With what keys and states own, measured by 16 of them.
  [[nodiscard]] std::size_t bytes() const noexcept {
    constexpr std::size_t some = 16;
    std::size_t held = 0;
    if constexpr (can_hold_heap<Key> || can_hold_heap<State>)
      for (std::size_t i = 0; i < some && !places_.empty(); ++i) {
        const auto& [key, one] = places_[i * places_.size() / some];
        held += held_bytes(key) + held_bytes(one.content);
      }
    return index_.bytes() + places_.capacity() * sizeof(place) + held * places_.size() / some;
  }

  void save(snapshot_writer& to) const {
    to.write(static_cast<std::uint64_t>(index_.size()));
    for (const auto& [key, one] : places_) {
      if (!one.is_first) continue;
      std::uint64_t count = 1;
      for (auto i = one.next; i != none; i = (*this)[i].next) ++count;
      save_value(to, key);
      to.write(count);
      one.save(to);
      for (auto i = one.next; i != none; i = (*this)[i].next) (*this)[i].save(to);
    }
  }
  /// Calls `use(i)` with each that was loaded. False: damaged. Precondition: it is empty.
  bool load(snapshot_reader& from, const auto& aggregation, const auto& use) {
    std::uint64_t keys = 0, count = 0;
    bool is_good = from.read(keys).ok();
    for (; is_good && keys > 0; --keys) {
      Key key{};
      is_good = load_value(from, key) && from.read(count).ok();
      for (auto before = none; is_good && count > 0; --count) {
        session one{.content = aggregation.create()};
        is_good = one.load(from);
        if (is_good) use(before = open(key_hash(key), key, before, std::move(one)));
      }
    }
    return is_good;
  }

private:
  /// In one cache line if it can.
  struct alignas(is_line ? 64 : alignof(packed_place)) place {
    Key key;
    session one;
  };

  [[nodiscard, gnu::always_inline]] key_index::found look_for(std::uint64_t hash,
                                                              const auto& key) const noexcept {
    return index_.find(hash, [&](std::uint32_t i) { return same_key(places_[i].key, key); });
  }

  std::uint32_t make_first(std::uint64_t hash, const auto& key) {
    const auto i = take_free(key);
    const auto at = look_for(hash, key);
    if (at.entry == none) {
      index_.add(hash, index_.make_room(hash, at.place), i);
    } else {
      index_.renumber(at.place, i);
      places_[at.entry].one.is_first = false;
    }
    places_[i].one.next = at.entry;
    places_[i].one.is_first = true;
    return i;
  }
  std::uint32_t make_behind(std::uint32_t before, const auto& key) {
    const auto i = take_free(key);
    places_[i].one.next = std::exchange(places_[before].one.next, i);
    return i;
  }

  std::uint32_t take_free(const auto& key) {
    auto i = free_;
    if (i == none) {
      if (places_.size() == none) throw std::length_error{"more than 4 billion sessions"};
      i = static_cast<std::uint32_t>(places_.size());
      places_.push_back({canonical_key(Key(key)), {}});
    } else {
      places_[i].key = canonical_key(Key(key));
      free_ = places_[i].one.next;
    }
    ++size_;
    return i;
  }
  void set_free(std::uint32_t i) {
    auto& [key, one] = places_[i];
    // Text that is assigned to would keep its block.
    if constexpr (can_hold_heap<Key>) [[maybe_unused]]
      const Key gone = std::exchange(key, Key{});
    one.content.reset();
    one.looked_at = timestamp::max(); // its timer finds nothing
    one.is_first = one.has_changed = false;
    one.next = std::exchange(free_, i);
    --size_;
  }

  key_index index_; // of the first session of each key
  std::vector<place> places_;
  std::uint32_t free_ = none; // the first of the places without a session
  std::size_t size_ = 0;
};

} // namespace weir
