// SPDX-License-Identifier: Apache-2.0
//
// quantile: the value below which a given share of values lies: the median, the 99th percentile.
//
// It is the value of nearest rank: the least one that at least a share `q` of all does not exceed.
// Exact for up to 128 values; beyond that to within `error` of itself (1 % unless told), whatever
// the distribution: 100 ms are known as 99 to 101. Neither the order of rows nor the cut into parts
// changes a bit of it. NaN is left out, infinities lie at the ends, integers count as doubles.
// State and its bound: see quantile_sketch.hpp.
//
//   ... | aggregate(agg::quantile(&request::took, 0.99))
//   ... | aggregate(agg::quantile(&trip::fare, 0.5, {.error = 0.001}))

#pragma once

#include <weir/actors/operators/agg/number.hpp>
#include <weir/actors/operators/agg/quantile_sketch.hpp>
#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/told_count.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace weir::agg {

/// What `quantile` may be told.
struct quantile_options {
  /// How far the result may lie from the true one, as a share of it; 0.0001 to 0.2.
  double error = 0.01;
};

namespace detail {

template <number V>
class quantile_fold {
public:
  quantile_fold(double q, quantile_options options)
      : q_{q}, error_{options.error}, digits_{quantile_sketch::digits_for(options.error)} {}

  [[nodiscard]] weir::result<void> check() const {
    if (!(q_ >= 0 && q_ <= 1))
      return error{errc::config,
                   "quantile: q is " + told_number(q_) + "; it must lie between 0 and 1"};
    if (!(error_ >= 0.0001 && error_ <= 0.2))
      return error{errc::config, "quantile: its option `error` is " + told_number(error_)
                                     + "; it must lie between 0.0001 and 0.2"};
    return {};
  }
  [[nodiscard]] quantile_sketch create() const { return quantile_sketch{digits_}; }
  void add(quantile_sketch& to, const V& value) const {
    to.add(static_cast<double>(to_number(value)));
  }
  void merge(quantile_sketch& to, const quantile_sketch& other) const { to.merge(other); }
  [[nodiscard]] std::optional<average_of<V>> result(const quantile_sketch& of) const {
    const auto found = of.at(q_);
    return found ? std::optional{from_average<V>(*found)} : std::nullopt;
  }

private:
  double q_;
  double error_;
  int digits_;
};

struct make_quantile {
  double q;
  quantile_options options;

  template <class V>
  [[nodiscard]] auto fold() const {
    static_assert(number<V>, "weir: quantile is of numbers (integers, bool, float, double) and "
                             "spans of time; this value is neither");
    if constexpr (number<V>) return quantile_fold<V>{q, options};
  }
};

} // namespace detail

/// The quantile `q`, 0 (the least value) to 1 (the greatest): a double, or a span. Of nothing: NaN,
/// or std::nullopt where values can be missing.
template <class F>
[[nodiscard]] auto quantile(F value_of, double q, quantile_options options = {}) {
  return detail::of_values<detail::make_quantile, F>{{q, options}, std::move(value_of)};
}

} // namespace weir::agg
