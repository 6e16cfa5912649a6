// SPDX-License-Identifier: Apache-2.0
//
// event_time: gives each row the time at which it happened, and lets watermarks follow.
//
// The watermark promises that rows from now on are no older: the least time that the partitions
// have come to, less how much rows may be out of order. watermark_clock.hpp says which partitions
// count, so that neither a file that was read to its end nor a silent partition holds it back for
// ever. It never goes back; older rows that come all the same pass on, late. In a stream that has
// been silent for `idle_after` it says so: silence.hpp.
//
// A row is late by what rows of its partition before it have promised, however far others have
// come: its batch carries that (`own_watermark`), and begins behind the row that promised it, whose
// watermark has left before. So which rows are late follows from the order of each partition alone,
// not from how partitions interleave nor from how rows are cut into batches.
//
// With `max_drift` the sources before it leave a partition unread that runs ahead of the slowest:
// drift_gate.hpp. So what lies in windows behind it is bounded.
//
// A row whose time is missing or out of range goes to the rejects, with its origin and why.
//
//   trips | event_time(&trip::pickup, out_of_order(1min))
//   tweets | event_time(&tweet::created_at, out_of_order(5s).idle_after(30s))

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/instruction_set.hpp>
#include <weir/actors/operators/late_rows.hpp>
#include <weir/actors/operators/out_of_order.hpp>
#include <weir/actors/operators/paced_clock.hpp>
#include <weir/actors/operators/pass_on.hpp>
#include <weir/actors/operators/rejected_row.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/operators/usable_time.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

template <row T, class TimeOf>
class event_time_operator final : public any_operator {
public:
  using processing_clock = moment (*)();

  /// `now`: the time by which partitions are idle. `gate`: only with `max_drift`. `before`: the
  /// sources whose rows come here.
  event_time_operator(TimeOf time_of, event_time_options options,
                      processing_clock now = std::chrono::steady_clock::now,
                      std::shared_ptr<drift_gate> gate = nullptr,
                      std::vector<source_before> before = {})
      : time_of_{std::move(time_of)},
        options_{options},
        clock_{options, std::move(gate), std::move(before)},
        now_{now} {}

  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<T>()}; }
  std::vector<const row_type*> outlet_types() const override { return {&row_type_of<T>()}; }
  bool may_reject() const override { return true; }
  bool chooses_time() const override { return true; }

  std::size_t on_batch(std::size_t, any_view erased, outlets to) override {
    const auto in = erased.as<T>();
    auto& out = to.at<T>(0);
    const std::size_t most = std::min(in.size(), out.room());
    if (most == 0) return 0;
    clock_.meet(in.origin_of(0).partition);
    times_ = place_for_times(in, most, out);
    const auto range = run_wide<stamp_loop>(in.rows().data(), most, times_, &time_of_);
    if (detail::is_usable(range.oldest) && detail::is_usable(range.newest))
      return pass_all(in, most, range, out);
    return pass_usable(in, most, out, to.rejects());
  }
  bool on_mark(mark kind, std::int64_t value, outlets to) override {
    if (kind == mark::end)
      if (const auto watermark = clock_.finish()) to.at<T>(0).set_watermark(*watermark);
    if (kind == mark::phase && value == 1) clock_.end_history();
    return true;
  }
  void on_cancel() override { clock_.forget_partitions(); }
  void on_partition_end(const partition& which, bool is_complete, outlets to) override {
    if (!is_complete) return clock_.hold(which);
    if (const auto watermark = clock_.leave(which)) to.at<T>(0).set_watermark(*watermark);
  }

  std::optional<moment> wakes_at() const override { return clock_.wakes_at(); }
  bool on_wake(moment now, outlets to) override {
    if (const auto watermark = clock_.wait(now, now_())) to.at<T>(0).set_watermark(*watermark);
    return true;
  }
  bool is_silent() const override { return clock_.is_silent(); }

  void save(snapshot_writer& to) const override { clock_.save(to); }
  void load(snapshot_reader& from) override { clock_.load(from); }

private:
  struct stamp_loop {
    template <instruction_set>
    [[gnu::always_inline]] static time_range run(const T* rows, std::size_t n, timestamp* times,
                                                 TimeOf* time_of) {
      std::size_t i = 0;
      time_range range;
      try {
        for (; i < n; ++i) {
          const timestamp time = detail::time_or_none(std::invoke(*time_of, rows[i]));
          times[i] = time;
          range.oldest = std::min(range.oldest, time);
          range.newest = std::max(range.newest, time);
        }
      } catch (...) {
        throw_row_failure(i);
      }
      return range;
    }
  };

  /// Where they are to be, if the batch can be handed on as it is.
  timestamp* place_for_times(batch_view<T> in, std::size_t rows, const batch<T>& out) {
    if (in.can_move_into(out)) return in.exclusive_whole()->times_for_writing();
    own_times_.resize(std::max(own_times_.size(), rows));
    return own_times_.data();
  }

  std::size_t pass_all(batch_view<T> in, std::size_t most, time_range range, batch<T>& out) {
    const std::size_t before = out.size();
    const auto* const partition = in.origin_of(0).partition;
    const auto front = front_of(partition, range, most, out);
    const std::size_t passed = front.rows == 0 ? 0 : pass_on(in, front.rows, out);
    if (passed > 0) {
      if (passed < most) range.newest = *std::max_element(times_, times_ + passed);
      if (auto* const to = out.times_for_writing() + before; to != times_)
        std::copy_n(times_, passed, to);
      out.set_own_watermark(front.own_watermark);
      advance(partition, range.newest, out);
    }
    if (passed == front.rows && passed < most) out.close();
    return passed;
  }

  /// The same where some rows have no usable time: row by row, and those go to the rejects.
  std::size_t pass_usable(batch_view<T> in, std::size_t most, batch<T>& out,
                          batch<reject>& rejects) {
    time_range range;
    usable_.clear();
    for (std::size_t i = 0; i < most; ++i) {
      if (!detail::is_usable(times_[i])) continue;
      range.include(times_[i]);
      times_[usable_.size()] = times_[i];
      usable_.push_back(static_cast<std::uint32_t>(i));
    }
    const auto* const partition = in.origin_of(0).partition;
    const auto front = front_of(partition, range, usable_.size(), out);
    const std::size_t before = out.size();
    if (front.rows > 0)
      out.inherit_selected(in.whole(), in.first(), std::span{usable_}.first(front.rows),
                           borrows<T>);
    std::size_t passed = 0;
    std::size_t i = 0;
    for (; i < most; ++i) {
      if (passed == usable_.size() || usable_[passed] != i) {
        if (rejects.is_full()) break;
        rejects.push_back(rejected_row(in, i, reason_against(in[i])));
        continue;
      }
      if (passed == front.rows || (!out.empty() && out.heap_bytes() >= batch_bytes)) break;
      out.next() = take_row(in, i);
      out.push_next();
      ++passed;
    }
    if (passed > 0) {
      std::copy_n(times_, passed, out.times_for_writing() + before);
      out.set_own_watermark(front.own_watermark);
      advance(partition, *std::max_element(times_, times_ + passed), out);
    }
    if (passed == front.rows && passed < usable_.size()) out.close();
    return i;
  }
  std::string reason_against(const T& row) {
    return detail::reason_against(std::invoke(time_of_, row));
  }

  void advance(const partition* of, timestamp newest, batch<T>& out) {
    const auto at = options_.idle_after ? now_() : moment{};
    if (const auto watermark = clock_.advance(of, newest, at)) out.set_watermark(*watermark);
  }

  /// Rows that may share a batch, and what it carries then.
  struct front {
    std::size_t rows;
    timestamp own_watermark;
  };
  /// How many of the rows come before one that is late because of them, or because of others in
  /// `out`.
  front front_of(const partition* of, time_range range, std::size_t rows, const batch<T>& out) {
    const auto own = clock_.own(of);
    auto promised = timestamp::min();
    if (out.empty())
      began_at_ = own;
    else // what it has promised already holds for all rows behind it
      promised = out.watermark().value_or(promised);
    const auto carried = out.empty() ? timestamp::min() : out.own_watermark();
    const auto found =
        find_late(times_, rows, range, {promised, own, began_at_, options_.out_of_order});
    return {found.rows, found.has_late ? began_at_ : carried};
  }
  TimeOf time_of_;
  event_time_options options_;
  paced_clock clock_;
  processing_clock now_;
  timestamp began_at_{};       // its partition, the batch that is open
  timestamp* times_ = nullptr; // of the rows at hand; of the usable ones, if not all are
  std::vector<timestamp> own_times_;
  std::vector<std::uint32_t> usable_; // which of them are
};

template <class TimeOf>
class event_time_adaptor : public adaptor<event_time_adaptor<TimeOf>> {
public:
  event_time_adaptor(TimeOf time_of, event_time_options options)
      : time_of_{std::move(time_of)}, options_{options} {}

  template <row T>
  [[nodiscard]] bound_rejecting_operator<T> bind() const {
    constexpr bool fits = std::invocable<TimeOf&, const T&>;
    static_assert(fits, "weir: event_time takes a field of the stream's record, such as "
                        "&trip::pickup");
    if constexpr (fits) {
      constexpr bool is_time =
          detail::is_event_time<std::remove_cvref_t<std::invoke_result_t<TimeOf&, const T&>>>;
      static_assert(is_time, "weir: event_time needs a field of type weir::timestamp (which may be "
                             "optional); this one is no time");
      if constexpr (is_time) {
        auto options = std::make_shared<event_time_options>(options_);
        auto gate = std::make_shared<drift_gate>();
        auto before = std::make_shared<std::vector<source_before>>();
        return {
            {.name = "event_time",
             .make = [time_of = time_of_, options, gate,
                      before]() -> result<std::unique_ptr<any_operator>> {
               if (auto valid = check(*options); !valid) return std::move(valid).error();
               return std::unique_ptr<any_operator>{
                   std::make_unique<event_time_operator<T, TimeOf>>(
                       time_of, *options, std::chrono::steady_clock::now,
                       options->max_drift ? gate : nullptr, *before)};
             },
             .options = make_options_ref(options),
             .drift = [options, gate] { return options->max_drift ? gate : nullptr; },
             .sources = [before](std::vector<source_before> all) { *before = std::move(all); }}};
      }
    }
    return {};
  }

private:
  TimeOf time_of_;
  event_time_options options_;
};

/// Event time is what the field says.
template <class TimeOf>
[[nodiscard]] event_time_adaptor<std::decay_t<TimeOf>>
event_time(TimeOf&& field, const out_of_order& late = out_of_order{duration{0}}) {
  return {std::forward<TimeOf>(field), late.options()};
}

} // namespace weir
