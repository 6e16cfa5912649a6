// SPDX-License-Identifier: Apache-2.0
//
// flat_map: makes each row into any number of rows: all those in the range that a callable returns.
//
// They take the origin and event time of the row they were made of. The range may be a container,
// a view into the row, or computed on the way (`std::views`). With the outlet full it stops in the
// middle of a range and resumes there, so that one row may become more than a batch holds.
//
//   tweets | flat_map([](const tweet& t) { return words_of(t.text); })

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/operators/stream_operator.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace weir {
namespace detail {

/// A range held for as long as it takes to emit it: by reference when the callable returned one.
template <class Range>
class range_in_progress {
public:
  using view = std::views::all_t<Range>;
  using item = std::remove_cvref_t<std::ranges::range_reference_t<Range>>;

  explicit range_in_progress(Range&& range) : view_{std::views::all(std::forward<Range>(range))} {}
  range_in_progress(const range_in_progress&) = delete;
  range_in_progress& operator=(const range_in_progress&) = delete;

  [[nodiscard]] bool is_over() const { return at_ == std::ranges::end(view_); }
  [[nodiscard]] item next() {
    item taken = read(at_);
    ++at_;
    return taken;
  }
  /// Writes what is left, `most` at most, and gives how many: as if by `next`, but with the
  /// iterator where the compiler sees it.
  std::size_t take(item* to, std::size_t most) {
    auto at = std::move(at_);
    const auto end = std::ranges::end(view_);
    std::size_t taken = 0;
    for (; taken < most && at != end; ++taken, ++at) to[taken] = read(at);
    at_ = std::move(at);
    return taken;
  }

private:
  using iterator = std::ranges::iterator_t<view>;

  [[nodiscard]] static decltype(auto) read(iterator& at) {
    if constexpr (owns_items)
      return std::move(*at);
    else
      return *at;
  }

  static constexpr bool owns_items = [] {
    if (std::is_lvalue_reference_v<Range> || std::ranges::borrowed_range<Range>) return false;
    if (std::ranges::view<std::remove_cvref_t<Range>>) return false;
    return std::same_as<std::ranges::range_reference_t<Range>, item&>;
  }();

  mutable view view_; // end() of some views is not const
  iterator at_ = std::ranges::begin(view_);
};

} // namespace detail

template <row In, row Out, class F>
class flat_map_operator final : public stream_operator<In, Out> {
public:
  explicit flat_map_operator(F f) : f_{std::move(f)} {}

  std::size_t on_batch(batch_view<In> in, batch<Out>& out) override {
    left_ = out.room();
    takes_texts_ = borrows<Out>;
    std::size_t i = 0;
    try {
      for (; i < in.size() && has_room(out); ++i) {
        if (!rest_) rest_.emplace(std::invoke(f_, in[i]));
        emit(in, i, out);
        if (!rest_->is_over()) break;
        rest_.reset();
      }
    } catch (...) {
      rest_.reset();
      throw_row_failure(i);
    }
    return i;
  }

private:
  using range = std::invoke_result_t<F&, const In&>;

  [[nodiscard]] bool has_room(const batch<Out>& out) const {
    return left_ > 0 && (out.empty() || out.heap_bytes() < batch_bytes);
  }

  void emit(batch_view<In> in, std::size_t i, batch<Out>& out) {
    if constexpr (detail::owns_heap<Out>()) {
      for (; !rest_->is_over() && has_room(out); --left_) {
        inherit(in, i, 1, out);
        out.next() = rest_->next();
        out.push_next();
      }
    } else {
      const std::size_t made = rest_->take(out.tail(), left_);
      if (made > 0) inherit(in, i, made, out);
      out.rows_added(made);
      left_ -= made;
    }
  }
  void inherit(batch_view<In> in, std::size_t i, std::size_t rows, batch<Out>& out) {
    out.inherit_repeated(in.whole(), in.first() + i, rows, std::exchange(takes_texts_, false));
  }

  F f_;
  bool takes_texts_ = false; ///< Once a call.
  std::size_t left_ =
      0; ///< Rows that `out` had room for, less those added: its text does not count.
  std::optional<detail::range_in_progress<range>> rest_; ///< Of the row that comes next.
};

template <class F>
class flat_map_adaptor : public adaptor<flat_map_adaptor<F>> {
public:
  explicit flat_map_adaptor(F f) : f_{std::move(f)} {}

  template <row In>
  [[nodiscard]] auto bind() const {
    constexpr bool fits = std::invocable<F&, const In&>;
    static_assert(fits, "weir: flat_map's callable can't be called with a row of this stream "
                        "(const row&)");
    if constexpr (fits) {
      using range = std::invoke_result_t<F&, const In&>;
      constexpr bool is_range = std::ranges::input_range<range>;
      static_assert(is_range, "weir: flat_map's callable must return a range of rows, such as "
                              "std::vector");
      if constexpr (is_range) {
        using out = std::remove_cvref_t<std::ranges::range_reference_t<range>>;
        static_assert(row<out>, "weir: what flat_map's callable returns holds no rows: a row is "
                                "default constructible and movable");
        static_assert(!would_dangle<In, out>,
                      "weir: flat_map's callable returns text that is borrowed (std::string_view) "
                      "from a row that owns it and is gone by then; return std::string");
        return bound_operator<out>{"flat_map", factory_of<flat_map_operator<In, out, F>>(f_)};
      }
    }
  }

private:
  F f_;
};

/// Makes each row into the rows of the range `f(row)`.
template <class F>
[[nodiscard]] flat_map_adaptor<std::decay_t<F>> flat_map(F&& f) {
  return flat_map_adaptor<std::decay_t<F>>{std::forward<F>(f)};
}

} // namespace weir
