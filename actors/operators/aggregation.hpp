// SPDX-License-Identifier: Apache-2.0
//
// aggregation: many rows into one value, a row at a time: what windows and running aggregates host.
//
// An aggregation is a plain class of four functions without memory of its own; all memory is in
// the state, which a snapshot can hold. Rows are added in the order in which they come; `merge`
// adds to a state all rows of another, which came later. Each one of weir::agg says whether the
// order and the cut into merged parts can change its result (most: not by a bit). Functions may
// throw std::overflow_error or std::range_error with a sentence; the state is of no use then. One
// that was told nonsense says so by a fifth, `weir::result<void> check() const`: no job starts.
//
//   struct longest {  // one of the user's own
//     std::size_t create() const { return 0; }
//     void add(std::size_t& most, const word& row) const { most = std::max(most, row.size()); }
//     void merge(std::size_t& most, std::size_t other) const { most = std::max(most, other); }
//     std::size_t result(std::size_t most) const { return most; }
//   };
//   ... | aggregate(longest{})   ... | aggregate(agg::mean(&order::amount))
//
// What is made by weir::agg learns the row type by `agg::bind<T>(a)`, and is an aggregation then.
// It is told the value by a member pointer, or a callable of the row that returns the same for the
// same row. A missing value (std::nullopt) is left out, and where values can be missing, the
// result is an optional if there may be none.

#pragma once

#include <weir/actors/state/persist.hpp>
#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>

#include <concepts>
#include <functional>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weir::agg {

/// What `a.create()` gives: the memory of one window or key.
template <class A>
using aggregation_state = decltype(std::declval<const A&>().create());

/// What `a.result(state)` gives.
template <class A>
using aggregation_result = std::remove_cvref_t<decltype(std::declval<const A&>().result(
    std::declval<const aggregation_state<A>&>()))>;

/// Makes many rows of T into one value.
template <class A, class T>
concept aggregation = std::copy_constructible<A> && persistent<aggregation_state<A>> && requires(
    const A& a, aggregation_state<A>& state, const aggregation_state<A>& other, const T& row) {
  a.add(state, row);
  a.merge(state, other);
  requires !std::is_void_v<decltype(a.result(other))>;
};

/// Whether what the aggregation was told makes sense.
template <class A>
[[nodiscard]] result<void> check(const A& a) {
  if constexpr (requires { requires std::same_as<decltype(a.check()), result<void>>; })
    return a.check();
  else
    return {};
}

namespace detail {

template <class A>
concept creates = requires(const A& a) {
  a.create();
};

template <class A, class T>
concept adds = requires(const A& a, aggregation_state<A>& state, const T& row) {
  a.add(state, row);
};

template <class A>
concept merges = requires(const A& a, aggregation_state<A>& to, const aggregation_state<A>& other) {
  a.merge(to, other);
};

template <class A>
concept has_result = requires(const A& a, const aggregation_state<A>& state) {
  requires !std::is_void_v<decltype(a.result(state))>;
};

/// A sentence for each thing that `A` lacks; whether it is an aggregation.
template <class T, class A>
constexpr bool check_aggregation() {
  constexpr bool is_field = std::is_member_pointer_v<A>;
  static_assert(!is_field, "weir: a field is no aggregation: say what becomes of its values, as in "
                           "agg::sum(&order::amount)");
  constexpr bool has_create = creates<A>;
  static_assert(has_create || is_field, "weir: an aggregation, such as agg::count(), is wanted "
                                        "here; one of your own needs `create() const`, which gives "
                                        "a state");
  if constexpr (has_create) {
    static_assert(persistent<aggregation_state<A>>,
                  "weir: an aggregation's state can't be kept in a snapshot: make it of numbers, "
                  "std::string (not std::string_view), times, optionals, vectors and described "
                  "structs, or give it `save` and `load`");
    static_assert(adds<A, T>, "weir: an aggregation needs `add(state&, const row&) const` for the "
                              "rows of this stream");
    static_assert(merges<A>, "weir: an aggregation needs `merge(state&, const state&) const`");
    static_assert(has_result<A>, "weir: an aggregation needs `result(const state&) const`, which "
                                 "returns something");
  }
  return aggregation<A, T>;
}

template <class T>
using without_optional = typename weir::detail::optional_value<T>::type;

/// What a callable returns for a row, and what is left of it when a missing value is left out.
template <class F, class T>
using told = std::remove_cvref_t<std::invoke_result_t<const F&, const T&>>;
template <class F, class T>
using told_value = without_optional<told<F, T>>;
template <class F, class T>
inline constexpr bool can_be_missing = weir::detail::optional_value<told<F, T>>::is_optional;

/// Calls `use` with the value of a row, unless it is missing.
template <class F, class T, class Use>
[[gnu::always_inline]] inline void with_value(const F& value_of, const T& row, const Use& use) {
  decltype(auto) value = std::invoke(value_of, row);
  if constexpr (can_be_missing<F, T>) {
    if (value) use(*std::forward<decltype(value)>(value));
  } else {
    use(std::forward<decltype(value)>(value));
  }
}

/// What stands for no result where values can't be missing: not a number, or a value's default.
template <class V>
V no_result() {
  if constexpr (std::is_floating_point_v<V>)
    return std::numeric_limits<V>::quiet_NaN();
  else
    return V{};
}

/// Folds values that a callable tells of rows. A fold is an aggregation of values; its result is a
/// std::optional where there may be none.
template <class T, class F, class Fold>
class of_rows {
public:
  of_rows(F value_of, Fold fold) : value_of_{std::move(value_of)}, fold_{std::move(fold)} {}

  [[nodiscard]] weir::result<void> check() const { return agg::check(fold_); }
  [[nodiscard]] auto create() const { return fold_.create(); }
  void add(aggregation_state<Fold>& state, const T& row) const {
    with_value(value_of_, row,
               [&]<class V>(V&& value) { fold_.add(state, std::forward<V>(value)); });
  }
  void merge(aggregation_state<Fold>& state, const aggregation_state<Fold>& other) const {
    fold_.merge(state, other);
  }
  [[nodiscard]] auto result(const aggregation_state<Fold>& state) const {
    using found = decltype(fold_.result(state));
    if constexpr (weir::detail::optional_value<found>::is_optional && !can_be_missing<F, T>) {
      auto value = fold_.result(state);
      return value ? *std::move(value) : no_result<without_optional<found>>();
    } else {
      return fold_.result(state);
    }
  }

private:
  [[no_unique_address]] F value_of_;
  [[no_unique_address]] Fold fold_;
};

template <class F, class T>
constexpr bool check_value_callable() {
  constexpr bool fits = std::invocable<const F&, const T&>;
  static_assert(fits, "weir: an aggregation's value callable (or member pointer) can't be called "
                      "with a row of this stream (const row&)");
  if constexpr (fits) {
    constexpr bool returns = !std::is_void_v<std::invoke_result_t<const F&, const T&>>;
    static_assert(returns, "weir: an aggregation's value callable returns nothing");
    return returns;
  } else {
    return false;
  }
}

/// Before the row type is known. `Make::fold<V>()` gives the fold for values of V.
template <class Make, class F>
class of_values {
public:
  of_values(Make make, F value_of) : make_{std::move(make)}, value_of_{std::move(value_of)} {}

  template <class T>
  [[nodiscard]] auto bind() const {
    if constexpr (check_value_callable<F, T>()) {
      using fold = decltype(make_.template fold<told_value<F, T>>());
      if constexpr (!std::is_void_v<fold>) // it was refused already otherwise
        return of_rows<T, F, fold>{value_of_, make_.template fold<told_value<F, T>>()};
    }
  }

private:
  [[no_unique_address]] Make make_;
  [[no_unique_address]] F value_of_;
};

template <class A, class T>
concept binds = requires(const A& a) {
  a.template bind<T>();
};

/// The family keeps values of V; what it keeps must own its text.
template <class V>
constexpr bool can_be_kept() {
  static_assert(!std::same_as<V, std::string_view>,
                "weir: this aggregation keeps values, and std::string_view borrows text that is "
                "gone with its batch: return std::string");
  static_assert(persistent<V> || std::same_as<V, std::string_view>,
                "weir: this aggregation keeps values, and values of this type can't be kept in a "
                "snapshot: they must be described, or have `save` and `load`, and own their text");
  return persistent<V>;
}

} // namespace detail

/// The aggregation `a` for rows of T: itself, if it has no need to know.
template <class T, class A>
[[nodiscard]] auto bind(const A& a) {
  if constexpr (detail::binds<A, T>) {
    using bound = decltype(a.template bind<T>());
    if constexpr (!std::is_void_v<bound>)
      if constexpr (detail::check_aggregation<T, bound>()) return a.template bind<T>();
  } else {
    if constexpr (detail::check_aggregation<T, A>()) return a;
  }
}

/// What `bind` gives; void: it was refused.
template <class A, class T>
using bound_aggregation = decltype(bind<T>(std::declval<const A&>()));

} // namespace weir::agg
