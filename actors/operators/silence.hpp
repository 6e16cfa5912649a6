// SPDX-License-Identifier: Apache-2.0
//
// silence: whether a stream has given no row for so long that others are not to wait for it.
//
// It is told what happened and reads no clock. Time counts from one call of `wait` to the next, in
// steps of a quarter of `idle_after` and never more than that at once, so that who was not called
// in time (its outlet was full, the machine was busy) does not take that for silence: it needs
// several calls with no row in between. So it is silent a quarter late at most. A history is never
// silent: until it has ended no row of what follows can be missing. Without `idle_after` nothing
// is.
//
//   silence quiet{options.idle_after};
//   quiet.begin();                                  // the history has ended
//   quiet.hear();                                   // a row came
//   if (auto at = quiet.wakes_at()) ...             // `wait(now)` is called then
//   if (quiet.is_silent()) ...

#pragma once

#include <weir/actors/operators/stream_operator.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace weir {

class silence {
public:
  explicit silence(std::optional<duration> idle_after) : idle_after_{idle_after} {}

  /// What comes from now on is live.
  void begin() noexcept {
    has_begun_ = true;
    hear();
  }
  [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }
  /// A row came.
  void hear() noexcept {
    lasted_ = moment::duration{0};
    was_heard_ = true;
  }

  /// Nothing: it is silent, or never will be.
  [[nodiscard]] std::optional<moment> wakes_at() const noexcept {
    if (!idle_after_ || !has_begun_ || is_silent()) return std::nullopt;
    return next_;
  }
  /// Time has come to this.
  void wait(moment now) noexcept {
    if (!wakes_at() || now < next_) return;
    const auto step = step_of(*idle_after_);
    if (!was_heard_) lasted_ += std::clamp(now - last_, moment::duration{0}, step);
    was_heard_ = false;
    last_ = now;
    next_ = now + step;
  }
  [[nodiscard]] bool is_silent() const noexcept { return idle_after_ && lasted_ >= *idle_after_; }

private:
  /// At least a millisecond; less would be busy waiting.
  static moment::duration step_of(duration idle_after) noexcept {
    return std::max<moment::duration>(idle_after / 4, std::chrono::milliseconds{1});
  }

  std::optional<duration> idle_after_;
  bool has_begun_ = false;
  bool was_heard_ = true; // since the last call
  moment::duration lasted_{0};
  moment last_{};
  moment next_{}; // at once, to learn what time it is
};

} // namespace weir
