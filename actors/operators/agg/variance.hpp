// SPDX-License-Identifier: Apache-2.0
//
// variance: how far values lie from their mean, squared, on average.
//
// One pass, without the cancellation of sums of squares. Relative error: about n 2^-53 times
// sqrt(1 + mean^2 / variance) at worst, for n rows and any cut into merged parts; cuts may differ
// by that much. NaN and infinities make it NaN; finite values whose squares pass the largest double
// are an overflow. State: 24 bytes.
//
//   ... | aggregate(agg::variance(&trip::minutes))              of a sample: divides by n - 1
//   ... | aggregate(agg::population_variance(&trip::minutes))   of all there are: divides by n

#pragma once

#include <weir/actors/operators/agg/number.hpp>
#include <weir/actors/operators/aggregation.hpp>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace weir::agg {

/// Count, mean and squared distances from it. Welford, "Note on a method for calculating corrected
/// sums of squares and products" (1962); merged as in Chan, Golub and LeVeque, "Algorithms for
/// computing the sample variance" (1983), which has the error bound.
class moments {
public:
  void add(double value) {
    const double before = squares_;
    ++count_;
    const double distance = value - mean_;
    mean_ += distance / static_cast<double>(count_);
    squares_ += distance * (value - mean_);
    if (!(std::fabs(squares_) <= std::numeric_limits<double>::max())) [[unlikely]]
      leave_numbers(!std::isnan(before) && std::isfinite(value));
  }
  void merge(const moments& other) {
    if (other.count_ == 0) return;
    if (count_ == 0) {
      *this = other;
      return;
    }
    const bool was_finite = !std::isnan(squares_) && !std::isnan(other.squares_);
    const auto here = static_cast<double>(count_);
    const auto there = static_cast<double>(other.count_);
    const double distance = other.mean_ - mean_;
    count_ += other.count_;
    mean_ += distance * (there / (here + there));
    squares_ += other.squares_ + distance * distance * (here * (there / (here + there)));
    if (!(std::fabs(squares_) <= std::numeric_limits<double>::max())) [[unlikely]]
      leave_numbers(was_finite);
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The sum of squared distances from the mean.
  [[nodiscard]] double squares() const noexcept { return squares_; }

  void save(snapshot_writer& to) const { to.write(count_).write(mean_).write(squares_); }
  void load(snapshot_reader& from) { from.read(count_).read(mean_).read(squares_); }

private:
  void leave_numbers(bool all_were_finite) {
    if (all_were_finite)
      throw std::overflow_error{"a variance passes the largest double; scale the values down"};
    mean_ = squares_ = std::numeric_limits<double>::quiet_NaN();
  }

  std::uint64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0; // NaN, as mean_ then, once a value was not finite
};

namespace detail {

/// `Less`: 1 for a sample, 0 for a population.
template <number V, int Less>
struct variance_fold {
  using state = moments;

  [[nodiscard]] state create() const noexcept { return {}; }
  void add(state& to, const V& value) const { to.add(static_cast<double>(value)); }
  void merge(state& to, const state& other) const { to.merge(other); }
  [[nodiscard]] std::optional<double> result(const state& of) const {
    if (of.count() <= Less) return std::nullopt;
    return of.squares() / static_cast<double>(of.count() - Less);
  }
};

template <int Less>
struct make_variance {
  template <class V>
  [[nodiscard]] auto fold() const {
    constexpr bool fits = number<V> && !is_span<V>;
    static_assert(fits, "weir: variance is of numbers (integers, bool, float, double)");
    if constexpr (fits) return variance_fold<V, Less>{};
  }
};

} // namespace detail

/// The variance of a sample. Of fewer than two values: NaN, or std::nullopt where values can be
/// missing.
template <class F = std::identity>
[[nodiscard]] auto variance(F value_of = {}) {
  return detail::of_values<detail::make_variance<1>, F>{{}, std::move(value_of)};
}

/// The variance of all there are. Of nothing: NaN, or std::nullopt where values can be missing.
template <class F = std::identity>
[[nodiscard]] auto population_variance(F value_of = {}) {
  return detail::of_values<detail::make_variance<0>, F>{{}, std::move(value_of)};
}

} // namespace weir::agg
