// SPDX-License-Identifier: Apache-2.0
//
// join_kind: which rows of two streams come out of a join, and what its callable is given for it.
//
//   inner   pairs                                  combine(const L&, const R&)
//   left    pairs, and rows of the left alone      combine(const L&, const R*)
//   outer   pairs, and rows of either side alone   combine(const L*, const R*)
//
// A pointer is nullptr where the other side has none.

#pragma once

#include <weir/actors/operators/callable.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>

namespace weir {

enum class join_kind : std::uint8_t { inner, left, outer };

namespace detail {

/// Calls `combine` as its kind of join does. Precondition: what it is given by reference is there.
template <join_kind Kind, class Combine, class Left, class Right>
decltype(auto) combined(Combine& combine, const Left* left, const Right* right) {
  if constexpr (Kind == join_kind::inner)
    return std::invoke(combine, *left, *right);
  else if constexpr (Kind == join_kind::left)
    return std::invoke(combine, *left, right);
  else
    return std::invoke(combine, left, right);
}

template <join_kind Kind, class Combine, class Left, class Right>
inline constexpr bool can_combine =
    Kind == join_kind::inner  ? std::invocable<Combine&, const Left&, const Right&>
    : Kind == join_kind::left ? std::invocable<Combine&, const Left&, const Right*>
                              : std::invocable<Combine&, const Left*, const Right*>;

template <join_kind Kind, class Combine, class Left, class Right>
using combined_row = std::remove_cvref_t<decltype(combined<Kind>(
    std::declval<Combine&>(), std::declval<const Left*>(), std::declval<const Right*>()))>;

/// A sentence for each way in which a join's callable can be of no use; whether it is.
template <join_kind Kind, class Combine, class Left, class Right>
constexpr bool check_combine() {
  constexpr bool fits = can_combine<Kind, Combine, Left, Right>;
  static_assert(fits, "weir: a join's callable takes a row of each side: (const left&, const "
                      "right&), in a left join (const left&, const right*), in an outer one "
                      "(const left*, const right*)");
  if constexpr (fits) {
    using out = combined_row<Kind, Combine, Left, Right>;
    constexpr bool is_row = row<out>;
    static_assert(is_row, "weir: what a join's callable returns can't travel as a row: a row is "
                          "default constructible and movable");
    if constexpr (is_row) {
      constexpr bool owns = !would_dangle<Left, out>;
      static_assert(owns, "weir: a join's callable returns text that is borrowed "
                          "(std::string_view) from a row that owns it and is gone by then; return "
                          "std::string");
      return owns;
    }
  }
  return false;
}

} // namespace detail

} // namespace weir
