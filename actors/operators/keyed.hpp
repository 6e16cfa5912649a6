// SPDX-License-Identifier: Apache-2.0
//
// keyed_adaptor: an operator that works by key, as a user writes it behind `key_by`. It is what
// adaptor.hpp is for operators without a key; `bind_keyed<T>(key_of)` says what it becomes for rows
// of T.
//
//   struct window_adaptor : keyed_adaptor<window_adaptor<A>> {
//     template <row T, class KeyOf> bound_keyed_with_late<out, T> bind_keyed(const KeyOf&) const;
//   };
//   stream | key_by(&order::name) | window(...).parallel(4)

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/state/key.hpp>
#include <weir/actors/state/state_place.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace weir {

/// Makes one instance, which keeps its state where it is told.
using keyed_factory = std::function<result<std::unique_ptr<any_operator>>(const state_place&)>;

/// A keyed adaptor whose row types are known. `parallel` is one of its options.
template <row... Out>
struct bound_keyed_operator {
  /// Whether its outlets behind the first have rows that came too late.
  static constexpr bool has_late = false;

  std::string name; ///< Of the operator's kind: `window`.
  keyed_factory make;
  options_ref options;
  std::shared_ptr<const std::uint32_t> parallel; ///< How many instances share the keys.
};

/// One whose second outlet has the rows that came too late.
template <row Out, row Late>
struct bound_keyed_with_late : bound_keyed_operator<Out, Late> {
  static constexpr bool has_late = true;
};

/// One of two inlets, whose second and third outlet have the rows of each that came too late.
template <row Out, row Left, row Right>
struct bound_keyed_join : bound_keyed_operator<Out, Left, Right> {
  static constexpr bool has_late = true;
};

/// What can stand behind key_by only.
struct needs_key {};

/// What every keyed adaptor can be told beside. Derived has options with a `parallel`.
template <class Derived>
class keyed_adaptor : public adaptor<Derived>, public needs_key {
public:
  /// Runs so many instances of it side by side, `key_groups` at most.
  [[nodiscard]] Derived parallel(std::uint32_t instances) const {
    Derived copy = static_cast<const Derived&>(*this);
    copy.options().parallel = instances;
    return copy;
  }
};

/// Something that can stand behind `key_by` of rows of T.
template <class A, class T, class KeyOf>
concept keyed_adaptor_for = requires(const A candidate, const KeyOf key_of) {
  candidate.template bind_keyed<T>(key_of);
};

} // namespace weir
