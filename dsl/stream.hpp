// SPDX-License-Identifier: Apache-2.0
//
// stream<T>: a handle on rows of T in a graph being described. `|` joins operators, models and
// sinks to it.
//
// The type is the row type alone; the chain of operators is not in it. A handle is cheap to copy.
// Using one twice shares its rows: the operators before it run once, and each user gets all rows.
// Nothing runs before the app does.
//
//   stream<trip> trips = app.from(csv<trip>("trips.csv")) | filter(is_plausible);
//   trips | map(to_quote) | to(console());
//   trips | to(archive);                                   // the same filtered rows

#pragma once

#include <weir/actors/operators/adaptor.hpp>
#include <weir/dsl/graph.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

template <weir::row T>
class stream {
public:
  using row = T;

  /// Rows that come out of these outlets of the graph, merged. For those who write adaptors of
  /// whole graphs.
  stream(std::shared_ptr<graph> in, std::vector<outlet_ref> producers)
      : graph_{std::move(in)}, producers_{std::move(producers)} {}

  [[nodiscard]] const std::shared_ptr<graph>& in() const noexcept { return graph_; }
  [[nodiscard]] const std::vector<outlet_ref>& producers() const noexcept { return producers_; }

private:
  std::shared_ptr<graph> graph_;
  std::vector<outlet_ref> producers_;
};

/// A stream of rows and, beside it, those its source or operator rejected.
template <weir::row T>
class rejecting_stream : public stream<T> {
public:
  using stream<T>::stream;
  explicit rejecting_stream(stream<T> rows) : stream<T>{std::move(rows)} {}

  /// What was rejected: a stream like any other. Taken by nobody it goes to `<job>.rejects.jsonl`.
  [[nodiscard]] stream<reject> rejects() const {
    return {this->in(), {outlet_ref{this->producers().front().node, reject_outlet}}};
  }
};

/// An adaptor of the DSL itself, which adds what it likes to the graph: `to`, `learn`, `score`.
template <class A, class T>
concept graph_adaptor_for = requires(const A candidate, const stream<T>& rows) {
  candidate.attach(rows);
};

namespace detail {

template <row... Out>
auto add_operator(std::shared_ptr<graph> in, graph_node node) {
  node.outlets = {&row_type_of<Out>()...};
  node.may_be_open = sizeof...(Out) > 1;
  const std::size_t made = in->add(std::move(node));
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    if constexpr (sizeof...(Out) == 1)
      return stream<Out...>{in, {outlet_ref{made, 0}}};
    else
      return std::tuple{stream<Out>{in, {outlet_ref{made, I}}}...};
  }
  (std::index_sequence_for<Out...>{});
}

template <class T, class Adaptor>
graph_node node_for(const stream<T>& rows, const Adaptor& adaptor, std::string kind,
                    options_ref options) {
  graph_node node{.name = adaptor.name(),
                  .kind = std::move(kind),
                  .is_async = adaptor.is_async(),
                  .content = {},
                  .inlets = {rows.producers()}};
  node.options.push_back({kind_word(node.kind), std::move(options)});
  return node;
}

template <class T, class Adaptor, row... Out>
auto join(const stream<T>& rows, const Adaptor& adaptor, bound_operator<Out...> bound) {
  auto node = node_for(rows, adaptor, std::move(bound.name), std::move(bound.options));
  node.content =
      operator_node{std::move(bound.make), false, std::move(bound.drift), std::move(bound.sources)};
  return add_operator<Out...>(rows.in(), std::move(node));
}

template <class T, class Adaptor, row Out>
rejecting_stream<Out> join(const stream<T>& rows, const Adaptor& adaptor,
                           bound_rejecting_operator<Out> bound) {
  auto node = node_for(rows, adaptor, std::move(bound.name), std::move(bound.options));
  node.content =
      operator_node{std::move(bound.make), true, std::move(bound.drift), std::move(bound.sources)};
  return rejecting_stream<Out>{add_operator<Out>(rows.in(), std::move(node))};
}

} // namespace detail

/// Joins an adaptor to a stream. Gives the stream that comes out, or a tuple of them where there
/// are several (`split`).
template <class T, class Adaptor>
auto operator|(const stream<T>& rows, const Adaptor& adaptor) {
  if constexpr (std::same_as<Adaptor, refused>) {
    return refused{};
  } else if constexpr (graph_adaptor_for<Adaptor, T>) {
    return adaptor.attach(rows);
  } else if constexpr (std::derived_from<Adaptor, needs_key>) {
    static_assert(!std::derived_from<Adaptor, needs_key>,
                  "weir: this operator (window, process, with_state, join, dedup, ...) works by "
                  "key: put key_by(...) before it, as in orders | key_by(&order::name) | "
                  "window(...)");
    return refused{};
  } else {
    constexpr bool fits = adaptor_for<Adaptor, T>;
    static_assert(fits, "weir: what stands behind | must be an operator (map, filter, key_by, "
                        "split, ...), learn, score, via(your operator), or to(a sink)");
    if constexpr (!fits)
      return refused{};
    else if constexpr (std::is_void_v<decltype(adaptor.template bind<T>())>)
      return refused{}; // by a sentence of its own
    else
      return detail::join(rows, adaptor, adaptor.template bind<T>());
  }
}

/// One stream of the rows of several. Rows of one stream keep their order.
template <class T, class... More>
[[nodiscard]] stream<T> merge(const stream<T>& first, const More&... more) {
  static_assert((std::derived_from<More, stream<T>> && ...),
                "weir: merge takes streams of one record: bring them to one record by map first");
  auto producers = first.producers();
  if constexpr ((std::derived_from<More, stream<T>> && ...)) {
    const auto add = [&](const stream<T>& one) {
      if (!check_one_app(*first.in(), *one.in(), "merge")) return;
      producers.insert(producers.end(), one.producers().begin(), one.producers().end());
    };
    (add(more), ...);
  }
  return {first.in(), std::move(producers)};
}

} // namespace weir
