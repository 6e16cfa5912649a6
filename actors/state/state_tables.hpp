// SPDX-License-Identifier: Apache-2.0
//
// state_tables: where the states of keyed_state lie: in a table, or in two tables and a backend.
// A part of keyed_state.
//
// `find` looks into young, where all that was used last is; `bring` fetches what is elsewhere. When
// young is full, old is written to the backend, and young becomes old. A state that was removed
// leaves a mark where a backend may hold an older one. Memory is bounded by `place.memory_bytes`:
// of the tables, also while they grow, and of what states and keys hold on the heap (held_bytes),
// measured when `settle` follows `hand_out`. References hold until the next call. One owner.
//
//   at, find --> young --> old --> backend        a state that is used comes back to young
//                  |        ^  |      ^
//                  `- full -'  `------'

#pragma once

#include <weir/actors/state/by_key_group.hpp>
#include <weir/actors/state/held_bytes.hpp>
#include <weir/actors/state/key_table.hpp>
#include <weir/actors/state/spilled_state.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir {

template <class Key, class S>
class state_tables {
public:
  using state = used_state<S>;

  /// States live for `ttl` behind their last use; zero: for ever.
  state_tables(state_place place, duration ttl)
      : place_{std::move(place)},
        ttl_{ttl == duration::zero() ? forever : static_cast<std::uint64_t>(ttl.count())} {}

  [[nodiscard]] const state_place& place() const noexcept { return place_; }
  [[nodiscard]] timestamp watermark() const noexcept { return watermark_; }
  /// Behind it nothing is used any more.
  void set_watermark(timestamp watermark) noexcept { watermark_ = watermark; }

  /// Never before the watermark, and never the time that stands for removed ones.
  [[nodiscard]] timestamp time_of_use(timestamp now) const noexcept {
    return std::max({now, watermark_, state::never + duration{1}});
  }
  [[nodiscard]] bool is_gone(const state& kept, timestamp now) const noexcept {
    return kept.is_removed() || is_expired(kept.last_use, now);
  }

  /// nullptr: it is not in young.
  template <class Seen>
  [[nodiscard]] state* find(std::uint64_t hash, const Seen& seen) noexcept {
    return young_.find(hash, seen);
  }
  /// Brings a state that is not in young there; nullptr: there is none. May be one that is gone.
  template <class Seen>
  [[nodiscard]] state* bring(std::uint64_t hash, const Seen& seen) {
    return spilled_ ? bring_back(hash, seen) : nullptr;
  }
  /// Precondition: the key has none, here or elsewhere.
  template <class Seen>
  state& add(std::uint64_t hash, const Seen& seen, state kept) {
    if (!spilled_) sweep(2);
    state& added = put(hash, seen, std::move(kept));
    ++keys_;
    return added;
  }
  /// In the place of one that is gone.
  void renew(state& gone, state kept) {
    if (gone.is_removed()) ++keys_;
    replace(gone, std::move(kept));
  }
  /// Precondition: `found` is the key's, in young.
  template <class Seen>
  void remove(std::uint64_t hash, const Seen& seen, state& found) {
    if (found.is_removed()) return;
    --keys_;
    replace(found, {});
    if (spilled_) return; // the mark stays
    held_young_ -= held_by_key(seen);
    young_.remove(hash, seen);
  }

  /// For a user, who may change it.
  S& hand_out(state& kept) {
    if constexpr (can_hold_heap<S>) {
      handed_out_ = &kept.value;
      handed_out_bytes_ = held_bytes(kept.value);
    }
    return kept.value;
  }
  /// Measures what was handed out last.
  void settle() {
    if constexpr (can_hold_heap<S>) {
      if (handed_out_ == nullptr) return;
      held_young_ += held_bytes(*handed_out_) - handed_out_bytes_;
      handed_out_ = nullptr;
    }
  }
  /// Makes room, or throws, where states have grown beyond what they may.
  void keep_within_memory() {
    if constexpr (can_hold_heap<S>) {
      if (held_young_ + young_.bytes() <= most_bytes()) return;
      if (!lets_go_of_many() || held_young_ + young_.bytes() > most_bytes()) overflow();
    }
  }

  /// Looks at `most` states and lets go of those that are gone by the watermark. Beside a backend
  /// those in tables are looked at when they are written.
  void let_go(std::size_t most) {
    if (spilled_)
      sweep_spilled(most);
    else
      sweep(most);
  }

  /// Calls `f(key, state)` for all that are not gone by the watermark.
  template <class F>
  void for_each(F f) const {
    for (const auto* each : {&young_, &old_}) {
      for (const auto& [key, kept] : *each) {
        if (!is_gone(kept, watermark_)) f(key, kept);
      }
    }
    if (!spilled_) return;
    spilled_->scan({}, [&](auto key_bytes, auto bytes) {
      if (is_expired(spilled_->last_use_of(bytes), watermark_)) return true;
      const Key key = spilled_->key_of(key_bytes);
      if (!is_close(key)) f(key, spilled_->state_of(bytes));
      return true;
    });
  }

  [[nodiscard]] std::size_t keys() const noexcept { return keys_; }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t bytes = young_.bytes() + old_.bytes() + held_young_ + held_old_;
    if (handed_out_ != nullptr) bytes += held_bytes(*handed_out_) - handed_out_bytes_;
    return bytes + (spilled_ ? spilled_->bytes() : 0);
  }

private:
  using table = key_table<Key, state>;

  static constexpr std::uint64_t forever = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t fewest_keys = 4; // in a table, however little memory there is

  [[nodiscard]] bool is_expired(timestamp last_use, timestamp now) const noexcept {
    return now > last_use
           && static_cast<std::uint64_t>(now.time_since_epoch().count())
                      - static_cast<std::uint64_t>(last_use.time_since_epoch().count())
                  >= ttl_;
  }

  template <class Seen>
  [[nodiscard]] static std::size_t held_by_key(const Seen& seen) {
    if constexpr (can_hold_heap<Key>)
      return held_bytes(Key(seen));
    else
      return 0;
  }

  /// Text that is assigned to would keep its block.
  void replace(state& kept, state by) {
    held_young_ -= held_bytes(kept.value);
    [[maybe_unused]] const state gone = std::exchange(kept, std::move(by));
    held_young_ += held_bytes(kept.value);
  }
  /// Precondition: it is not in young.
  template <class Seen>
  state& put(std::uint64_t hash, const Seen& seen, state kept) {
    if (young_.size() >= room_) make_room();
    held_young_ += held_by_key(seen) + held_bytes(kept.value);
    return young_.at(hash, seen, [&] { return std::move(kept); });
  }
  template <class Seen>
  [[gnu::noinline]] state* bring_back(std::uint64_t hash, const Seen& seen) {
    std::optional<state> found;
    if (state* kept = old_.find(hash, seen)) {
      held_old_ -= held_bytes(kept->value) + held_by_key(seen);
      found = std::move(*kept);
      old_.remove(hash, seen);
    } else {
      found = spilled_->read(hash, canonical_key(Key(seen)));
    }
    return found ? &put(hash, seen, *std::move(found)) : nullptr;
  }

  /// Of a table; a sixteenth of the memory is for what is on its way to the backend.
  [[nodiscard]] std::size_t most_bytes() const noexcept {
    return place_.open_backend ? place_.memory_bytes / 32 * 15 : place_.memory_bytes;
  }
  /// For one more key at least. While a table grows, it is there twice.
  [[gnu::noinline]] void make_room() {
    const std::size_t size = young_.size(), bytes = young_.bytes();
    const std::size_t held = size == 0 ? 0 : held_young_ / size;
    const std::size_t room =
        most_bytes() > bytes ? table::keys_within(most_bytes() - bytes, held) : 0;
    room_ = std::min(room, std::max<std::size_t>(2 * size, 16));
    if (room_ > size + size / 8) return young_.reserve(room_);
    room_ = size;
    if (!lets_go_of_many()) overflow();
  }
  /// Worth the look at all.
  bool lets_go_of_many() {
    const std::size_t before = young_.size();
    if (!spilled_) sweep(before);
    return young_.size() < before - before / 8;
  }
  void overflow() {
    if (!place_.open_backend) throw detail::state_too_large(place_, keys_, bytes());
    if (!spilled_) spilled_.emplace(place_);
    for (const std::uint32_t i : by_key_group(old_)) {
      const auto& [key, kept] = old_[i];
      const bool is_kept = !is_gone(kept, watermark_);
      if (!is_kept && !kept.is_removed()) --keys_;
      spilled_->put(key_hash(key), key, is_kept ? &kept : nullptr);
    }
    spilled_->write();
    old_ = std::exchange(young_, {});
    held_old_ = std::exchange(held_young_, 0);
    const std::size_t held = old_.empty() ? 0 : held_old_ / old_.size();
    room_ = std::max(table::keys_within(most_bytes(), held), fewest_keys);
    young_.reserve(room_);
  }

  void sweep(std::size_t most) {
    if (ttl_ == forever) return;
    for (; most > 0 && !young_.empty(); --most) {
      if (swept_ >= young_.size()) swept_ = 0;
      const auto& [key, kept] = young_[swept_];
      if (!is_expired(kept.last_use, watermark_)) {
        ++swept_;
        continue;
      }
      held_young_ -= held_bytes(key) + held_bytes(kept.value);
      young_.remove(key_hash(key), key); // the last one takes its place
      --keys_;
    }
  }
  void sweep_spilled(std::size_t most) {
    if (ttl_ == forever) return;
    std::vector<std::string> gone;
    std::string next;
    spilled_->scan(swept_key_, [&, left = most](auto key, auto bytes) mutable {
      if (left-- == 0) {
        next = key;
        return false;
      }
      if (is_expired(spilled_->last_use_of(bytes), watermark_) && !is_close(spilled_->key_of(key)))
        gone.emplace_back(key);
      return true;
    });
    for (const auto& key : gone) spilled_->remove(key);
    spilled_->write();
    keys_ -= gone.size();
    swept_key_ = std::move(next);
  }
  /// What the backend holds of the key is out of date.
  [[nodiscard]] bool is_close(const Key& key) const noexcept {
    const auto hash = key_hash(key);
    return young_.find(hash, key) != nullptr || old_.find(hash, key) != nullptr;
  }

  state_place place_;
  std::uint64_t ttl_; // in microseconds
  timestamp watermark_ = timestamp::min();
  std::size_t keys_ = 0;
  table young_, old_;
  std::size_t room_ = 0; // keys that young has memory for
  std::size_t held_young_ = 0, held_old_ = 0;
  const S* handed_out_ = nullptr;
  std::size_t handed_out_bytes_ = 0; // what it held then
  std::optional<spilled_state<Key, S>> spilled_;
  std::size_t swept_ = 0; // of young; states before it were looked at
  std::string swept_key_; // in the backend
};

} // namespace weir
