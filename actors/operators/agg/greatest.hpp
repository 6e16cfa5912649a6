// SPDX-License-Identifier: Apache-2.0
//
// greatest and least: the n rows that are greatest, or least, by something.
//
// In that order; of rows that are equal by it the one that came first stands first and stays.
// Exact, for any cut into parts that are merged in order of arrival. Rows whose value is missing or
// not a number (NaN) are left out. State: n rows at most, which must own their text; a row that is
// not among them costs one comparison.
//
//   ... | aggregate(agg::greatest(3, &order::amount))    the three largest orders
//   ... | aggregate(agg::least(1, &order::placed_at))    the one that was placed first

#pragma once

#include <weir/actors/operators/agg/min_max.hpp>
#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/told_count.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace weir::agg {
namespace detail {

/// `Before`: whether the first of two values stands before the second.
template <class T, class F, class Before>
class best_rows {
  using value = told_value<F, T>;

public:
  using state = std::vector<std::pair<value, T>>; ///< In order, `most_` at most.

  best_rows(std::size_t most, F value_of) : most_{most}, value_of_{std::move(value_of)} {}

  [[nodiscard]] weir::result<void> check() const {
    if (most_ > 0 && is_count(most_)) return {};
    return error{errc::config, "greatest and least: " + told_count(most_)
                                   + " rows are wanted; it must be 1 at least"};
  }
  [[nodiscard]] state create() const { return {}; }
  void add(state& best, const T& row) const {
    with_value(value_of_, row, [&](const value& by) { insert(best, by, row); });
  }
  void merge(state& best, const state& other) const {
    for (const auto& [by, row] : other) insert(best, by, row);
  }
  [[nodiscard]] std::vector<T> result(const state& best) const {
    std::vector<T> rows;
    rows.reserve(best.size());
    for (const auto& one : best) rows.push_back(one.second);
    return rows;
  }

private:
  void insert(state& best, const value& by, const T& row) const {
    if constexpr (std::floating_point<value>)
      if (by != by) return;
    if (best.size() == most_) {
      if (!Before{}(by, best.back().first)) return;
      best.pop_back();
    }
    const auto at =
        std::upper_bound(best.begin(), best.end(), by,
                         [](const value& a, const auto& b) { return Before{}(a, b.first); });
    best.emplace(at, by, row);
  }

  std::size_t most_;
  [[no_unique_address]] F value_of_;
};

template <class F, class Before>
class best_rows_by {
public:
  best_rows_by(std::size_t most, F value_of) : most_{most}, value_of_{std::move(value_of)} {}

  template <class T>
  [[nodiscard]] auto bind() const {
    if constexpr (check_value_callable<F, T>()) {
      constexpr bool fits = compares<told_value<F, T>>;
      static_assert(fits, "weir: greatest and least compare values by `<`, which this value lacks");
      if constexpr (fits)
        if constexpr (can_be_kept<told_value<F, T>>() && can_be_kept<T>())
          return best_rows<T, F, Before>{most_, value_of_};
    }
  }

private:
  std::size_t most_;
  F value_of_;
};

} // namespace detail

/// The `n` rows of the greatest values, as a std::vector of rows; 1 at least.
template <class F = std::identity>
[[nodiscard]] auto greatest(std::size_t n, F value_of = {}) {
  return detail::best_rows_by<F, detail::is_greater>{n, std::move(value_of)};
}

/// The `n` rows of the least values.
template <class F = std::identity>
[[nodiscard]] auto least(std::size_t n, F value_of = {}) {
  return detail::best_rows_by<F, detail::is_less>{n, std::move(value_of)};
}

} // namespace weir::agg
