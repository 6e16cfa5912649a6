// SPDX-License-Identifier: Apache-2.0
//
// map: makes each row into another, by a callable that is given the row.
//
// Rows keep their order, origin and event time. Rows of plain data are mapped in one vectorised
// loop, in place where nobody else can see them and the type stays the same. A callable that throws
// fails the job, with the row's origin.
//
//   trips | map([](const trip& t) { return t.total / t.distance; }) | to(console());
//   trips | map(&trip::total)

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/instruction_set.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/operators/stream_operator.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace weir {
namespace detail {

/// A small callable is worked on as a local copy: stores to rows then can't change what it
/// captured.
template <class F>
inline constexpr bool copied_for_loop =
    std::is_trivially_copyable_v<F> && !std::is_empty_v<F> && sizeof(F) <= 64;

struct map_loop {
  /// `to` may be `rows` (then of the same type). In is const unless rows may be taken.
  template <instruction_set, class In, class Out, class F>
  [[gnu::always_inline]] static void run(In* rows, std::size_t n, Out* to, F* f) {
    if constexpr (copied_for_loop<F>) {
      F copy = *f;
      each(rows, n, to, copy);
      std::construct_at(f, copy); // a callable may count
    } else {
      each(rows, n, to, *f);
    }
  }

  template <class In, class Out, class F>
  [[gnu::always_inline]] static void each(In* rows, std::size_t n, Out* to, F& f) {
    std::size_t i = 0;
    try {
      if constexpr (std::is_same_v<In, Out>) {
        for (; i < n; ++i) rows[i] = std::invoke(f, std::as_const(rows[i]));
      } else {
        for (; i < n; ++i) to[i] = std::invoke(f, rows[i]);
      }
    } catch (...) {
      throw_row_failure(i);
    }
  }
};

template <class F, class In>
using mapped = std::remove_cvref_t<std::invoke_result_t<F&, const In&>>;

} // namespace detail

template <row In, row Out, class F>
class map_operator final : public stream_operator<In, Out> {
public:
  explicit map_operator(F f) : f_{std::move(f)} {}

  std::size_t on_batch(batch_view<In> in, batch<Out>& out) override {
    if constexpr (is_plain) {
      if constexpr (std::is_same_v<In, Out>)
        if (in.can_move_into(out)) return map_in_place(in, out);
      const std::size_t n = std::min(in.size(), out.room());
      run_wide<detail::map_loop>(in.rows().data(), n, out.tail(), &f_);
      out.inherit(in.whole(), in.first(), n, borrows<Out>);
      out.rows_added(n);
      return n;
    } else {
      return map_one_by_one(in, out);
    }
  }

private:
  static constexpr bool is_plain =
      std::is_trivially_copyable_v<In> && std::is_trivially_copyable_v<Out>;

  std::size_t map_in_place(batch_view<In> in, batch<Out>& out) {
    const std::size_t n = in.size();
    run_wide<detail::map_loop>(in.exclusive_rows(), n, in.exclusive_rows(), &f_);
    static_cast<void>(in.move_into(out));
    return n;
  }

  std::size_t map_one_by_one(batch_view<In> in, batch<Out>& out) {
    const std::size_t n = std::min(in.size(), out.room());
    out.inherit(in.whole(), in.first(), n, borrows<Out>);
    In* const own = in.exclusive_rows();
    std::size_t i = 0;
    try {
      // Rows may own any amount of memory: look at each. Text that came along is there anyway.
      for (; i < n && (out.empty() || out.heap_bytes() < batch_bytes); ++i) {
        if constexpr (std::invocable<F&, In&&>) {
          if (own != nullptr)
            out.next() = std::invoke(f_, std::move(own[i]));
          else
            out.next() = std::invoke(f_, in[i]);
        } else {
          out.next() = std::invoke(f_, in[i]);
        }
        out.push_next();
      }
    } catch (...) {
      throw_row_failure(i);
    }
    return i;
  }

  F f_;
};

template <class F>
class map_adaptor : public adaptor<map_adaptor<F>> {
public:
  explicit map_adaptor(F f) : f_{std::move(f)} {}

  template <row In>
  [[nodiscard]] auto bind() const {
    constexpr bool fits = std::invocable<F&, const In&>;
    static_assert(fits, "weir: map's callable can't be called with a row of this stream "
                        "(const row&)");
    if constexpr (fits) {
      using out = detail::mapped<F, In>;
      static_assert(!std::is_void_v<out>,
                    "weir: map's callable returns nothing; use tap to only look at rows");
      if constexpr (!std::is_void_v<out>) {
        static_assert(row<out>, "weir: what map's callable returns can't travel as a row: a row is "
                                "default constructible and movable");
        static_assert(!would_dangle<In, out>,
                      "weir: map's callable returns text that is borrowed (std::string_view) from "
                      "a row that owns it and is gone by then; return std::string");
        return bound_operator<out>{"map", factory_of<map_operator<In, out, F>>(f_)};
      }
    }
  }

private:
  F f_;
};

/// Makes each row into what `f(row)` returns.
template <class F>
[[nodiscard]] map_adaptor<std::decay_t<F>> map(F&& f) {
  return map_adaptor<std::decay_t<F>>{std::forward<F>(f)};
}

} // namespace weir
