// SPDX-License-Identifier: Apache-2.0
//
// filter: keeps the rows a predicate takes and drops the others.
//
// Order, origin and event times stay. The predicate returns bool. Rows that nobody else can see are
// kept where they lie; text is copied together once less than a quarter of it is still used.
//
//   trips | filter([](const trip& t) { return t.distance > 0; })

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/operators/select.hpp>
#include <weir/actors/operators/stream_operator.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

namespace weir {

template <row T, class Predicate>
class filter_operator final : public stream_operator<T, T> {
public:
  explicit filter_operator(Predicate takes) : takes_{std::move(takes)} {}

  std::size_t on_batch(batch_view<T> in, batch<T>& out) override {
    if (in.can_move_into(out)) return keep_in_place(in, out);
    if constexpr (std::is_trivially_copyable_v<T>)
      return copy_chosen(in, out);
    else
      return copy_one_by_one(in, out);
  }

private:
  std::size_t keep_in_place(batch_view<T> in, batch<T>& out) {
    constexpr bool by_register = detail::moves_by_register<T>;
    const std::size_t n = in.size();
    auto& whole = *in.exclusive_whole();
    T* const rows = whole.rows_for_writing().data();
    std::uint32_t* const numbers = whole.choose_own();
    std::size_t kept = 0;
    if constexpr (by_register)
      kept = select_and_copy(rows, n, takes_, 0, numbers, rows);
    else
      kept = select_rows(rows, n, takes_, 0, numbers);
    whole.keep_chosen(kept, by_register);
    if (kept < n / 4) whole.compact_text();
    static_cast<void>(in.move_into(out));
    return n;
  }

  std::size_t copy_chosen(batch_view<T> in, batch<T>& out) {
    std::size_t done = 0;
    std::size_t kept = 0;
    // What is dropped needs no room, so a round may leave room for another.
    while (done < in.size() && !out.is_full()) {
      const std::size_t n = std::min(in.size() - done, out.room());
      const auto chosen = out.choose_of(in.whole(), in.first() + done);
      std::size_t some = 0;
      try {
        some = select_and_copy(in.rows().data() + done, n, takes_, chosen.start, chosen.numbers,
                               out.tail());
      } catch (row_failure& failure) {
        failure.index += done;
        throw;
      }
      out.inherit_choice(in.whole(), in.first() + done, chosen, some, borrows<T>);
      out.rows_added(some);
      done += n;
      kept += some;
    }
    if (kept < done / 4) out.compact_text();
    return done;
  }

  std::size_t copy_one_by_one(batch_view<T> in, batch<T>& out) {
    const std::size_t room = out.room();
    std::size_t kept = 0;
    std::size_t i = 0;
    try {
      for (; i < in.size() && kept < room && (out.empty() || out.heap_bytes() < batch_bytes); ++i) {
        if (!std::invoke(takes_, in[i])) continue;
        out.inherit(in.whole(), in.first() + i, 1, borrows<T> && kept == 0);
        out.next() = take_row(in, i);
        out.push_next();
        ++kept;
      }
    } catch (...) {
      throw_row_failure(i);
    }
    if (kept < i / 4) out.compact_text();
    return i;
  }

  Predicate takes_;
};

template <class Predicate>
class filter_adaptor : public adaptor<filter_adaptor<Predicate>> {
public:
  explicit filter_adaptor(Predicate takes) : takes_{std::move(takes)} {}

  template <row T>
  [[nodiscard]] bound_operator<T> bind() const {
    constexpr bool fits = std::invocable<Predicate&, const T&>;
    static_assert(fits, "weir: filter's callable can't be called with a row of this stream "
                        "(const row&)");
    if constexpr (fits) {
      constexpr bool decides = returns_bool<Predicate, T>;
      static_assert(decides, "weir: filter's callable must return bool");
      if constexpr (decides) return {"filter", factory_of<filter_operator<T, Predicate>>(takes_)};
    }
    return {};
  }

private:
  Predicate takes_;
};

/// Keeps the rows for which `takes(row)` is true.
template <class Predicate>
[[nodiscard]] filter_adaptor<std::decay_t<Predicate>> filter(Predicate&& takes) {
  return filter_adaptor<std::decay_t<Predicate>>{std::forward<Predicate>(takes)};
}

} // namespace weir
