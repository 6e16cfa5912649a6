// SPDX-License-Identifier: Apache-2.0
//
// discard: a sink that drops its rows, of any type, and counts them as any sink does: for streams
// whose rows are not wanted.
//
//   trips | tap(count_them) | to(discard());

#pragma once

#include <weir/actors/operators/spec.hpp>

#include <memory>
#include <string>

namespace weir {

namespace detail {

[[nodiscard]] std::unique_ptr<any_sink> make_discard_sink(const row_type& type);

} // namespace detail

/// The spec of `discard()` for rows of T.
template <weir::row T>
class discard_of {
public:
  using row = T;
  [[nodiscard]] std::string describe() const { return "discard"; }
  [[nodiscard]] options_ref options() const { return {}; }
  [[nodiscard]] result<std::unique_ptr<any_sink>> make() const {
    return detail::make_discard_sink(row_type_of<T>());
  }
};

/// A sink for rows of any type that drops them.
class discard {
public:
  template <row T>
  [[nodiscard]] discard_of<T> bind() const {
    return {};
  }
};

} // namespace weir
