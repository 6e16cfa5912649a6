// SPDX-License-Identifier: Apache-2.0
//
// tap: shows each row to a callable and passes it on unchanged, in order: for counting, logging and
// looking at what flows.
//
// The callable sees `const row&`, once a row. What it returns is ignored.
//
//   trips | tap([&](const trip& t) { longest = std::max(longest, t.distance); })

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/pass_on.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/operators/stream_operator.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace weir {

template <row T, class Look>
class tap_operator final : public stream_operator<T, T> {
public:
  explicit tap_operator(Look look) : look_{std::move(look)} {}

  std::size_t on_batch(batch_view<T> in, batch<T>& out) override {
    const std::size_t before = out.size();
    const std::size_t passed = pass_on(in, in.size(), out);
    const auto rows = std::as_const(out).rows().subspan(before);
    std::size_t i = 0;
    try {
      for (; i < passed; ++i) static_cast<void>(std::invoke(look_, rows[i]));
    } catch (...) {
      throw_row_failure(i);
    }
    return passed;
  }

private:
  Look look_;
};

template <class Look>
class tap_adaptor : public adaptor<tap_adaptor<Look>> {
public:
  explicit tap_adaptor(Look look) : look_{std::move(look)} {}

  template <row T>
  [[nodiscard]] bound_operator<T> bind() const {
    constexpr bool fits = std::invocable<Look&, const T&>;
    static_assert(fits, "weir: tap's callable can't be called with a row of this stream "
                        "(const row&)");
    if constexpr (fits) return {"tap", factory_of<tap_operator<T, Look>>(look_)};
    return {};
  }

private:
  Look look_;
};

/// Calls `look(row)` for each row that passes.
template <class Look>
[[nodiscard]] tap_adaptor<std::decay_t<Look>> tap(Look&& look) {
  return tap_adaptor<std::decay_t<Look>>{std::forward<Look>(look)};
}

} // namespace weir
