// SPDX-License-Identifier: Apache-2.0
//
// keyed_state: a state for each key, in memory, or, where the place has a backend, as far as memory
// goes and the rest there.
//
// A state whose last use is `ttl` or more before `now` counts as gone. `now` is the later of the
// row's event time and the watermark, so what is gone follows from these alone; when its memory
// is given back changes nothing that can be seen. That happens little by little: two states are
// looked at for each new key, `looked_at` by each `advance`. With a ttl of zero they stay for ever.
//
// Memory is bounded by `place.memory_bytes` (see state_tables). More goes to the backend; without
// one it is a std::runtime_error. References hold until the next call of any function, and one
// state may grow beyond the bound until then. One owner, the operator.
//
//   keyed_state<std::string, balance> balances{place, 24h};
//   balances.at(key_hash(name), name, now, [] { return balance{}; }).amount += row.amount;

#pragma once

#include <weir/actors/state/state_tables.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir {

/// Of the type S of a state; raise it by a specialisation when its members change, so that older
/// snapshots are refused.
template <class S>
inline constexpr std::uint32_t state_version = 1;

template <class Key, class S>
class keyed_state {
public:
  static_assert(key<Key> && persistent<Key>,
                "weir: a state's key must own its text and be a number, bool, enum, time, text, or "
                "a described struct of these");
  static_assert(persistent<S>,
                "weir: a state can't be kept: make it of numbers, std::string (not "
                "std::string_view), times, optionals, vectors and described structs, or give it "
                "`save` and `load`");

  /// So many states are looked at by one `advance`.
  static constexpr std::size_t looked_at = 256;

  /// Precondition: ttl >= 0.
  keyed_state(state_place place, duration ttl) : tables_{std::move(place), ttl}, ttl_{ttl} {}

  /// The state of a key; `make()` is its first. `seen` may borrow what the kept key owns. Throws
  /// where there is no memory for it, or the backend fails; so do the others.
  template <class Seen, class Make>
  S& at(std::uint64_t hash, const Seen& seen, timestamp now, Make make) {
    tables_.settle();
    tables_.keep_within_memory();
    now = tables_.time_of_use(now);
    state* found = tables_.find(hash, seen);
    if (found == nullptr) found = &bring_or_add(hash, seen, now, make);
    if (tables_.is_gone(*found, now)) [[unlikely]]
      tables_.renew(*found, {make(), now});
    found->last_use = std::max(found->last_use, now);
    return tables_.hand_out(*found);
  }

  /// nullptr: there is none. Notes no use.
  template <class Seen>
  [[nodiscard]] S* find(std::uint64_t hash, const Seen& seen, timestamp now) {
    state* const found = find_any(hash, seen);
    if (found == nullptr || tables_.is_gone(*found, tables_.time_of_use(now))) return nullptr;
    return &tables_.hand_out(*found);
  }

  template <class Seen>
  void remove(std::uint64_t hash, const Seen& seen) {
    if (state* const found = find_any(hash, seen)) tables_.remove(hash, seen, *found);
  }

  /// Lets go of states that are gone by now.
  void advance(timestamp watermark) {
    tables_.settle();
    tables_.set_watermark(std::max(tables_.watermark(), watermark));
    tables_.let_go(looked_at);
  }

  /// Calls `f(key, state)` for all that are not gone by the last watermark, in any order.
  template <class F>
  void for_each(F f) const {
    tables_.for_each([&](const Key& key, const state& kept) { f(key, kept.value); });
  }

  void save(snapshot_writer& to) const {
    to.write(state_version<S>);
    save_value(to, tables_.watermark());
    tables_.for_each([&](const Key& key, const state& kept) {
      to.write(true);
      save_value(to, key);
      save_value(to, kept.last_use);
      save_value(to, kept.value);
    });
    to.write(false);
  }
  /// In place of all that is there. False: the snapshot is damaged. Throws where it is of another
  /// version.
  [[nodiscard]] bool load(snapshot_reader& from) {
    tables_ = state_tables<Key, S>{tables_.place(), ttl_};
    std::uint32_t version = 0;
    if (!from.read(version).ok()) return false;
    if (version != state_version<S>)
      throw detail::state_of_version(tables_.place(), version, state_version<S>);
    timestamp watermark{};
    bool has_more = false;
    if (!load_value(from, watermark)) return false;
    while (load_value(from, has_more) && has_more) {
      Key key{};
      state kept;
      if (!load_value(from, key) || !load_value(from, kept.last_use)
          || !load_value(from, kept.value) || kept.is_removed())
        return false;
      const auto hash = key_hash(key);
      if (find_any(hash, key) != nullptr) return false;
      tables_.add(hash, key, std::move(kept));
    }
    tables_.set_watermark(watermark);
    return from.ok();
  }

  /// How many are kept, with those that are gone and were not let go yet.
  [[nodiscard]] std::size_t keys() const noexcept { return tables_.keys(); }
  /// What is taken in memory now, with what the backend takes.
  [[nodiscard]] std::size_t bytes() const { return tables_.bytes(); }

private:
  using state = used_state<S>;

  template <class Seen>
  [[nodiscard]] state* find_any(std::uint64_t hash, const Seen& seen) {
    tables_.settle();
    state* const found = tables_.find(hash, seen);
    return found != nullptr ? found : tables_.bring(hash, seen);
  }
  template <class Seen, class Make>
  [[gnu::noinline]] state& bring_or_add(std::uint64_t hash, const Seen& seen, timestamp now,
                                        Make& make) {
    if (state* const found = tables_.bring(hash, seen)) return *found;
    return tables_.add(hash, seen, {make(), now});
  }

  state_tables<Key, S> tables_;
  duration ttl_;
};

} // namespace weir
