// SPDX-License-Identifier: Apache-2.0
//
// number: which values can be summed, averaged and ranked, and how they become numbers and back.
//
// Integers of 8 to 64 bits, bool (0 and 1), float, double, and spans of time by their count, which
// become spans again. Functions of the value alone.
//
//   static_assert(number<double> && number<weir::duration> && !number<std::string>);

#pragma once

#include <weir/actors/stream/record.hpp>

#include <chrono>
#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

namespace weir::agg::detail {

template <class V>
inline constexpr bool is_span = false;
template <class Count, class Period>
inline constexpr bool is_span<std::chrono::duration<Count, Period>> = true;

template <class V>
struct plain_number {
  using type = V;
};
template <class Count, class Period>
struct plain_number<std::chrono::duration<Count, Period>> {
  using type = Count;
};

/// The number that stands for a value of V.
template <class V>
using number_of = typename plain_number<V>::type;

template <class V>
concept whole_number = std::same_as < number_of<V>,
bool > || weir::detail::is_integer_field<number_of<V>>;
template <class V>
concept floating_number = std::same_as < number_of<V>,
float > || std::same_as<number_of<V>, double>;
template <class V>
concept number = whole_number<V> || floating_number<V>;

template <number V>
[[nodiscard]] constexpr number_of<V> to_number(const V& value) noexcept {
  if constexpr (is_span<V>)
    return value.count();
  else
    return value;
}

/// What a mean or a quantile of values of V is: a double, or for spans the nearest span there is.
template <number V>
using average_of = std::conditional_t<is_span<V>, V, double>;

template <number V>
[[nodiscard]] average_of<V> from_average(double value) noexcept {
  using plain = number_of<V>;
  if constexpr (!is_span<V>) {
    return value;
  } else if constexpr (whole_number<V>) {
    // The largest number, as a double, is one more: the mean of spans that long is rounded to it.
    constexpr plain most = std::numeric_limits<plain>::max();
    if (value >= static_cast<double>(most)) return V{most};
    return V{static_cast<plain>(std::llround(value))};
  } else {
    return V{static_cast<plain>(value)};
  }
}

} // namespace weir::agg::detail
