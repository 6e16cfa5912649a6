// SPDX-License-Identifier: Apache-2.0
//
// event_time: gives each row the time at which it happened, and lets watermarks follow.
//
// The watermark promises that rows from now on are no older: the least time that the partitions
// have come to, less how much rows may be out of order. watermark_clock.hpp says which partitions
// count, so that neither a file that was read to its end nor a silent partition holds it back for
// ever. It never goes back; older rows that come all the same pass on, late. Before a late row its
// watermark has always left: which rows are late follows from their order, not from how they are
// cut into batches.
//
//   trips | event_time(&trip::pickup, out_of_order(1min))
//   tweets | event_time(&tweet::created_at, out_of_order(5s).idle_after(30s))

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/instruction_set.hpp>
#include <weir/actors/operators/pass_on.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/operators/stream_operator.hpp>
#include <weir/actors/operators/watermark_clock.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// How late rows may come, as written in a pipeline.
class out_of_order {
public:
  /// Rows may be this much older than the newest row of their partition.
  explicit out_of_order(duration by) : options_{.out_of_order = by} {}

  /// A partition that has been silent for this long, while others were not, is not waited for.
  [[nodiscard]] out_of_order idle_after(duration silence) const {
    out_of_order copy = *this;
    copy.options_.idle_after = silence;
    return copy;
  }
  [[nodiscard]] const event_time_options& options() const noexcept { return options_; }

private:
  event_time_options options_;
};

template <row T, class TimeOf>
class event_time_operator final : public stream_operator<T, T> {
public:
  using processing_clock = moment (*)();

  /// `now`: the time by which partitions are idle.
  event_time_operator(TimeOf time_of, event_time_options options,
                      processing_clock now = std::chrono::steady_clock::now)
      : time_of_{std::move(time_of)}, options_{options}, clock_{options}, now_{now} {}

  std::size_t on_batch(batch_view<T> in, batch<T>& out) override {
    const std::size_t before = out.size();
    const auto* const partition = in.origin_of(0).partition;
    const std::size_t most = std::min(in.size(), out.room());
    times_.resize(std::max(times_.size(), most));
    auto range = run_wide<stamp_loop>(in.rows().data(), most, times_.data(), &time_of_);
    // What `out` has promised already holds for all rows behind it, so these can't join it.
    const auto promised = out.empty() ? std::nullopt : out.watermark();
    const std::size_t wanted = rows_before_late(partition, range, most, promised);
    if (wanted == 0 && most > 0) {
      out.close();
      return 0;
    }
    const std::size_t passed = pass_on(in, wanted, out);
    if (passed == 0) return 0;
    if (passed < most) range.newest = *std::max_element(times_.begin(), times_.begin() + passed);
    std::copy_n(times_.data(), passed, out.times_for_writing() + before);
    const auto at = options_.idle_after ? now_() : moment{};
    if (const auto watermark = clock_.advance(partition, range.newest, at))
      out.set_watermark(*watermark);
    if (passed == wanted && wanted < most) out.close();
    return passed;
  }
  bool on_phase(std::uint64_t phase, batch<T>&) override {
    if (phase == 1) clock_.forget_partitions();
    return true;
  }

  void save(snapshot_writer& to) const override { clock_.save(to); }
  void load(snapshot_reader& from) override { clock_.load(from); }

private:
  struct time_range {
    timestamp oldest = timestamp::max();
    timestamp newest = timestamp::min();
  };
  struct stamp_loop {
    template <instruction_set>
    [[gnu::always_inline]] static time_range run(const T* rows, std::size_t n, timestamp* times,
                                                 TimeOf* time_of) {
      std::size_t i = 0;
      time_range range;
      try {
        for (; i < n; ++i) {
          const timestamp time = std::invoke(*time_of, rows[i]);
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

  /// How many of the rows come before one that is late because of them, or by what is promised.
  std::size_t rows_before_late(const partition* of, time_range range, std::size_t rows,
                               std::optional<timestamp> promised) const {
    const auto least = promised.value_or(timestamp::min());
    const auto bound = clock_.bound_behind(range.newest);
    if (range.oldest >= std::max(bound, least)) return rows;
    timestamp newest = timestamp::min();
    for (std::size_t i = 0; i < rows; ++i) {
      if (times_[i] < least) return i;
      if (times_[i] < bound && times_[i] < clock_.bound_behind(newest)
          && times_[i] < clock_.after(of, newest))
        return i;
      newest = std::max(newest, times_[i]);
    }
    return rows;
  }

  TimeOf time_of_;
  event_time_options options_;
  watermark_clock clock_;
  processing_clock now_;
  std::vector<timestamp> times_; // of the rows at hand
};

template <class TimeOf>
class event_time_adaptor : public adaptor<event_time_adaptor<TimeOf>> {
public:
  event_time_adaptor(TimeOf time_of, event_time_options options)
      : time_of_{std::move(time_of)}, options_{options} {}

  template <row T>
  [[nodiscard]] bound_operator<T> bind() const {
    constexpr bool fits = std::invocable<TimeOf&, const T&>;
    static_assert(fits, "weir: event_time takes a field of the stream's record, such as "
                        "&trip::pickup");
    if constexpr (fits) {
      constexpr bool is_time =
          std::same_as<std::remove_cvref_t<std::invoke_result_t<TimeOf&, const T&>>, timestamp>;
      static_assert(is_time, "weir: event_time needs a field of type weir::timestamp; this one is "
                             "no time (or may be missing)");
      if constexpr (is_time) {
        auto options = std::make_shared<event_time_options>(options_);
        return {.name = "event_time",
                .make = [time_of = time_of_, options]() -> result<std::unique_ptr<any_operator>> {
                  if (auto valid = check(*options); !valid) return std::move(valid).error();
                  return make_erased<event_time_operator<T, TimeOf>>(time_of, *options);
                },
                .options = make_options_ref(options),
                .chooses_event_time = true};
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
