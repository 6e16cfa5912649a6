// SPDX-License-Identifier: Apache-2.0
//
// from: how a source enters a graph. `app.from` is written with this; a source_stream is what it
// gives.
//
//   app.from(csv<trip>("trips.csv")).named("trips").rejects_to(csv<reject>("bad.csv")) | ...

#pragma once

#include <weir/dsl/history.hpp>
#include <weir/dsl/stream.hpp>
#include <weir/dsl/to.hpp>

#include <memory>
#include <string>
#include <utility>

namespace weir {

/// The stream of a source's rows, at the source itself.
template <weir::row T>
class source_stream : public rejecting_stream<T> {
public:
  using rejecting_stream<T>::rejecting_stream;

  /// The source's name in plans, metrics, settings and origins; otherwise what it reads:
  /// `csv(trips.csv)`.
  source_stream named(std::string name) const {
    node().name = std::move(name);
    return *this;
  }

  /// Where rows go that can't be parsed, instead of `<job>.rejects.jsonl`: a sink of
  /// `weir::reject`.
  template <class S>
  source_stream rejects_to(const S& sink) const {
    detail::add_sink<reject>(*this->in(), sink, {}, this->rejects().producers());
    return *this;
  }

private:
  graph_node& node() const { return this->in()->at(this->producers().front().node); }
};

namespace detail {

template <class History, class Live>
void describe_source(const history_then<History, Live>& spec, graph_node& node) {
  auto& content = std::get<source_node>(node.content);
  content.make_live = [live = spec.live()] { return live.make(); };
  node.options.push_back({kind_word(spec.history().describe()), spec.history().options()});
  node.options.push_back({kind_word(spec.live().describe()), spec.live().options()});
}

template <class History>
void describe_source(const history_source<History>& spec, graph_node& node) {
  auto& content = std::get<source_node>(node.content);
  content.is_history_alone = true;
  content.make_live = [] {
    return result{make_empty_source(row_type_of<typename History::row>())};
  };
  node.options.push_back({kind_word(node.kind), spec.options()});
}

template <source_spec S>
void describe_source(const S& spec, graph_node& node) {
  node.options.push_back({kind_word(node.kind), spec.options()});
}

} // namespace detail

/// Adds a source to a graph: a spec, an object of a class derived from `source<T>` that can be
/// copied, or a callable that makes one.
template <class S>
auto add_source(const std::shared_ptr<graph>& to, const S& source) {
  auto spec = detail::source_spec_for(source);
  using row = typename decltype(spec)::row;
  graph_node node{.kind = spec.describe(),
                  .content = source_node{.make = [spec] { return spec.make(); },
                                         .make_live = {},
                                         .is_bounded = spec.is_bounded},
                  .outlets = {&row_type_of<row>()}};
  detail::describe_source(spec, node);
  return source_stream<row>{to, {outlet_ref{to->add(std::move(node)), 0}}};
}

} // namespace weir
