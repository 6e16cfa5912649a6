// SPDX-License-Identifier: Apache-2.0
//
// mean: the sum of a value (as agg::sum makes it), divided by how many there are.
//
// Of integers the sum is exact and never overflows, and the mean is rounded twice at most: to a
// double, and by the division. Of floating point it is as exact, as independent of batching and as
// careful about overflow as agg::sum; NaN makes it NaN. State: 24 bytes.
//
//   ... | aggregate(agg::mean(&order::amount))

#pragma once

#include <weir/actors/operators/agg/number.hpp>
#include <weir/actors/operators/agg/sum.hpp>
#include <weir/actors/operators/aggregation.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace weir::agg {
namespace detail {

/// A sum and how many values it is of.
template <class Sum>
struct mean_state {
  Sum sum;
  std::uint64_t count = 0;

  void save(snapshot_writer& to) const {
    sum.save(to);
    to.write(count);
  }
  void load(snapshot_reader& from) {
    sum.load(from);
    from.read(count);
  }
};

template <number V>
struct mean_fold {
  using state = mean_state<typename sum_fold<V>::state>;

  [[nodiscard]] state create() const noexcept { return {}; }
  void add(state& to, const V& value) const {
    to.sum.add(to_number(value));
    ++to.count;
  }
  void merge(state& to, const state& other) const {
    to.sum.merge(other.sum);
    to.count += other.count;
  }
  [[nodiscard]] std::optional<average_of<V>> result(const state& of) const {
    if (of.count == 0) return std::nullopt;
    const auto count = static_cast<double>(of.count);
    if constexpr (whole_number<V>)
      return from_average<V>(of.sum.as_double() / count);
    else
      return from_average<V>(of.sum.get() / count);
  }
};

struct make_mean {
  template <class V>
  [[nodiscard]] auto fold() const {
    static_assert(number<V>,
                  "weir: mean is of numbers (integers, bool, float, double) and spans of "
                  "time; this value is neither");
    if constexpr (number<V>) return mean_fold<V>{};
  }
};

} // namespace detail

/// The arithmetic mean of a value: a double, or the nearest span. Of nothing: NaN, or std::nullopt
/// where values can be missing.
template <class F = std::identity>
[[nodiscard]] auto mean(F value_of = {}) {
  return detail::of_values<detail::make_mean, F>{{}, std::move(value_of)};
}

} // namespace weir::agg
