// SPDX-License-Identifier: Apache-2.0
//
// count: how many rows, or how many values are not missing.
//
// The state is 8 bytes. The order of rows and the cut into parts do not matter. A value that is not
// a number (NaN) is there, and counts.
//
//   ... | aggregate(agg::count())               rows
//   ... | aggregate(agg::count(&order::note))   those that have a note

#pragma once

#include <weir/actors/operators/aggregation.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace weir::agg {
namespace detail {

/// Of rows and of values: it looks at neither.
struct count_fold {
  [[nodiscard]] std::uint64_t create() const noexcept { return 0; }
  template <class V>
  void add(std::uint64_t& state, const V&) const noexcept {
    ++state;
  }
  void merge(std::uint64_t& state, std::uint64_t other) const noexcept { state += other; }
  [[nodiscard]] std::uint64_t result(std::uint64_t state) const noexcept { return state; }
};

struct make_count {
  template <class V>
  [[nodiscard]] count_fold fold() const {
    return {};
  }
};

} // namespace detail

/// How many rows there are.
[[nodiscard]] inline detail::count_fold count() { return {}; }

/// How many values are not missing.
template <class F>
[[nodiscard]] auto count(F value_of) {
  return detail::of_values<detail::make_count, F>{{}, std::move(value_of)};
}

} // namespace weir::agg
