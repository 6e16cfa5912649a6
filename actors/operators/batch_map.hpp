// SPDX-License-Identifier: Apache-2.0
//
// batch_map: works on whole batches, for what a row at a time is too slow or too late: calls into
// matrix libraries, look-ups of many keys at once.
//
// The callable is an operator's `on_batch`: it takes rows from the front of `in`, appends what they
// make to `out` and gives how many it took; fewer than all only once `out` is full. Times, origin
// and text go along when it says so (`out.inherit(in.whole(), in.first(), n, borrows<Out>)`). The
// output must not depend on how rows are cut into batches.
//
//   trips | batch_map<double>([](batch_view<trip> in, batch<double>& out) { ...; return n; })

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/stream_operator.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace weir {

template <row In, row Out, class F>
class batch_map_operator final : public stream_operator<In, Out> {
public:
  explicit batch_map_operator(F f) : f_{std::move(f)} {}

  std::size_t on_batch(batch_view<In> in, batch<Out>& out) override {
    return std::invoke(f_, in, out);
  }

private:
  F f_;
};

template <row Out, class F>
class batch_map_adaptor : public adaptor<batch_map_adaptor<Out, F>> {
public:
  explicit batch_map_adaptor(F f) : f_{std::move(f)} {}

  template <row In>
  [[nodiscard]] bound_operator<Out> bind() const {
    constexpr bool fits = std::invocable<F&, batch_view<In>, batch<Out>&>;
    static_assert(fits, "weir: batch_map's callable can't be called with (batch_view<row>, "
                        "batch<Out>&) for the rows of this stream");
    if constexpr (fits) {
      using given = std::invoke_result_t<F&, batch_view<In>, batch<Out>&>;
      constexpr bool counts = std::integral<given> && !std::same_as<given, bool>;
      static_assert(counts, "weir: batch_map's callable must return how many rows it took from the "
                            "front of the batch (std::size_t)");
      if constexpr (counts) return {"batch_map", factory_of<batch_map_operator<In, Out, F>>(f_)};
    }
    return {};
  }

private:
  F f_;
};

/// Makes batches of rows into rows of Out by `f(in, out)`.
template <row Out, class F>
[[nodiscard]] batch_map_adaptor<Out, std::decay_t<F>> batch_map(F&& f) {
  return batch_map_adaptor<Out, std::decay_t<F>>{std::forward<F>(f)};
}

} // namespace weir
