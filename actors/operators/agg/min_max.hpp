// SPDX-License-Identifier: Apache-2.0
//
// min and max: the least and the greatest value, by `<`.
//
// Of values that compare equal the one that came first. NaN is left out: with nothing else the
// result is NaN. The cut into parts does not matter; the order of rows matters only to values that
// are equal but not the same (0.0 and -0.0, records compared by one field). State: the value, and
// a bool unless it is float or double. Values must own their text.
//
//   ... | aggregate(agg::max(&order::amount))

#pragma once

#include <weir/actors/operators/agg/kept_value.hpp>
#include <weir/actors/operators/aggregation.hpp>

#include <concepts>
#include <functional>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::agg {
namespace detail {

template <class V>
concept compares = requires(const V& a, const V& b) {
  { a < b } -> std::convertible_to<bool>;
};

struct is_less {
  template <class V>
  [[nodiscard]] bool operator()(const V& a, const V& b) const {
    return a < b;
  }
};
struct is_greater {
  template <class V>
  [[nodiscard]] bool operator()(const V& a, const V& b) const {
    return b < a;
  }
};

/// The value of which no other is `Better`.
template <class V, class Better>
struct best_fold {
  using state = kept_value<V>;

  [[nodiscard]] state create() const { return {}; }
  template <class U>
  void add(state& best, U&& value) const {
    if (!best.is_there || Better{}(std::as_const(value), best.value))
      best.keep(std::forward<U>(value));
  }
  void merge(state& best, const state& other) const {
    if (other.is_there) add(best, other.value);
  }
  [[nodiscard]] std::optional<V> result(const state& best) const { return best.get(); }
};

/// NaN stands for none.
template <std::floating_point V, class Better>
struct best_fold<V, Better> {
  using state = V;

  [[nodiscard]] V create() const noexcept { return std::numeric_limits<V>::quiet_NaN(); }
  void add(V& best, V value) const noexcept {
    best = Better{}(value, best) | (best != best) ? value : best;
  }
  void merge(V& best, V other) const noexcept { add(best, other); }
  [[nodiscard]] std::optional<V> result(V best) const noexcept {
    return best == best ? std::optional<V>{best} : std::nullopt;
  }
};

template <class Better>
struct make_best {
  template <class V>
  [[nodiscard]] auto fold() const {
    static_assert(compares<V>, "weir: min and max compare values by `<`, which this value lacks");
    if constexpr (compares<V>)
      if constexpr (can_be_kept<V>()) return best_fold<V, Better>{};
  }
};

} // namespace detail

/// The least value.
template <class F = std::identity>
[[nodiscard]] auto min(F value_of = {}) {
  return detail::of_values<detail::make_best<detail::is_less>, F>{{}, std::move(value_of)};
}

/// The greatest value.
template <class F = std::identity>
[[nodiscard]] auto max(F value_of = {}) {
  return detail::of_values<detail::make_best<detail::is_greater>, F>{{}, std::move(value_of)};
}

} // namespace weir::agg
