// SPDX-License-Identifier: Apache-2.0
//
// keyed_sides: what a join holds of each key: rows of its left, rows of its right, and when they
// are to be looked at next.
//
// Made for very many keys: a key is one cache line, and a timer its number and a time. Timers that
// are due are taken some at a time, and what they are about is brought near before it is looked at.
// A key that has no rows any more stays for when it comes again; such keys are forgotten together,
// once they are half of all: that is a pass over the others, which are numbered anew. Memory: the
// rows, and 80 to 160 bytes a key. One owner.
//
//   auto& of_key = held_.at(hash, key);
//   held_.template add<0>(of_key, {{}, time, std::move(row)});
//   held_.look_at(of_key, due);
//   held_.look_at_due(watermark, [&](auto& of_key) { held_.template drop_front<0>(of_key); ... });

#pragma once

#include <weir/actors/operators/held_rows.hpp>
#include <weir/actors/state/due_blocks.hpp>
#include <weir/actors/state/key_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::detail {

/// `Left` and `Right` are held rows.
template <class Key, class Left, class Right>
class keyed_sides {
public:
  /// What is held of a key.
  class sides {
  public:
    template <std::size_t Side>
    [[nodiscard]] auto& of() noexcept {
      return std::get<Side>(rows_);
    }
    template <std::size_t Side>
    [[nodiscard]] const auto& of() const noexcept {
      return std::get<Side>(rows_);
    }
    [[nodiscard]] bool empty() const noexcept { return of<0>().empty() && of<1>().empty(); }

  private:
    friend keyed_sides;
    void prefetch() const noexcept {
      of<0>().prefetch();
      of<1>().prefetch();
    }

    std::tuple<held_rows<Left>, held_rows<Right>> rows_;
    timestamp looked_at_ = timestamp::max(); // when its timer says
  };

  keyed_sides() = default;
  keyed_sides(const keyed_sides&) = delete;
  keyed_sides& operator=(const keyed_sides&) = delete;
  ~keyed_sides() {
    for (auto& [key, both] : keys_) {
      both.template of<0>().clear(std::get<0>(blocks_));
      both.template of<1>().clear(std::get<1>(blocks_));
    }
  }

  /// Good until the next `at` or `look_at_due`.
  [[nodiscard]] sides& at(std::uint64_t hash, const auto& key) {
    return keys_.at(hash, key, [this] {
      ++without_rows_;
      return sides{};
    });
  }
  /// What `at` will look at, and what is held, brought near one after the other.
  void prefetch(std::uint64_t hash) const noexcept { keys_.prefetch(hash); }
  void prefetch_entry(std::uint64_t hash) const noexcept { keys_.prefetch_entry(hash); }
  void prefetch_rows(std::uint64_t hash, const auto& key) const noexcept {
    if (const auto* both = keys_.find(hash, key)) both->prefetch();
  }

  template <std::size_t Side>
  void add(sides& both, std::tuple_element_t<Side, std::tuple<Left, Right>> row) {
    const bool is_first = both.empty();
    both.template of<Side>().add(std::move(row), std::get<Side>(blocks_));
    if (is_first) --without_rows_;
  }
  /// Precondition: there is one.
  template <std::size_t Side>
  void drop_front(sides& both) {
    both.template of<Side>().drop_front(std::get<Side>(blocks_));
    if (both.empty()) ++without_rows_;
  }

  /// At this time, or before.
  void look_at(sides& both, timestamp due) {
    if (due >= both.looked_at_ && both.looked_at_ != timestamp::max()) return;
    both.looked_at_ = due; // a later one will find nothing
    const timer one{due, static_cast<std::uint32_t>(keys_.index_of(both))};
    if (due > timers_.reached())
      timers_.push(one);
    else
      overdue_.push_back(one);
  }
  /// Calls `look` with each key that was to be looked at up to `until`, and has rows. False: `look`
  /// said so, and is called with that key again.
  template <class Look>
  bool look_at_due(timestamp until, Look look) {
    while (take_due(until)) {
      while (!due_.empty()) {
        const auto some = due_.first(std::min(due_.size(), looked_at_once));
        for (const auto& one : some) __builtin_prefetch(&keys_[one.number]);
        for (const auto& one : some) keys_[one.number].value.prefetch();
        for (const auto& one : some) {
          if (!look_at_one(one, look)) return false;
          due_ = due_.subspan(1);
        }
      }
    }
    if (without_rows_ > few_keys + keys_.size() / 2) forget_keys_without_rows();
    return true;
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return keys_.bytes() + (timers_.size() + overdue_.size() + due_.size()) * sizeof(timer);
  }

  void save(snapshot_writer& to) const {
    to.write(static_cast<std::uint64_t>(keys_.size() - without_rows_));
    for (const auto& [key, both] : keys_) {
      if (both.empty()) continue;
      save_value(to, key);
      save_rows(to, both.template of<0>());
      save_rows(to, both.template of<1>());
    }
  }
  /// `add(both, row)` and `after(both)` are called for each row and, after its rows, each key.
  /// False: damaged.
  bool load(snapshot_reader& from, auto add_left, auto add_right, auto after) {
    std::uint64_t keys = 0;
    bool is_good = from.read(keys).ok();
    for (; is_good && keys > 0; --keys) {
      Key key{};
      is_good = load_value(from, key);
      if (!is_good) break;
      auto& both = at(key_hash(key), key);
      is_good = load_rows<Left>(from, [&](Left row) { add_left(both, std::move(row)); })
                && load_rows<Right>(from, [&](Right row) { add_right(both, std::move(row)); });
      if (is_good) after(both);
    }
    return is_good;
  }

private:
  struct timer {
    timestamp time{};
    std::uint32_t number = 0; // of the key
  };

  bool take_due(timestamp until) {
    if (due_.empty()) {
      taken_.clear();
      taken_.swap(overdue_);
      due_ = taken_.empty() ? timers_.take(until, most_taken) : taken_;
    }
    return !due_.empty();
  }
  bool look_at_one(const timer& due, auto& look) {
    auto& both = keys_[due.number].value;
    if (both.looked_at_ != due.time) return true; // it was set anew
    both.looked_at_ = timestamp::max();
    if (both.empty() || look(both)) return true;
    both.looked_at_ = due.time;
    return false;
  }

  void forget_keys_without_rows() {
    auto before = std::exchange(keys_, {});
    keys_.reserve(before.size() - std::exchange(without_rows_, 0));
    timers_ = {};
    overdue_.clear();
    for (auto& [key, both] : before) {
      if (both.empty()) continue;
      const auto due = std::exchange(both.looked_at_, timestamp::max());
      look_at(keys_.at(key_hash(key), key, [&both = both] { return both; }), due);
    }
  }

  static constexpr std::size_t few_keys = 256;
  static constexpr std::size_t looked_at_once = 64;
  static constexpr std::size_t most_taken = 4'096;

  key_table<Key, sides> keys_;
  std::size_t without_rows_ = 0; // of the keys
  std::tuple<block_pool<Left>, block_pool<Right>> blocks_;
  due_blocks<timer> timers_;   // a key has one, and those that were set for later before
  std::vector<timer> overdue_; // those of a time that is past
  std::span<timer> due_;       // that are left to be looked at
  std::vector<timer> taken_;   // of those that were overdue
};

} // namespace weir::detail
