// SPDX-License-Identifier: Apache-2.0
//
// late_in_turn: stands before an operator that judges rows by its watermark, and lets rows that are
// late by their own partition wait until that watermark has come to what their partition had
// promised.
//
// The watermark is the least of all partitions, so a late row of one that is ahead would find it
// early or late, as the others happen to have come. In its turn it finds what it would find if all
// partitions were read in step: all rows before that watermark are there, windows up to it have
// fired. So neither which rows are late nor results depend on how partitions interleave. Late rows
// of one turn come in the order in which they came here. Where there is one partition none waits.
//
//   rows       [.. 30][late by 30: 12]                    the partition is at 30, others at 10
//   watermark  10                        30   40          comes to 40: the operator is told of 30,
//                                          └ 12           gets the late row, and is told of 40
//
// What late rows make is as late as they are (`own_watermark`), also for operators further on.
//
// Rows that wait lie in memory, compact, with the text they point into. More than its share of the
// memory for state fails the job. They wait over the end of a phase, as windows do.
//
//   auto judge = take_late_in_turn<T>(std::make_unique<time_window_operator<...>>(...), place);

#pragma once

#include <weir/actors/operators/any_operator.hpp>
#include <weir/actors/operators/callable.hpp>
#include <weir/actors/state/persist.hpp>
#include <weir/actors/state/state_place.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weir {

namespace detail {

[[nodiscard]] std::runtime_error late_rows_too_large(const state_place& place, std::size_t rows,
                                                     std::size_t bytes);
[[nodiscard]] std::runtime_error late_rows_not_to_be_saved();

} // namespace detail

/// Of an operator with one inlet, of rows of T.
template <row T>
class late_in_turn final : public any_operator {
public:
  late_in_turn(std::unique_ptr<any_operator> judge, state_place place)
      : judge_{std::move(judge)}, place_{std::move(place)} {}

  std::vector<const row_type*> inlet_types() const override { return judge_->inlet_types(); }
  std::vector<const row_type*> outlet_types() const override { return judge_->outlet_types(); }
  bool may_reject() const override { return judge_->may_reject(); }

  std::size_t on_batch(std::size_t inlet, any_view in, outlets out) override {
    const auto turn = in.rows->own_watermark();
    if (turn == timestamp::min() || !in.rows->has_times()) return judge_->on_batch(inlet, in, out);
    auto part = in;
    for (const auto all = in.rows->size(); part.first < all;) {
      const bool are_late = is_late(*in.rows, part.first);
      for (part.last = part.first + 1; part.last < all; ++part.last)
        if (is_late(*in.rows, part.last) != are_late) break;
      auto taken = part.last - part.first;
      if (!are_late)
        taken = judge_->on_batch(inlet, part, out);
      else if (turn <= watermark_)
        taken = give_late(part, turn, out);
      else
        hold(part.as<T>());
      part.first += taken;
      if (part.first < part.last) break;
    }
    return part.first - in.first;
  }
  std::optional<moment> resume_at(moment now) override { return judge_->resume_at(now); }
  bool on_mark(mark kind, std::int64_t value, outlets out) override {
    if (kind != mark::phase) {
      const auto until = kind == mark::end ? timestamp::max() : timestamp{duration{value}};
      if (!give_until(until, out)) return false;
      watermark_ = std::max(watermark_, until);
    }
    return judge_->on_mark(kind, value, out);
  }
  void on_partition_end(const partition& which, bool is_complete, outlets out) override {
    judge_->on_partition_end(which, is_complete, out);
  }
  open_windows open() const override {
    auto sum = judge_->open();
    if (sum.entries > 0 && sum.to < sum.from) { // without bounds
      sum.entries += rows_;
      return sum;
    }
    for (const auto& [turn, rows] : waiting_)
      for (std::size_t i = 0; i < rows->size(); ++i)
        sum.include(1, rows->time_of(i), rows->time_of(i));
    return sum;
  }
  bool wants_no_more() const override { return judge_->wants_no_more(); }
  void on_cancel() override { judge_->on_cancel(); }

  std::optional<moment> wakes_at() const override { return judge_->wakes_at(); }
  bool on_wake(moment now, outlets out) override {
    return has_left(out) && judge_->on_wake(now, out);
  }

  state_usage usage() const override {
    auto sum = judge_->usage();
    sum.entries += rows_;
    sum.bytes += bytes_;
    return sum;
  }

  void save(snapshot_writer& to) const override {
    judge_->save(to);
    save_value(to, watermark_);
    to.write(static_cast<std::uint64_t>(waiting_.size()));
    for (const auto& [turn, rows] : waiting_) save_rows(to, turn, *rows);
  }
  void load(snapshot_reader& from) override {
    judge_->load(from);
    std::uint64_t count = 0;
    bool is_good = load_value(from, watermark_) && from.read(count).ok();
    for (; is_good && count > 0; --count) is_good = load_rows(from);
    if (!is_good)
      throw std::runtime_error{"the snapshot of its late rows is damaged; start without it"};
  }

private:
  using batch_of_late = std::unique_ptr<batch<T>>;

  /// Rows in time may be among them, and wait for nothing.
  static bool is_late(const batch_base& rows, std::size_t i) {
    return rows.time_of(i) < rows.own_watermark();
  }
  void hold(const batch_view<T>& in) {
    auto kept = std::make_unique<batch<T>>(in.size());
    kept->inherit(in.whole(), in.first(), in.size(), borrows<T>);
    for (std::size_t i = 0; i < in.size(); ++i) {
      kept->next() = take_row(in, i);
      kept->push_next();
    }
    kept->compact_text();
    add(in.whole().own_watermark(), std::move(kept));
  }
  void add(timestamp turn, batch_of_late kept) {
    rows_ += kept->size();
    bytes_ += bytes_of(*kept);
    if (bytes_ > place_.memory_bytes) throw detail::late_rows_too_large(place_, rows_, bytes_);
    waiting_.emplace(turn, std::move(kept));
  }
  static std::size_t bytes_of(const batch<T>& kept) {
    constexpr std::size_t beside = sizeof(batch<T>) + 64; // of the map
    return beside + static_cast<std::size_t>(kept.cost().bytes)
           + kept.size() * (sizeof(timestamp) + sizeof(std::uint32_t));
  }

  /// Whose turn comes up to a watermark; false: no more room, call again.
  bool give_until(timestamp until, outlets out) {
    while (!waiting_.empty() && waiting_.begin()->first <= until) {
      const auto& [turn, rows] = *waiting_.begin();
      if (watermark_ < turn) {
        if (!has_left(out)) return false;
        if (!judge_->on_mark(mark::watermark, turn.time_since_epoch().count(), out)) return false;
        watermark_ = turn;
      }
      if (!has_room_for(*rows, out)) return false;
      given_ += give_late({rows.get(), given_, true, turn}, turn, out);
      if (given_ < rows->size()) return false;
      given_ = 0;
      rows_ -= rows->size();
      bytes_ -= bytes_of(*rows);
      waiting_.erase(waiting_.begin());
    }
    return has_left(out);
  }
  /// What they make is as late as they are. Gives how many were taken.
  std::size_t give_late(any_view rows, timestamp turn, outlets out) {
    auto& made = out.base(0);
    const bool is_first = made.empty();
    if (!is_first && made.own_watermark() != turn) {
      made.close();
      return 0;
    }
    if (is_first) made.set_own_watermark(turn);
    const auto taken = judge_->on_batch(0, rows, out);
    if (is_first && made.empty()) made.set_own_watermark(timestamp::min());
    return taken;
  }
  /// What late rows made leaves alone: what a watermark makes is in time.
  static bool has_left(outlets out) {
    bool has_all = true;
    for (std::size_t i = 0; i < out.size(); ++i)
      if (auto& made = out.base(i); !made.empty() && made.own_watermark() != timestamp::min()) {
        made.close();
        has_all = false;
      }
    return has_all;
  }
  /// What a shell sees to where a batch comes to it.
  static bool has_room_for(const batch<T>& rows, outlets out) {
    bool all_can = true;
    for (std::size_t i = 0; i < out.size(); ++i)
      if (!out.base(i).can_follow(rows)) {
        out.base(i).close();
        all_can = false;
      }
    return all_can;
  }

  static void save_rows(snapshot_writer& to, timestamp turn, const batch<T>& rows) {
    if constexpr (persistent<T>) {
      const auto* const of = rows.first_origin().partition;
      save_value(to, turn);
      to.write(of != nullptr)
          .write(of == nullptr ? std::string_view{} : std::string_view{of->source})
          .write(of == nullptr ? std::string_view{} : std::string_view{of->name})
          .write(static_cast<std::uint64_t>(rows.size()));
      for (std::size_t i = 0; i < rows.size(); ++i) {
        to.write(rows.origin_of(i).position);
        save_value(to, rows.time_of(i));
        save_value(to, rows[i]);
      }
    } else {
      throw detail::late_rows_not_to_be_saved();
    }
  }
  bool load_rows(snapshot_reader& from) {
    if constexpr (persistent<T>) {
      timestamp turn{};
      bool is_known = false;
      std::string source, name;
      std::uint64_t count = 0;
      if (!load_value(from, turn) || !from.read(is_known).read(source).read(name).read(count).ok())
        return false;
      if (count == 0 || count > batch_capacity<T>) return false;
      const auto* const of = is_known ? intern_partition(source, name) : nullptr;
      auto kept = std::make_unique<batch<T>>(count);
      batch<T> one{1};
      for (; count > 0; --count) {
        std::uint64_t position = 0;
        timestamp time{};
        T row{};
        if (!from.read(position).ok() || !load_value(from, time) || !load_value(from, row))
          return false;
        one.clear();
        one.set_origin({of, position});
        one.set_own_watermark(turn);
        one.times_for_writing()[0] = time;
        one.push_back(std::move(row));
        if (!kept->can_follow(one)) return false;
        kept->inherit(one, 0, 1, false);
        kept->next() = std::move(one[0]);
        kept->push_next();
      }
      add(turn, std::move(kept));
      return true;
    } else {
      return false;
    }
  }

  std::unique_ptr<any_operator> judge_;
  state_place place_;
  timestamp watermark_ = timestamp::min();
  std::multimap<timestamp, batch_of_late> waiting_; // by their turn
  std::size_t given_ = 0;                           // rows of the first of them
  std::size_t rows_ = 0, bytes_ = 0;                // that wait
};

template <row T>
[[nodiscard]] std::unique_ptr<any_operator> take_late_in_turn(std::unique_ptr<any_operator> judge,
                                                              const state_place& place) {
  return std::make_unique<late_in_turn<T>>(std::move(judge), place);
}

} // namespace weir
