// SPDX-License-Identifier: Apache-2.0
//
// via: a user's own operator in a stream: an object of a class derived from stream_operator, or a
// callable that makes one.
//
//   trips | via(running_total{}).named("total")
//   trips | via([] { return std::make_unique<geo_lookup>("zones.bin"); })

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/dsl/own.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace weir {

namespace detail {

template <class In, class Out>
In in_of(const stream_operator<In, Out>*);
template <class In, class Out>
Out out_of(const stream_operator<In, Out>*);

} // namespace detail

template <class Made>
class via_adaptor : public adaptor<via_adaptor<Made>> {
public:
  using own = typename detail::made_class<Made>::type;
  using out = decltype(detail::out_of(static_cast<const own*>(nullptr)));

  explicit via_adaptor(Made own) : own_{std::move(own)} {}

  template <row In>
  [[nodiscard]] bound_operator<out> bind() const {
    static_assert(std::same_as<In, decltype(detail::in_of(static_cast<const own*>(nullptr)))>,
                  "weir: this operator takes another record than the stream has");
    return {.name = "via", .make = [made = own_]() -> result<std::unique_ptr<any_operator>> {
              auto typed = detail::make_own<stream_operator<In, out>>(made);
              if (!typed) return std::move(typed).error();
              return erase<In, out>(std::move(*typed));
            }};
  }

private:
  Made own_;
};

/// Puts an operator of one's own into a stream. An object is copied when the job starts, a callable
/// is called then.
template <class Made>
[[nodiscard]] via_adaptor<Made> via(Made own) {
  static_assert(
      requires {
        detail::in_of(static_cast<const typename detail::made_class<Made>::type*>(nullptr));
      },
      "weir: via takes an object of a class derived from weir::stream_operator<In, Out>, or a "
      "callable "
      "that makes one");
  return via_adaptor<Made>{std::move(own)};
}

} // namespace weir
