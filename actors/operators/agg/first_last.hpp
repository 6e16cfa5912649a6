// SPDX-License-Identifier: Apache-2.0
//
// first and last: the value of the row that came first, and of the one that came last.
//
// By arrival, not by event time: across partitions that is as the rows happened to come, and only
// within one partition it is its order. (`agg::least(1, &order::time)` gives the row that happened
// first.) Any cut into parts that are merged in order of arrival gives the same. A missing value is
// passed over; NaN is a value. State: the value and a bool. Values must own their text.
//
//   ... | aggregate(agg::last(&sensor::level))

#pragma once

#include <weir/actors/operators/agg/kept_value.hpp>
#include <weir/actors/operators/aggregation.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace weir::agg {
namespace detail {

template <class V, bool Last>
struct arrival_fold {
  using state = kept_value<V>;

  [[nodiscard]] state create() const { return {}; }
  template <class U>
  void add(state& to, U&& value) const {
    if (Last || !to.is_there) to.keep(std::forward<U>(value));
  }
  void merge(state& to, const state& other) const {
    if (other.is_there) add(to, other.value);
  }
  [[nodiscard]] std::optional<V> result(const state& of) const { return of.get(); }
};

template <bool Last>
struct make_arrival {
  template <class V>
  [[nodiscard]] auto fold() const {
    if constexpr (can_be_kept<V>()) return arrival_fold<V, Last>{};
  }
};

} // namespace detail

/// The value that came first.
template <class F = std::identity>
[[nodiscard]] auto first(F value_of = {}) {
  return detail::of_values<detail::make_arrival<false>, F>{{}, std::move(value_of)};
}

/// The value that came last.
template <class F = std::identity>
[[nodiscard]] auto last(F value_of = {}) {
  return detail::of_values<detail::make_arrival<true>, F>{{}, std::move(value_of)};
}

} // namespace weir::agg
