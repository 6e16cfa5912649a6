// SPDX-License-Identifier: Apache-2.0
//
// window_clock: when the operator of windows is to be called in processing time: to give early
// results, and to fire when its rows stand still.
//
// It is told what happened and asked what is due; it reads no clock. Early results are at least
// `every` apart; the first are due at once. Rows stand still when neither a row nor a later
// watermark has come for `timeout`. Spans of zero are never due.
//
//   clock.stir();                                        // a row came
//   std::optional<moment> at = clock.wakes_at({.is_open = true});
//   if (clock.stands_still(now)) ...                     // called by then

#pragma once

#include <weir/actors/operators/stream_operator.hpp>
#include <weir/actors/operators/window.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace weir {

class window_clock {
public:
  explicit window_clock(const window_options& options)
      : every_{options.every}, timeout_{options.timeout} {}

  [[nodiscard]] bool gives_early() const noexcept { return every_ > duration{0}; }

  /// A row came.
  void stir() noexcept { is_stirred_ = true; }
  void stir(timestamp watermark) noexcept {
    if (watermark <= std::exchange(watermark_, std::max(watermark_, watermark))) return;
    stir();
  }

  struct held {
    bool is_open = false;     ///< Has windows that did not fire.
    bool has_changed = false; ///< Has some that had rows since their early results.
  };
  [[nodiscard]] std::optional<moment> wakes_at(held windows) const {
    std::optional<moment> at;
    if (windows.has_changed && gives_early()) at = early_at_;
    if (windows.is_open && timeout_ > duration{0}) {
      // What it is called at once for is to learn what time it is.
      const auto still = is_stirred_ ? at_once : still_at_;
      at = at ? std::min(*at, still) : still;
    }
    return at;
  }

  /// Early results are due; if so the next are due `every` later.
  [[nodiscard]] bool is_early_due(moment now) noexcept {
    if (!gives_early() || now < early_at_) return false;
    early_at_ = now + every_;
    return true;
  }
  [[nodiscard]] bool stands_still(moment now) noexcept {
    if (timeout_ <= duration{0}) return false;
    if (std::exchange(is_stirred_, false)) still_at_ = now + timeout_;
    return now >= still_at_;
  }

  static constexpr moment at_once{};

private:
  duration every_, timeout_;
  moment early_at_ = at_once, still_at_ = at_once;
  timestamp watermark_ = timestamp::min(); // the latest that came
  bool is_stirred_ = true;
};

} // namespace weir
