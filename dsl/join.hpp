// SPDX-License-Identifier: Apache-2.0
//
// join: rows of two keyed streams that belong together, made into one by a callable.
//
//   auto paid = orders | key_by(&order::id)
//             | join(payments | key_by(&payment::order), within(-5min, 10min), f);
//
//   within(-5min, 10min)   right rows from 5 min before to 10 min behind the left one
//   latest()               the newest right row that is not behind the left one
//   tumbling(10s), ...     rows in one window
//
// `join` gives pairs, `left_join` rows of the left alone as well, `outer_join` those of either
// side: join_kind.hpp has what the callable is given. Both streams need event time. Which rows are
// joined does not depend on how the two interleave. Rows that are behind the watermark of their own
// stream are late: `paid.late()`, `paid.late_right()`. What is held, and until when, is said by the
// header of each kind; nothing is let go while one of the streams gives no watermark.

#pragma once

#include <weir/actors/operators/interval_join.hpp>
#include <weir/actors/operators/latest_join.hpp>
#include <weir/actors/operators/window_join.hpp>
#include <weir/dsl/key_by.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace weir {

/// What a join may be told.
struct join_options {
  std::uint32_t parallel = 1; ///< Instances that share the keys.
};
BOOST_DESCRIBE_STRUCT(join_options, (), (parallel))

namespace detail {

/// Whether there is an operator behind joins that are told by Spec.
template <class Spec>
concept joins = requires {
  sizeof(join_of<Spec>);
};

/// A sentence for each way in which two streams can't be joined; whether they can.
template <join_kind Kind, class L, class KeyOfL, class R, class KeyOfR, class Spec, class Combine>
constexpr bool check_join() {
  constexpr bool is_spec = joins<Spec>;
  static_assert(is_spec, "weir: join is told which rows belong together by within(-5min, 10min), "
                         "latest(), tumbling(10s) or sliding(10s, 5s): there are no joins by "
                         "other windows");
  constexpr bool is_answer = Kind != join_kind::outer || !std::same_as<Spec, latest_rows>;
  static_assert(is_answer, "weir: with latest() rows of the right that answer nothing are no "
                           "results: use join or left_join");
  using key_of_left = owned_key<std::remove_cvref_t<std::invoke_result_t<KeyOfL&, const L&>>>;
  using key_of_right = owned_key<std::remove_cvref_t<std::invoke_result_t<KeyOfR&, const R&>>>;
  constexpr bool is_one = std::same_as<key_of_left, key_of_right>;
  static_assert(is_one, "weir: a join needs keys of one type on both sides: bring one to the type "
                        "of the other in its key_by");
  constexpr bool is_kept = persistent<L> && persistent<R>;
  static_assert(is_kept, "weir: a join holds rows of both sides: they must own their text "
                         "(std::string, not std::string_view) and be of types that a snapshot can "
                         "hold, such as described structs");
  if constexpr (is_spec && is_answer && is_one && is_kept) {
    if constexpr (check_combine<Kind, Combine, L, R>()) {
      constexpr bool owns = !borrows<combined_row<Kind, Combine, L, R>>;
      static_assert(owns, "weir: a join's callable returns text that is borrowed "
                          "(std::string_view) from a row that is let go of later; return "
                          "std::string");
      return owns;
    }
  }
  return false;
}

} // namespace detail

template <join_kind Kind, class R, class KeyOfR, class Spec, class Combine>
class join_adaptor : public keyed_adaptor<join_adaptor<Kind, R, KeyOfR, Spec, Combine>> {
public:
  join_adaptor(keyed_stream<R, KeyOfR> right, Spec spec, Combine combine)
      : right_{std::move(right)}, spec_{spec}, combine_{std::move(combine)} {}

  [[nodiscard]] join_options& options() noexcept { return options_; }

  template <class L, class KeyOfL>
  auto attach_keyed(const keyed_stream<L, KeyOfL>& left) const {
    if constexpr (detail::check_join<Kind, L, KeyOfL, R, KeyOfR, Spec, Combine>()) {
      const auto& in = left.rows().in();
      const auto right = check_one_app(*in, *right_.rows().in(), "join")
                             ? right_
                             : keyed_stream<R, KeyOfR>{stream<R>{in, {}}, right_.key_of()};
      return detail::join_keyed(*this, bind<L>(left.key_of()), left, right);
    } else {
      return refused{};
    }
  }

private:
  template <class L, class KeyOfL>
  auto bind(const KeyOfL& key_of_left) const {
    using types = detail::join_types<Kind, L, KeyOfL, R, KeyOfR, Combine>;
    using made = typename join_of<Spec>::template type<types>;
    auto options = std::make_shared<join_options>(options_);
    return bound_keyed_join<typename types::out_row, L, R>{
        {.name = "join",
         .make = [key_of_left, key_of_right = right_.key_of(), spec = spec_, combine = combine_](
                     const state_place& place) -> result<std::unique_ptr<any_operator>> {
           if (auto valid = check(spec); !valid) return std::move(valid).error();
           return std::unique_ptr<any_operator>{
               std::make_unique<made>(key_of_left, key_of_right, spec, combine, place)};
         },
         .options = make_options_ref(options),
         .parallel = {options, &options->parallel}}};
  }

  keyed_stream<R, KeyOfR> right_;
  Spec spec_;
  Combine combine_;
  join_options options_;
};

namespace detail {

template <join_kind Kind, class R, class KeyOfR, class Spec, class Combine>
auto make_join(const keyed_stream<R, KeyOfR>& right, Spec spec, Combine combine) {
  return join_adaptor<Kind, R, KeyOfR, Spec, Combine>{right, spec, std::move(combine)};
}
template <join_kind, class R, class... Others>
refused make_join(const stream<R>&, const Others&...) {
  static_assert(sizeof...(Others) == 0, // never
                "weir: both streams of a join need a key, of one type: put key_by(...) behind the "
                "one that is joined too, as in join(payments | key_by(&payment::order), ...)");
  return {};
}
template <join_kind, class... Others>
refused make_join(refused, const Others&...) {
  return {};
}

template <class R, class KeyOfR>
std::true_type is_joined(const keyed_stream<R, KeyOfR>&);
template <class R>
std::true_type is_joined(const stream<R>&);
std::true_type is_joined(refused);

/// What may stand first in a join, rightly or wrongly.
template <class Right>
concept joined = requires(const Right& right) {
  is_joined(right);
};

} // namespace detail

/// Pairs: `combine(const left&, const right&)`. `right` is a keyed stream.
template <detail::joined Right, class Spec, class Combine>
[[nodiscard]] auto join(const Right& right, Spec spec, Combine combine) {
  return detail::make_join<join_kind::inner>(right, spec, std::move(combine));
}
/// Pairs, and rows of the left alone: `combine(const left&, const right*)`.
template <detail::joined Right, class Spec, class Combine>
[[nodiscard]] auto left_join(const Right& right, Spec spec, Combine combine) {
  return detail::make_join<join_kind::left>(right, spec, std::move(combine));
}
/// Pairs, and rows of either side alone: `combine(const left*, const right*)`.
template <detail::joined Right, class Spec, class Combine>
[[nodiscard]] auto outer_join(const Right& right, Spec spec, Combine combine) {
  return detail::make_join<join_kind::outer>(right, spec, std::move(combine));
}

} // namespace weir
