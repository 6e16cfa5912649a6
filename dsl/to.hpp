// SPDX-License-Identifier: Apache-2.0
//
// to: where a stream leaves the graph: into a sink described by a spec, or into a user's own sink.
//
//   quotes | to(kafka<quote>("taxi-fares")).named("fares");
//   quotes | to(console());                               // takes rows of any record
//   quotes | to(my_sink{});                                  // derived from sink<quote>: copied
//   quotes | to([] { return std::make_unique<my_sink>(); }); // when the job starts, or made then

#pragma once

#include <weir/dsl/own.hpp>
#include <weir/dsl/stream.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

namespace detail {

/// The spec of a sink for rows of T that `sink` stands for; void: it was refused.
template <class T, class S>
auto sink_spec_of(const S& sink) {
  if constexpr (sink_spec<S>) {
    constexpr bool fits = std::same_as<typename S::row, T>;
    static_assert(fits, "weir: this sink takes another record than the stream has: bring the rows "
                        "to it by map");
    if constexpr (fits) return sink;
  } else if constexpr (requires { sink.template bind<T>(); }) {
    return sink.template bind<T>();
  } else {
    return own_sink<T, S>{sink};
  }
}

template <class T, class S>
void add_sink(graph& to, const S& sink, std::string name, std::vector<outlet_ref> producers) {
  if constexpr (!std::is_void_v<decltype(sink_spec_of<T>(sink))>) {
    auto spec = sink_spec_of<T>(sink);
    graph_node node{.name = std::move(name),
                    .kind = spec.describe(),
                    .content = sink_node{[spec] { return spec.make(); }},
                    .inlets = {std::move(producers)}};
    node.options.push_back({kind_word(node.kind), spec.options()});
    to.add(std::move(node));
  }
}

} // namespace detail

template <class S>
class to_adaptor : public adaptor<to_adaptor<S>> {
public:
  explicit to_adaptor(S sink) : sink_{std::move(sink)} {}

  template <class T>
  void attach(const stream<T>& rows) const {
    detail::add_sink<T>(*rows.in(), sink_, this->name(), rows.producers());
  }

private:
  S sink_;
};

/// Ends a stream in a sink: a spec (`csv<T>(file)`, `kafka<T>(topic)`, `console()`), an object of a
/// class derived from `sink<T>` that can be copied, or a callable that makes one.
template <class S>
[[nodiscard]] to_adaptor<S> to(S sink) {
  return to_adaptor<S>{std::move(sink)};
}

} // namespace weir
