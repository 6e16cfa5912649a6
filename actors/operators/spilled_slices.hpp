// SPDX-License-Identifier: Apache-2.0
//
// spilled_slices: the states of keys in slices of time that do not fit into memory, as bytes in a
// backend.
//
// Nothing is read to write: what memory held of a slice is a run, and a key has a partial state in
// each run in which it had rows. Whoever asks merges them in the order of slices and runs, which is
// the order in which their rows came. Windows are walked in the order of keys, one merge of ranges
// for all their slices. The backend is opened when it is first needed. Failures of it are thrown.
// One owner; references hold until the next call.
//
//   key      as slice_keys writes it
//   value    [the state as in a snapshot]
//
//   spilled.spill(slice.start, slice.states);
//   auto walk = spilled.walk(start, end);
//   for (; !walk.is_done(); walk.next()) give(walk.key(), walk.merged());

#pragma once

#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/slice_keys.hpp>
#include <weir/actors/state/by_key_group.hpp>
#include <weir/actors/state/gathered_changes.hpp>
#include <weir/actors/state/key_table.hpp>
#include <weir/actors/state/merged_scan.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/actors/state/state_failure.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

template <class Key, class Aggregation>
class spilled_slices {
public:
  using state = agg::aggregation_state<Aggregation>;
  using table = key_table<Key, state>;

  /// Both outlive it.
  spilled_slices(const state_place& place, const Aggregation& aggregation)
      : place_{place},
        aggregation_{aggregation},
        changes_{std::min(place.memory_bytes / 16, std::size_t{256} << 10U)} {}

  /// Whether there is anything of the slices that begin in [start, end).
  [[nodiscard]] bool has_any(timestamp start, timestamp end) const {
    const auto first = runs_.lower_bound(start);
    return first != runs_.end() && first->first < end;
  }

  /// Whether states that take so much may stay in memory: a sixteenth of it is for what is on its
  /// way to the backend, and comes from it.
  [[nodiscard]] bool has_room_for(std::size_t bytes) const noexcept {
    return bytes <= place_.memory_bytes / 16 * 15;
  }
  /// Writes what memory has of a slice, which has nothing then. Precondition: the place has a
  /// backend.
  void spill(timestamp slice, table& states) {
    write(slice, states);
    states = {};
  }

  /// Merges into `sum` what there is of the key, and what memory has; `sum` is empty where nothing
  /// came before.
  void merge_into(std::optional<state>& sum, timestamp slice, const table& states,
                  std::uint64_t hash, const auto& seen) const {
    for_each_run(slice, hash, seen, [&](std::string_view bytes) {
      merge_bytes(sum, bytes);
      return true;
    });
    const auto* const last = states.find(hash, seen);
    if (last == nullptr) return;
    if (!sum) sum.emplace(aggregation_.create());
    aggregation_.merge(*sum, *last);
  }
  [[nodiscard]] bool has(timestamp slice, std::uint64_t hash, const auto& seen) const {
    bool is_there = false;
    for_each_run(slice, hash, seen, [&](std::string_view) {
      is_there = true;
      return false;
    });
    return is_there;
  }

  /// The keys of some slices, in the order of their bytes, each once.
  class walked {
  public:
    [[nodiscard]] bool is_done() const noexcept { return !sum_.has_value(); }
    [[nodiscard]] const Key& key() const noexcept { return key_; }
    [[nodiscard]] const state& merged() const noexcept { return *sum_; }
    void next() {
      sum_.reset();
      if (!has_more_) return;
      bytes_ = scan_.key();
      if (!slice_keys::read(bytes_, key_)) throw detail::state_damaged(of_.place_);
      do {
        of_.merge_bytes(sum_, scan_.value());
        step();
      } while (has_more_ && scan_.key() == bytes_);
    }

  private:
    friend spilled_slices;
    walked(const spilled_slices& of, std::vector<std::string> prefixes, std::size_t bytes)
        : of_{of}, scan_{*of.backend_, std::move(prefixes), slice_keys::run_bytes, bytes} {
      step();
      next();
    }
    void step() {
      const auto more = scan_.next();
      if (!more) throw detail::state_failure(of_.place_, more.error());
      has_more_ = *more;
    }

    const spilled_slices& of_;
    merged_scan scan_;
    bool has_more_ = false;
    std::string bytes_; // of the key
    Key key_{};
    std::optional<state> sum_;
  };

  /// Of the slices that begin in [start, end). Nothing may be written to them meanwhile.
  [[nodiscard]] walked walk(timestamp start, timestamp end) {
    if (!backend_) open();
    std::vector<std::string> prefixes;
    for (auto at = runs_.lower_bound(start); at != runs_.end() && at->first < end; ++at)
      prefixes.push_back(slice_keys::prefix_of(at->first));
    const auto count = std::max<std::size_t>(prefixes.size(), 1);
    const auto bytes = std::clamp(place_.memory_bytes / 16 / count, std::size_t{1} << 10U,
                                  std::size_t{256} << 10U);
    return walked{*this, std::move(prefixes), bytes};
  }

  void drop(timestamp slice) {
    const auto found = runs_.find(slice);
    if (found == runs_.end()) return;
    const auto removed =
        backend_->remove_range(slice_keys::prefix_of(slice), slice_keys::end_of(slice));
    if (!removed) throw detail::state_failure(place_, removed.error());
    runs_.erase(found);
  }

  /// Partial states, of all slices and of one.
  [[nodiscard]] std::size_t states() const noexcept {
    std::size_t sum = 0;
    for (const auto& [_, of] : runs_) sum += of.states;
    return sum;
  }
  [[nodiscard]] std::size_t states(timestamp slice) const {
    const auto found = runs_.find(slice);
    return found == runs_.end() ? 0 : found->second.states;
  }
  /// What it and the backend take in memory.
  [[nodiscard]] std::size_t bytes() const {
    return backend_ ? backend_->memory_bytes() + changes_.most_bytes() : 0;
  }

  /// Of a slice: its partial states, those of a key in their order, and behind them what memory
  /// has.
  void save(snapshot_writer& to, timestamp slice, const table& states) const {
    to.write(static_cast<std::uint64_t>(this->states(slice) + states.size()));
    save_runs(to, slice);
    for (const auto& [key, state] : states) {
      save_value(to, key);
      save_value(to, state);
    }
  }
  /// Reads that into a table, and calls `look` now and then, which may spill it. False: damaged.
  bool load(snapshot_reader& from, table& states, const auto& look) const {
    std::uint64_t left = 0;
    bool is_good = from.read(left).ok();
    for (; is_good && left > 0; --left) {
      is_good = load_state(from, states);
      if (left % looked_at_after == 0) look();
    }
    return is_good;
  }

private:
  /// Of a slice.
  struct runs {
    std::uint32_t count = 0;
    std::size_t states = 0;
  };
  static constexpr std::uint64_t looked_at_after = 4'096;

  void open() {
    auto opened = place_.open_backend(place_.name);
    if (!opened) throw detail::state_failure(place_, opened.error());
    backend_ = *std::move(opened);
  }
  void write(timestamp slice, const table& states) {
    if (states.empty()) return;
    if (!backend_) open();
    auto& of = runs_[slice];
    for (const std::uint32_t i : by_key_group(states)) {
      const auto& [key, kept] = states[i];
      changes_.add(
          [&](auto& to) {
            slice_keys::write(to, slice, key_hash(key), key);
            slice_keys::write_run(to, of.count);
          },
          [&](auto& to) { save_value(to, kept); });
      if (changes_.is_full()) write_changes();
    }
    write_changes();
    of.states += states.size();
    if (++of.count == 0) throw detail::state_failure(place_, {errc::failed, "too many runs"});
  }

  void write_changes() {
    const auto written = changes_.write_to(*backend_);
    if (!written) throw detail::state_failure(place_, written.error());
  }

  void merge_bytes(std::optional<state>& sum, std::string_view bytes) const {
    snapshot_reader from{bytes};
    auto one = aggregation_.create();
    if (!load_value(from, one) || !from.is_finished()) throw detail::state_damaged(place_);
    if (sum)
      aggregation_.merge(*sum, std::as_const(one));
    else
      sum.emplace(std::move(one));
  }

  void save_runs(snapshot_writer& to, timestamp slice) const {
    if (states(slice) == 0) return;
    scan(slice_keys::prefix_of(slice), [&](std::string_view key, std::string_view value) {
      const auto its_key = slice_keys::key_in(key);
      to.write_bytes(its_key.data(), its_key.size());
      to.write_bytes(value.data(), value.size());
      return true;
    });
  }
  [[nodiscard]] bool load_state(snapshot_reader& from, table& states) const {
    Key key{};
    state loaded = aggregation_.create();
    if (!load_value(from, key) || !load_value(from, loaded)) return false;
    bool is_new = false;
    auto& known = states.at(key_hash(key), key, [&] {
      is_new = true;
      return std::move(loaded);
    });
    if (!is_new) aggregation_.merge(known, std::as_const(loaded));
    return true;
  }

  /// Calls `take(key, value)` for what begins with `prefix`, until it says false.
  void scan(std::string_view prefix, const auto& take) const {
    const auto scanned = backend_->scan(prefix, [&](std::string_view key, std::string_view value) {
      return key.starts_with(prefix) && take(key, value);
    });
    if (!scanned) throw detail::state_failure(place_, scanned.error());
  }
  void for_each_run(timestamp slice, std::uint64_t hash, const auto& seen, const auto& take) const {
    if (states(slice) == 0) return;
    snapshot_writer prefix; // that of no other key: a key says where it ends
    slice_keys::write(prefix, slice, hash, canonical_key(Key(seen)));
    scan(prefix.bytes(), [&](std::string_view, std::string_view value) { return take(value); });
  }

  const state_place& place_;
  const Aggregation& aggregation_;
  std::map<timestamp, runs> runs_; // of slices that have any
  std::unique_ptr<state_backend> backend_;
  gathered_changes changes_;
};

} // namespace weir
