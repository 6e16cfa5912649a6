// SPDX-License-Identifier: Apache-2.0
//
// window_adaptor: what the adaptors of all kinds of windows have in common.

#pragma once

#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/keyed.hpp>
#include <weir/actors/operators/window.hpp>

#include <memory>

namespace weir::detail {

/// `Operator<T, KeyOf, Aggregation>` of these windows, for rows of T.
template <template <class, class, class> class Operator, row T, class KeyOf, class Aggregation,
          class Windows>
[[nodiscard]] auto bind_window(const KeyOf& key_of, const Aggregation& aggregation_of,
                               const Windows& windows, const window_options& told) {
  auto bound = agg::bind<T>(aggregation_of);
  using made = Operator<T, KeyOf, decltype(bound)>;
  auto options = std::make_shared<window_options>(told);
  return bound_keyed_operator<typename made::out_row, T>{
      .name = "window",
      .make = [key_of, bound, windows, options]() -> result<std::unique_ptr<any_operator>> {
        if (auto valid = check(windows, *options); !valid) return std::move(valid).error();
        return std::unique_ptr<any_operator>{
            std::make_unique<made>(key_of, bound, windows, *options)};
      },
      .options = make_options_ref(options),
      .parallel = {options, &options->parallel}};
}

} // namespace weir::detail
