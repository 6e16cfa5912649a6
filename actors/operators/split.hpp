// SPDX-License-Identifier: Apache-2.0
//
// split: parts a stream in two by a predicate: first the rows it takes, then the others.
//
// Each row goes to exactly one of the two, and order, origin and event time stay on both. The
// predicate returns bool and is asked once a row. With one outlet full, rows for the other still
// pass until one comes that has no room.
//
//   auto [fraud, legit] = payments | split(is_suspicious);

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/actors/operators/callable.hpp>
#include <weir/actors/operators/row_failure.hpp>
#include <weir/actors/operators/select.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

template <row T, class Predicate>
class split_operator final : public any_operator {
public:
  explicit split_operator(Predicate takes) : takes_{std::move(takes)} {}

  [[nodiscard]] std::vector<const row_type*> inlet_types() const override {
    return {&row_type_of<T>()};
  }
  [[nodiscard]] std::vector<const row_type*> outlet_types() const override {
    return {&row_type_of<T>(), &row_type_of<T>()};
  }

  std::size_t on_batch(std::size_t, any_view erased, outlets out) override {
    const auto in = erased.as<T>();
    auto& taken = out.at<T>(0);
    auto& others = out.at<T>(1);
    std::size_t done = 0;
    if constexpr (std::is_trivially_copyable_v<T>)
      while (!verdict_ && done < in.size() && !taken.is_full() && !others.is_full())
        done += deal_many(in, done, taken, others);
    done += deal_one_by_one(in, done, taken, others);
    compact(taken, done);
    compact(others, done);
    return done;
  }
  bool on_mark(mark, std::int64_t, outlets) override { return true; }

private:
  /// As many rows as fit on either side, whichever they take.
  std::size_t deal_many(batch_view<T> in, std::size_t from, batch<T>& taken, batch<T>& others) {
    const std::size_t n = std::min({in.size() - from, taken.room(), others.room()});
    const T* const rows = in.rows().data() + from;
    const auto yes = taken.choose_of(in.whole(), in.first() + from);
    std::size_t count = 0;
    try {
      count = select_and_copy(rows, n, takes_, yes.start, yes.numbers, taken.tail());
    } catch (row_failure& failure) {
      failure.index += from;
      throw;
    }
    const auto no = others.choose_of(in.whole(), in.first() + from);
    std::size_t rest = 0;
    for (std::size_t i = 0, next = 0; i < n; ++i) {
      const bool is_taken = next < count && yes.numbers[next] - yes.start == i;
      no.numbers[rest] = no.start + static_cast<std::uint32_t>(i);
      others.tail()[rest] = rows[i];
      next += is_taken ? 1 : 0;
      rest += is_taken ? 0 : 1;
    }
    taken.inherit_choice(in.whole(), in.first() + from, yes, count, borrows<T>);
    taken.rows_added(count);
    others.inherit_choice(in.whole(), in.first() + from, no, rest, borrows<T>);
    others.rows_added(rest);
    return n;
  }

  std::size_t deal_one_by_one(batch_view<T> in, std::size_t from, batch<T>& taken,
                              batch<T>& others) {
    // The text that comes along does not count against the room that there was.
    std::array left{others.room(), taken.room()};
    std::array takes_texts{borrows<T>, borrows<T>};
    std::size_t i = from;
    try {
      for (; i < in.size() && (left[0] > 0 || left[1] > 0); ++i) {
        if (!verdict_) verdict_ = std::invoke(takes_, in[i]);
        auto& to = *verdict_ ? taken : others;
        const std::size_t side = *verdict_ ? 1 : 0;
        if (left[side] == 0 || (!to.empty() && to.heap_bytes() >= batch_bytes)) break;
        to.inherit(in.whole(), in.first() + i, 1, std::exchange(takes_texts[side], false));
        to.next() = take_row(in, i);
        to.push_next();
        --left[side];
        verdict_.reset();
      }
    } catch (...) {
      throw_row_failure(i);
    }
    return i - from;
  }

  /// Each side keeps the text of both: copy what is used once that is little.
  static void compact(batch<T>& side, std::size_t dealt) {
    if (side.size() < dealt / 4) side.compact_text();
  }

  Predicate takes_;
  std::optional<bool> verdict_; ///< On the row that comes next, when it was judged but had no room.
};

template <class Predicate>
class split_adaptor : public adaptor<split_adaptor<Predicate>> {
public:
  explicit split_adaptor(Predicate takes) : takes_{std::move(takes)} {}

  template <row T>
  [[nodiscard]] bound_operator<T, T> bind() const {
    constexpr bool fits = std::invocable<Predicate&, const T&>;
    static_assert(fits, "weir: split's callable can't be called with a row of this stream "
                        "(const row&)");
    if constexpr (fits) {
      constexpr bool decides = returns_bool<Predicate, T>;
      static_assert(decides, "weir: split's callable must return bool: true for the first stream, "
                             "false for the second");
      if constexpr (decides)
        return {"split", [takes = takes_]() -> result<std::unique_ptr<any_operator>> {
                  return std::unique_ptr<any_operator>{
                      std::make_unique<split_operator<T, Predicate>>(takes)};
                }};
    }
    return {};
  }

private:
  Predicate takes_;
};

/// Two streams: the rows for which `takes(row)` is true, and the others.
template <class Predicate>
[[nodiscard]] split_adaptor<std::decay_t<Predicate>> split(Predicate&& takes) {
  return split_adaptor<std::decay_t<Predicate>>{std::forward<Predicate>(takes)};
}

} // namespace weir
