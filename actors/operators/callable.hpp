// SPDX-License-Identifier: Apache-2.0
//
// callable: what operators ask of the callables people give them, and how rows are handed over.
// Concepts for compile errors in our words; nothing here exists at run time but one `if`.
//
//   static_assert(returns_bool<F, trip>, "weir: filter's callable must return bool");

#pragma once

#include <weir/actors/stream/batch.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace weir {

/// Bool itself: a count or a pointer that happens to convert is more often a mistake than meant.
template <class F, class In>
concept returns_bool = std::invocable<F&, const In&> && std::same_as
                       < std::remove_cvref_t<std::invoke_result_t<F&, const In&>>,
bool > ;

namespace detail {

template <class T>
constexpr bool owns_text() {
  using value = typename optional_value<T>::type;
  if constexpr (std::is_same_v<value, std::string>) {
    return true;
  } else if constexpr (described_struct<value>) {
    using members = boost::describe::describe_members<value, boost::describe::mod_public
                                                                 | boost::describe::mod_inherited>;
    return []<class... D>(boost::mp11::mp_list<D...>) {
      return (false || ...
              || owns_text<std::remove_cvref_t<decltype(std::declval<value&>().*D::pointer)>>());
    }(boost::mp11::mp_rename<members, boost::mp11::mp_list>{});
  } else {
    return false;
  }
}

} // namespace detail

/// Out has borrowed text, which could only point into text that a row of In owns and takes with it.
template <class In, class Out>
inline constexpr bool would_dangle = tabular<In>&& tabular<Out>&& detail::owns_text<In>()
                                     && !borrows<In> && borrows<Out>;

/// Row `i`, moved out of the batch when nobody else can see it, copied otherwise.
template <row T>
[[nodiscard]] T take_row(batch_view<T> in, std::size_t i) {
  if (T* const own = in.exclusive_rows()) return std::move(own[i]);
  if constexpr (std::copyable<T>) {
    return in[i];
  } else {
    ensure(false, "rows that can't be copied go to one receiver only");
    return T{};
  }
}

} // namespace weir
