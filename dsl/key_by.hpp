// SPDX-License-Identifier: Apache-2.0
//
// key_by: groups a stream by a key, for the operators that keep something a key: windows, state,
// joins. The key is a field or what a callable gives; it costs nothing until such an operator uses
// it.
//
//   auto totals = orders | key_by(&order::name) | window(tumbling(5s), agg::sum(&order::amount));
//   totals | to(console());
//   totals.late() | to(csv("late.csv"));          // rows that came too late for their windows
//
// `.parallel(4)` behind a keyed operator, or --set <name>.parallel=4, runs so many instances of it,
// each with the keys of its key groups.

#pragma once

#include <weir/actors/operators/exchange.hpp>
#include <weir/actors/operators/keyed.hpp>
#include <weir/dsl/stream.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace weir {

/// A stream and the key of its rows.
template <row T, class KeyOf>
class keyed_stream {
public:
  keyed_stream(stream<T> rows, KeyOf key_of) : rows_{std::move(rows)}, key_of_{std::move(key_of)} {}

  [[nodiscard]] const stream<T>& rows() const noexcept { return rows_; }
  [[nodiscard]] const KeyOf& key_of() const noexcept { return key_of_; }

private:
  stream<T> rows_;
  KeyOf key_of_;
};

/// What a keyed operator gives, with the rows it put aside.
template <row Out, row Late>
class stream_with_late : public stream<Out> {
public:
  stream_with_late(stream<Out> results, stream<Late> late)
      : stream<Out>{std::move(results)}, late_{std::move(late)} {}

  /// Rows that came too late to be counted. Not taken by anybody they are dropped, and told of.
  [[nodiscard]] const stream<Late>& late() const noexcept { return late_; }

private:
  stream<Late> late_;
};

/// What a join gives, with the rows of both sides it put aside.
template <row Out, row Left, row Right>
class joined_stream : public stream_with_late<Out, Left> {
public:
  joined_stream(stream<Out> results, stream<Left> late, stream<Right> late_right)
      : stream_with_late<Out, Left>{std::move(results), std::move(late)},
        late_right_{std::move(late_right)} {}

  /// Rows of the right that came too late; `late()` has those of the left.
  [[nodiscard]] const stream<Right>& late_right() const noexcept { return late_right_; }

private:
  stream<Right> late_right_;
};

namespace detail {

/// A sentence for each way in which rows of T can't be grouped by KeyOf; whether they can.
template <row T, class KeyOf>
constexpr bool check_key() {
  constexpr bool fits = std::invocable<KeyOf&, const T&>;
  static_assert(fits, "weir: key_by takes a field of the stream's record, such as &order::name, "
                      "or a callable of (const row&)");
  if constexpr (fits) {
    using made = std::remove_cvref_t<std::invoke_result_t<KeyOf&, const T&>>;
    constexpr bool is_key = key<made>;
    static_assert(is_key, "weir: key_by's key must be a number, bool, enum, time, text, or a "
                          "described struct of these");
    if constexpr (is_key) {
      constexpr bool owns = key_owns_text<owned_key<made>>;
      static_assert(owns, "weir: key_by's key has borrowed text (std::string_view) inside, and "
                          "is kept longer than the row: use std::string there");
      return owns;
    }
  }
  return false;
}

} // namespace detail

template <class KeyOf>
class key_by_adaptor {
public:
  explicit key_by_adaptor(KeyOf key_of) : key_of_{std::move(key_of)} {}

  template <class T>
  auto attach(const stream<T>& rows) const {
    if constexpr (detail::check_key<T, KeyOf>())
      return keyed_stream<T, KeyOf>{rows, key_of_};
    else
      return refused{};
  }

private:
  KeyOf key_of_;
};

/// Groups rows by `key_of(row)`.
template <class KeyOf>
[[nodiscard]] key_by_adaptor<std::decay_t<KeyOf>> key_by(KeyOf&& key_of) {
  return key_by_adaptor<std::decay_t<KeyOf>>{std::forward<KeyOf>(key_of)};
}

namespace detail {

/// How the rows of a keyed stream come to an operator of several instances.
template <class T, class KeyOf>
keyed_node::inlet keyed_inlet(const keyed_stream<T, KeyOf>& keyed) {
  return {&row_type_of<T>(), [key_of = keyed.key_of()](std::size_t instances) {
            return result{exchange<T>(key_of, instances)};
          }};
}

template <row... Out>
auto add_keyed(const std::shared_ptr<graph>& in, graph_node node,
               const bound_keyed_operator<Out...>&) {
  return add_operator<Out...>(in, std::move(node));
}
template <row Out, row Late>
auto add_keyed(const std::shared_ptr<graph>& in, graph_node node,
               const bound_keyed_with_late<Out, Late>&) {
  auto [results, late] = add_operator<Out, Late>(in, std::move(node));
  return stream_with_late<Out, Late>{std::move(results), std::move(late)};
}

template <row Out, row Left, row Right>
auto add_keyed(const std::shared_ptr<graph>& in, graph_node node,
               const bound_keyed_join<Out, Left, Right>&) {
  auto [results, late, late_right] = add_operator<Out, Left, Right>(in, std::move(node));
  return joined_stream<Out, Left, Right>{std::move(results), std::move(late),
                                         std::move(late_right)};
}

/// Adds an operator that takes rows of these keyed streams, an inlet each.
template <class Adaptor, class Bound, class First, class... More>
auto join_keyed(const Adaptor& adaptor, Bound bound, const First& first, const More&... more) {
  auto node = node_for(first.rows(), adaptor, std::move(bound.name), std::move(bound.options));
  (node.inlets.push_back(more.rows().producers()), ...);
  node.content = keyed_node{.make = std::move(bound.make),
                            .parallel = std::move(bound.parallel),
                            .inlets = {keyed_inlet(first), keyed_inlet(more)...},
                            .has_late = Bound::has_late};
  return add_keyed(first.rows().in(), std::move(node), bound);
}

} // namespace detail

/// Joins a keyed operator to a keyed stream.
template <class T, class KeyOf, class Adaptor>
auto operator|(const keyed_stream<T, KeyOf>& keyed, const Adaptor& adaptor) {
  if constexpr (std::same_as<Adaptor, refused>) {
    return refused{};
  } else if constexpr (requires { adaptor.attach_keyed(keyed); }) {
    return adaptor.attach_keyed(keyed);
  } else {
    constexpr bool fits = keyed_adaptor_for<Adaptor, T, KeyOf>;
    static_assert(fits, "weir: what stands behind key_by must be an operator that works by key "
                        "(window, process, with_state, join, dedup, ...); put this one before "
                        "key_by, or behind the operator that works by key");
    if constexpr (!fits)
      return refused{};
    else if constexpr (std::is_void_v<decltype(adaptor.template bind_keyed<T>(keyed.key_of()))>)
      return refused{}; // by a sentence of its own
    else
      return detail::join_keyed(adaptor, adaptor.template bind_keyed<T>(keyed.key_of()), keyed);
  }
}

} // namespace weir
