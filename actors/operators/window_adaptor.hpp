// SPDX-License-Identifier: Apache-2.0
//
// window_adaptor: windows of any kind as a user writes them behind `key_by`.
//
//   template <class Aggregation>
//   auto window(session_windows windows, Aggregation a, window_options options = {}) {
//     return window_adaptor<session_window_operator, session_windows, Aggregation>{...};
//   }

#pragma once

#include <weir/actors/operators/late_in_turn.hpp>
#include <weir/actors/operators/window_parts.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace weir {
namespace detail {

/// Whether no row is late for an operator that says so.
template <class Operator>
inline constexpr bool ignores_watermarks = requires {
  Operator::ignores_watermarks;
};

} // namespace detail

/// `Operator<T, KeyOf, Aggregation>` is what it becomes for rows of T; it is made of the key, the
/// aggregation, the windows, the options and the place of its state.
template <template <class, class, class> class Operator, class Windows, class Aggregation>
class window_adaptor : public keyed_adaptor<window_adaptor<Operator, Windows, Aggregation>> {
public:
  window_adaptor(Windows windows, Aggregation aggregation, window_options options)
      : windows_{std::move(windows)}, aggregation_{std::move(aggregation)}, options_{options} {}

  [[nodiscard]] window_options& options() noexcept { return options_; }

  template <row T, class KeyOf>
  [[nodiscard]] auto bind_keyed(const KeyOf& key_of) const {
    if constexpr (!std::is_void_v<agg::bound_aggregation<Aggregation, T>>)
      return bind_aggregation<T>(key_of, agg::bind<T>(aggregation_));
  }

private:
  template <row T, class KeyOf, class Bound>
  [[nodiscard]] auto bind_aggregation(const KeyOf& key_of, const Bound& bound) const {
    using made = Operator<T, KeyOf, Bound>;
    auto options = std::make_shared<window_options>(options_);
    return bound_keyed_with_late<typename made::out_row, T>{
        {.name = "window",
         .make = [key_of, bound, windows = windows_,
                  options](const state_place& place) -> result<std::unique_ptr<any_operator>> {
           if (auto valid = check(windows, *options); !valid) return std::move(valid).error();
           if (auto valid = agg::check(bound); !valid) return std::move(valid).error();
           std::unique_ptr<any_operator> op =
               std::make_unique<made>(key_of, bound, windows, *options, place);
           if constexpr (!detail::ignores_watermarks<made>)
             // What fires by the clock has no turn to wait for.
             if (options->timeout == duration{0}) op = take_late_in_turn<T>(std::move(op), place);
           return op;
         },
         .options = make_options_ref(options),
         .parallel = {options, &options->parallel}}};
  }

  Windows windows_;
  Aggregation aggregation_;
  window_options options_;
};

/// What `tumbling`, `session`, `global` and the like give.
template <class W>
concept kind_of_windows = requires(const W& windows, const window_options& options) {
  check(windows, options);
};

/// Refuses what is no kind of windows, and windows without an aggregation.
template <class First, class... More>
requires(!kind_of_windows<First> || sizeof...(More) == 0) refused
    window(const First&, const More&...) {
  static_assert(kind_of_windows<First>,
                "weir: window takes windows, such as tumbling(5s), and what becomes of their rows: "
                "window(tumbling(5s), agg::count())");
  static_assert(!kind_of_windows<First> || sizeof...(More) > 0,
                "weir: window lacks an aggregation: say what becomes of the rows of a window, as "
                "in window(tumbling(5s), agg::count())");
  return {};
}

} // namespace weir
