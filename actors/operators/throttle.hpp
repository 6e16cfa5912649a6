// SPDX-License-Identifier: Apache-2.0
//
// throttle: lets rows pass at a given pace at most, without dropping any.
//
// A bucket holds what may pass: ten milliseconds' worth of rows, or one row where that is less.
// With the bucket empty the operator leaves rows unconsumed and says by `resume_at` when to go on;
// nothing blocks, the rows keep their credit, and so the source slows down. In any span of time at
// most pace x span rows pass, and one bucket. Marks wait behind the rows before them: with a slow
// pace commits come as slowly. It knows time only by what the shell tells it.
//
//   replayed | throttle(1000) | to(kafka<trip>("taxi-trips"))

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/pass_on.hpp>
#include <weir/actors/operators/stream_operator.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace weir {

/// What `throttle` may be told.
struct throttle_options {
  double rows_per_second = 1000; ///< The pace; above 0.
};
BOOST_DESCRIBE_STRUCT(throttle_options, (), (rows_per_second))

template <row T>
class throttle_operator final : public stream_operator<T, T> {
public:
  explicit throttle_operator(throttle_options options)
      : pace_{options.rows_per_second}, bucket_{std::max(1.0, pace_ / 100)}, allowed_{bucket_} {}

  std::size_t on_batch(batch_view<T> in, batch<T>& out) override {
    const auto most = static_cast<std::size_t>(std::min(allowed_, 1e9));
    const std::size_t passed = pass_on(in, most, out);
    allowed_ -= static_cast<double>(passed);
    return passed;
  }

  [[nodiscard]] std::optional<moment> resume_at(moment now) override {
    using seconds = std::chrono::duration<double>;
    const double passed = seconds{now - last_.value_or(now)}.count();
    allowed_ = std::min(bucket_, allowed_ + std::max(0.0, passed) * pace_);
    last_ = now;
    if (allowed_ >= 1) return std::nullopt;
    // At least a nanosecond, lest rounding ends in calls without progress.
    const double wait = std::min((bucket_ - allowed_) / pace_, 1e6);
    return now + std::chrono::nanoseconds{static_cast<std::int64_t>(std::ceil(wait * 1e9)) + 1};
  }

private:
  double pace_;
  double bucket_;
  double allowed_;             ///< Rows that may pass now.
  std::optional<moment> last_; ///< When `allowed_` was last filled.
};

class throttle_adaptor : public adaptor<throttle_adaptor> {
public:
  explicit throttle_adaptor(throttle_options options) : options_{options} {}

  template <row T>
  [[nodiscard]] bound_operator<T> bind() const {
    auto options = std::make_shared<throttle_options>(options_);
    return {.name = "throttle",
            .make = [options]() -> result<std::unique_ptr<any_operator>> {
              if (!(options->rows_per_second > 0))
                return error{errc::config, "rows_per_second is "
                                               + std::to_string(options->rows_per_second)
                                               + "; it must be above 0"};
              return make_erased<throttle_operator<T>>(*options);
            },
            .options = make_options_ref(options)};
  }

private:
  throttle_options options_;
};

/// Lets at most `rows_per_second` rows pass in a second.
[[nodiscard]] inline throttle_adaptor throttle(double rows_per_second) {
  return throttle_adaptor{throttle_options{.rows_per_second = rows_per_second}};
}

} // namespace weir
