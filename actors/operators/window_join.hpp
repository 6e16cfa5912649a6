// SPDX-License-Identifier: Apache-2.0
//
// window_join: the operator behind joins in tumbling and sliding windows: all pairs of the rows of
// a key that lie in one window.
//
//   clicks | key_by(&click::user) | join(buys | key_by(&buy::user), tumbling(10s), f)
//
// A window fires once the watermark has reached its end; its results have its last moment as their
// time, and leave ordered by end, those of one window in no order that is promised. In sliding
// windows a pair comes out once for each window that has both. A row is late when all its windows
// have ended by the watermark of its stream; one that is late for some of them is in the others.
// State: the rows of windows that have not fired, and nothing of those that have.

#pragma once

#include <weir/actors/operators/join_parts.hpp>
#include <weir/actors/operators/window.hpp>
#include <weir/actors/operators/window_slices.hpp>
#include <weir/actors/state/key_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace weir {

[[nodiscard]] result<void> check(const time_windows& windows);

template <class Types>
class window_join_operator final : public any_operator {
public:
  using left = typename Types::left;
  using right = typename Types::right;
  using key_type = typename Types::key_type;
  using out_row = typename Types::out_row;

  window_join_operator(typename Types::key_of_left key_of_left,
                       typename Types::key_of_right key_of_right, time_windows windows,
                       typename Types::combine combine, state_place place)
      : key_of_{std::move(key_of_left), std::move(key_of_right)},
        windows_{windows},
        slices_{windows},
        memory_{std::move(place)},
        results_{std::move(combine)} {}
  ~window_join_operator() override {
    for (std::size_t i = 0; i < slices_.size(); ++i) clear(slices_[i].states);
  }
  window_join_operator(const window_join_operator&) = delete;
  window_join_operator& operator=(const window_join_operator&) = delete;

  std::vector<const row_type*> inlet_types() const override { return Types::inlets(); }
  std::vector<const row_type*> outlet_types() const override { return Types::outlets(); }

  std::size_t on_batch(std::size_t inlet, any_view erased, outlets out) override {
    promises_.note(inlet, erased);
    const auto taken = inlet == 0 ? take_all<0>(erased.as<left>(), out.at<left>(1))
                                  : take_all<1>(erased.as<right>(), out.at<right>(2));
    memory_.check(usage().bytes);
    return taken;
  }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind == mark::phase) return true;
    watermark_ = std::max(watermark_, detail::watermark_of(kind, value));
    while (firing_ || begin_next()) {
      if (!give_all(*firing_, out.at<out_row>(0))) return false;
      firing_.reset();
    }
    while (!slices_.empty() && windows_.last_end(slices_[0].start) <= fired_to_) drop_front();
    return true;
  }
  state_usage usage() const override {
    auto bytes = memory_.bytes();
    for (std::size_t i = 0; i < slices_.size(); ++i) bytes += slices_[i].states.bytes();
    return {memory_.rows(), bytes, promises_.late_rows()};
  }

  open_windows open() const override { return {.entries = memory_.rows()}; }
  void save(snapshot_writer& to) const override {
    save_value(to, watermark_);
    save_value(to, fired_to_);
    promises_.save(to);
    results_.save(to);
    to.write(static_cast<std::uint64_t>(slices_.size()));
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      save_value(to, slices_[i].start);
      to.write(static_cast<std::uint64_t>(slices_[i].states.size()));
      for (const auto& [key, both] : slices_[i].states) {
        save_value(to, key);
        detail::save_rows(to, std::get<0>(both));
        detail::save_rows(to, std::get<1>(both));
      }
    }
  }
  void load(snapshot_reader& from) override {
    std::uint64_t slices = 0, keys = 0;
    bool is_good = load_value(from, watermark_) && load_value(from, fired_to_)
                   && promises_.load(from) && results_.load(from) && from.read(slices).ok();
    for (timestamp start; is_good && slices > 0; --slices) {
      is_good = load_value(from, start) && from.read(keys).ok();
      if (!is_good) break;
      auto& states = slices_.add(start).states;
      for (; is_good && keys > 0; --keys) {
        key_type key{};
        is_good = load_value(from, key);
        if (!is_good) break;
        auto& both = states.at(key_hash(key), key, [] { return sides{}; });
        is_good =
            detail::load_rows<held<0>>(from, [&](auto row) { hold<0>(both, std::move(row)); })
            && detail::load_rows<held<1>>(from, [&](auto row) { hold<1>(both, std::move(row)); });
      }
    }
    if (!is_good) throw detail::damaged_join();
  }

private:
  template <std::size_t Side>
  using held = detail::held_row<std::tuple_element_t<Side, std::tuple<left, right>>>;
  template <std::size_t Side>
  using rows_of = detail::held_rows<held<Side>>;
  // A row's `time` is here the watermark of its stream when it came: it is in windows that end
  // behind it. They come in that order.
  using sides = std::tuple<rows_of<0>, rows_of<1>>; // of a key and slice
  using table = key_table<key_type, sides>;
  /// The rows of a key in a window that fires.
  struct members {
    std::vector<const left*> of_left;
    std::vector<const right*> of_right;
  };
  /// A window on its way out, and what goes next.
  struct firing {
    timestamp end;
    key_table<key_type, members> keys = {};
    std::size_t key = 0, next_left = 0, next_right = 0;
  };

  template <std::size_t Side, row Row>
  std::size_t take_all(const batch_view<Row>& in, batch<Row>& late) {
    return detail::take_timed_rows(in, [&](std::size_t i, timestamp time, const Row& row) {
      const auto start = windows_.slice_of(time);
      if (windows_.last_end(start) <= promises_.of(Side)) return promises_.put_aside(in, i, late);
      auto* slice = slices_.find(time);
      if (slice == nullptr) slice = &slices_.add(start);
      const auto& key = std::invoke(std::get<Side>(key_of_), row);
      auto& both = slice->states.at(key_hash(key), key, [] { return sides{}; });
      hold<Side>(both, {{}, promises_.of(Side), take_row(in, i)});
      return true;
    });
  }
  template <std::size_t Side>
  void hold(sides& both, held<Side> row) {
    memory_.add(row);
    std::get<Side>(both).add(std::move(row), std::get<Side>(blocks_));
  }

  /// The next window that is due, if there is one.
  bool begin_next() {
    std::size_t first = 0;
    while (first < slices_.size() && windows_.last_end(slices_[first].start) <= fired_to_) ++first;
    if (first == slices_.size()) return false;
    const auto end = windows_.first_end(std::max(slices_[first].start, fired_to_));
    if (end > watermark_) return false;
    fired_to_ = end;
    firing_.emplace(firing{end});
    const auto start = detail::moved(end, -windows_.size);
    for (; first < slices_.size() && slices_[first].start < end; ++first)
      if (slices_[first].start >= start) gather(slices_[first].states, end);
    return true;
  }
  void gather(const table& states, timestamp end) {
    for (const auto& [key, both] : states) {
      auto& own = firing_->keys.at(key_hash(key), key, [] { return members{}; });
      for (const auto& one : std::get<0>(both))
        if (one.time < end) own.of_left.push_back(&one.row);
      for (const auto& one : std::get<1>(both))
        if (one.time < end) own.of_right.push_back(&one.row);
    }
  }

  /// False: no more room, call again.
  bool give_all(firing& window, batch<out_row>& out) {
    for (; window.key < window.keys.size(); ++window.key) {
      const auto& of_key = window.keys[window.key].value;
      if (!give_lefts(window, of_key, out)) return false;
      if (Types::kind == join_kind::outer && of_key.of_left.empty())
        for (; window.next_right < of_key.of_right.size(); ++window.next_right)
          if (!give(out, window.end, nullptr, of_key.of_right[window.next_right])) return false;
      window.next_left = window.next_right = 0;
    }
    return true;
  }
  bool give_lefts(firing& window, const members& of_key, batch<out_row>& out) {
    for (; window.next_left < of_key.of_left.size(); ++window.next_left) {
      const auto* one = of_key.of_left[window.next_left];
      if (Types::kind != join_kind::inner && of_key.of_right.empty()
          && !give(out, window.end, one, nullptr))
        return false;
      for (; window.next_right < of_key.of_right.size(); ++window.next_right)
        if (!give(out, window.end, one, of_key.of_right[window.next_right])) return false;
      window.next_right = 0;
    }
    return true;
  }
  bool give(batch<out_row>& out, timestamp end, const left* of_left, const right* of_right) {
    if (out.is_full()) return false;
    results_.give(out, detail::moved(end, duration{-1}), of_left, of_right);
    return true;
  }

  void drop_front() {
    for (const auto& [key, both] : slices_[0].states) {
      for (const auto& one : std::get<0>(both)) memory_.drop(one);
      for (const auto& one : std::get<1>(both)) memory_.drop(one);
    }
    clear(slices_[0].states);
    slices_.drop_front();
  }
  void clear(table& states) {
    for (auto& [key, both] : states) {
      std::get<0>(both).clear(std::get<0>(blocks_));
      std::get<1>(both).clear(std::get<1>(blocks_));
    }
  }

  std::tuple<typename Types::key_of_left, typename Types::key_of_right> key_of_;
  time_windows windows_;
  timestamp watermark_ = timestamp::min();
  timestamp fired_to_ = timestamp::min(); // the end of the last window that fired
  detail::join_promises promises_;
  window_slices<table> slices_;
  std::tuple<typename rows_of<0>::pool, typename rows_of<1>::pool> blocks_;
  std::optional<firing> firing_;
  detail::join_memory memory_;
  detail::join_results<Types> results_;
};

template <>
struct join_of<time_windows> {
  template <class Types>
  using type = window_join_operator<Types>;
};

} // namespace weir
