// SPDX-License-Identifier: Apache-2.0
//
// processing_time: gives each row the time of day at which it comes by, where this is written in
// the pipeline.
//
// No row is late. Watermarks follow the clock, `watermark_every` at most behind it, also when no
// rows come: windows fire without waiting for the next row. Another run over the same rows gives
// other windows; what should not depend on when it runs uses event_time.
//
//   clicks | processing_time() | key_by(&click::page) | window(tumbling(1min), agg::count())

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/pass_on.hpp>
#include <weir/actors/operators/wall_clock.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace weir {

template <row T>
class processing_time_operator final : public stream_operator<T, T> {
public:
  processing_time_operator(clock_time_options options, wall_clock clock)
      : every_{options.watermark_every}, clock_{std::move(clock)} {}

  std::size_t on_batch(batch_view<T> in, batch<T>& out) override {
    const std::size_t before = out.size();
    const std::size_t passed = pass_on(in, in.size(), out);
    if (passed == 0) return 0;
    const auto now = clock_.now();
    std::fill_n(out.times_for_writing() + before, passed, now);
    out.set_own_watermark(timestamp::min()); // that of another time
    if (now >= promised_ + every_) promise(now, out);
    return passed;
  }
  [[nodiscard]] bool chooses_time() const override { return true; }
  [[nodiscard]] std::optional<moment> wakes_at() const override { return wakes_at_; }
  bool on_wake(moment now, batch<T>& out) override {
    wakes_at_ = now + every_;
    if (const auto time = clock_.now(); time > promised_) promise(time, out);
    return true;
  }

  void save(snapshot_writer& to) const override {
    to.write(clock_.last().time_since_epoch().count());
  }
  void load(snapshot_reader& from) override {
    timestamp::rep last = 0;
    from.read(last);
    clock_.resume(timestamp{duration{last}});
  }

private:
  void promise(timestamp time, batch<T>& out) {
    out.set_watermark(time);
    promised_ = time;
  }

  duration every_;
  rising_clock clock_;
  timestamp promised_{}; // the last watermark
  moment wakes_at_{};    // at once, then one interval after the other
};

class processing_time_adaptor : public adaptor<processing_time_adaptor> {
public:
  processing_time_adaptor(clock_time_options options, wall_clock clock)
      : options_{options}, clock_{std::move(clock)} {}

  template <row T>
  [[nodiscard]] bound_operator<T> bind() const {
    auto options = std::make_shared<clock_time_options>(options_);
    return {.name = "processing_time",
            .make = [options, clock = clock_]() -> result<std::unique_ptr<any_operator>> {
              if (auto valid = check(*options); !valid) return std::move(valid).error();
              return make_erased<processing_time_operator<T>>(*options, clock);
            },
            .options = make_options_ref(options)};
  }

private:
  clock_time_options options_;
  wall_clock clock_;
};

/// The time of a row is when it comes by here.
[[nodiscard]] inline processing_time_adaptor processing_time(clock_time_options options = {},
                                                             wall_clock clock = system_time) {
  return {options, std::move(clock)};
}

} // namespace weir
