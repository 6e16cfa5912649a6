// SPDX-License-Identifier: Apache-2.0
//
// into: several aggregations at once, their results the members of a described record, in order.
//
// Rows are looked at once, states lie side by side. It guarantees what each of its parts does. A
// member takes a result of its own type, one that it holds without loss, or either as an optional;
// anything else, and a wrong number of members, is a compile error.
//
//   struct day { std::uint64_t orders; double mean; };
//   BOOST_DESCRIBE_STRUCT(day, (), (orders, mean))
//   ... | aggregate(agg::into<day>(agg::count(), agg::mean(&order::amount)))

#pragma once

#include <weir/actors/operators/aggregation.hpp>

#include <boost/mp11/algorithm.hpp>

#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir::agg {
namespace detail {

template <std::size_t I, class State>
struct state_slot {
  State value{}; // braces: a sketch's constructor is explicit
};

/// A tuple that is plain data where its parts are.
template <class Indices, class... States>
struct joint_state;
template <std::size_t... I, class... States>
struct joint_state<std::index_sequence<I...>, States...> : state_slot<I, States>... {
  void save(snapshot_writer& to) const {
    (save_value(to, static_cast<const state_slot<I, States>&>(*this).value), ...);
  }
  [[nodiscard]] bool load(snapshot_reader& from) {
    return (load_value(from, static_cast<state_slot<I, States>&>(*this).value) && ...);
  }
};

template <class Member, class Found>
constexpr bool takes() {
  constexpr bool optional_member = weir::detail::optional_value<Member>::is_optional;
  constexpr bool optional_found = weir::detail::optional_value<Found>::is_optional;
  using to = without_optional<Member>;
  using from = without_optional<Found>;
  if constexpr (std::is_same_v<Member, Found>)
    return true;
  else if constexpr (optional_found && !optional_member)
    return false;
  else
    return std::is_same_v<to, from> || requires(const from& found) { to{found}; };
}

template <class Member, class Found>
Member take_result(Found&& found) {
  if constexpr (weir::detail::optional_value<std::remove_cvref_t<Found>>::is_optional)
    return found ? Member{*std::forward<Found>(found)} : Member{};
  else if constexpr (std::is_same_v<Member, std::remove_cvref_t<Found>>)
    return std::forward<Found>(found);
  else
    return Member{std::forward<Found>(found)};
}

/// The pointer to the member is an argument, so that the compiler's note shows which one is meant.
template <auto Member, class Type, class Found>
constexpr void check_member() {
  static_assert(takes<Type, Found>(),
                "weir: this member can't take the result of its aggregation (in order): give it "
                "the result's type, or one that holds it without loss, as std::optional where "
                "there may be no result");
}

template <class T, class Result, class... A>
class joint {
  using indices = std::index_sequence_for<A...>;
  using members =
      boost::mp11::mp_rename<weir::detail::public_members<Result>, boost::mp11::mp_list>;
  template <std::size_t I>
  using member = boost::mp11::mp_at_c<members, I>;

public:
  using state = joint_state<indices, aggregation_state<A>...>;

  explicit joint(A... parts) : parts_{std::move(parts)...} { check_members(indices{}); }

  [[nodiscard]] weir::result<void> check() const {
    weir::result<void> all;
    each([&]<std::size_t I>(const auto& part, at<I>) {
      if (all) all = agg::check(part);
    });
    return all;
  }
  [[nodiscard]] state create() const { return create(indices{}); }
  void add(state& to, const T& row) const {
    each([&]<std::size_t I>(const auto& part, at<I>) { part.add(slot<I>(to), row); });
  }
  void merge(state& to, const state& other) const {
    each([&]<std::size_t I>(const auto& part, at<I>) { part.merge(slot<I>(to), slot<I>(other)); });
  }
  [[nodiscard]] Result result(const state& of) const {
    Result made{};
    each([&]<std::size_t I>(const auto& part, at<I>) {
      using type = weir::detail::type_of_member<Result, member<I>>;
      made.*member<I>::pointer = take_result<type>(part.result(slot<I>(of)));
    });
    return made;
  }

private:
  template <std::size_t I>
  using at = std::integral_constant<std::size_t, I>;

  template <std::size_t I, class State>
  static auto& slot(state_slot<I, State>& of) {
    return of.value;
  }
  template <std::size_t I, class State>
  static const auto& slot(const state_slot<I, State>& of) {
    return of.value;
  }
  template <std::size_t... I>
  static constexpr void check_members(std::index_sequence<I...>) {
    (check_member<member<I>::pointer, weir::detail::type_of_member<Result, member<I>>,
                  aggregation_result<A>>(),
     ...);
  }
  template <std::size_t... I>
  state create(std::index_sequence<I...>) const {
    return {{std::get<I>(parts_).create()}...};
  }
  template <class Use>
  [[gnu::always_inline]] void each(const Use& use) const {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (use(std::get<I>(parts_), at<I>{}), ...); }
    (indices{});
  }

  std::tuple<A...> parts_;
};

template <class Result, class... A>
class into_record {
public:
  explicit into_record(A... parts) : parts_{std::move(parts)...} {}

  template <class T>
  [[nodiscard]] auto bind() const {
    if constexpr ((!std::is_void_v<bound_aggregation<A, T>> && ...))
      return std::apply(
          [](const A&... part) {
            return joint<T, Result, bound_aggregation<A, T>...>{agg::bind<T>(part)...};
          },
          parts_);
  }

private:
  std::tuple<A...> parts_;
};

template <class Result, std::size_t Parts>
constexpr bool check_into() {
  static_assert(weir::detail::open_struct<Result>,
                "weir: into needs a described struct (BOOST_DESCRIBE_STRUCT) for the results");
  if constexpr (weir::detail::open_struct<Result>) {
    constexpr bool fits =
        boost::mp11::mp_size<weir::detail::public_members<Result>>::value == Parts;
    static_assert(fits, "weir: into needs as many aggregations as its record has members");
    return fits;
  } else {
    return false;
  }
}

} // namespace detail

/// All aggregations at once; the result is a Result, whose members take theirs in order.
template <class Result, class... A>
[[nodiscard]] auto into(A... parts) {
  if constexpr (detail::check_into<Result, sizeof...(A)>())
    return detail::into_record<Result, A...>{std::move(parts)...};
}

} // namespace weir::agg
