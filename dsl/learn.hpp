// SPDX-License-Identifier: Apache-2.0
//
// learn and score: a model in a stream. `learn` fits it on the history and answers the rows that
// follow; `score` answers with a model that is given. Both know any type that models `model_spec`,
// and no model.
//
//   auto [answers, reports] = trips | learn(fare, {.holdout = 0.2, .seed = 1}).named("fare");
//   trips | score(linear(...)) | to(console());
//
// With `load` in the options (or --load-model) a fitted model is read from a file: history is
// skipped, all rows are answered.

#pragma once

#include <weir/actors/operators/distribute.hpp>
#include <weir/actors/operators/model.hpp>
#include <weir/dsl/stream.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace weir {

/// What `learn` gives: an answer to every row behind the history, and a report for each model that
/// was fitted.
template <class T>
struct learned {
  stream<answer<T>> answers;
  stream<model_report> reports;
};

namespace detail {

/// A model that may be used in a stream of T, or a sentence why not.
template <class M, class T>
constexpr void check_model() {
  static_assert(model_spec<M>,
                "weir: learn and score take a model, such as ridge(features(...), label(...))");
  if constexpr (model_spec<M>)
    static_assert(std::is_same_v<typename M::row, T>,
                  "weir: this model is made for another record than the stream has");
}

template <class M>
graph_node model_node_for(const M& model, std::string name, bool is_async,
                          std::vector<outlet_ref> rows, std::shared_ptr<learn_options> options) {
  using row = typename M::row;
  model_node content{.operators = model.operators(),
                     .options = options,
                     .is_given = false,
                     .distribute = [](std::size_t over) { return result{distribute<row>(over)}; },
                     .rows = &row_type_of<row>(),
                     .answers = &row_type_of<answer<row>>()};
  graph_node node{.name = std::move(name),
                  .kind = kind_word(model.describe()),
                  .is_async = is_async,
                  .may_be_open = true,
                  .content = std::move(content),
                  .outlets = {&row_type_of<answer<row>>(), &row_type_of<model_report>()},
                  .inlets = {std::move(rows)}};
  node.options.push_back({node.kind, make_options_ref(std::move(options))});
  return node;
}

} // namespace detail

template <class M>
class learn_adaptor : public adaptor<learn_adaptor<M>> {
public:
  learn_adaptor(M model, learn_options options)
      : model_{std::move(model)}, options_{std::move(options)} {}

  template <class T>
  learned<T> attach(const stream<T>& rows) const {
    detail::check_model<M, T>();
    const auto made = rows.in()->add(
        detail::model_node_for(model_, this->name(), this->is_async(), rows.producers(),
                               std::make_shared<learn_options>(options_)));
    return {{rows.in(), {outlet_ref{made, 0}}}, {rows.in(), {outlet_ref{made, 1}}}};
  }

private:
  M model_;
  learn_options options_;
};

template <class M>
class score_adaptor : public adaptor<score_adaptor<M>> {
public:
  explicit score_adaptor(M model) : model_{std::move(model)} {}

  template <class T>
  stream<answer<T>> attach(const stream<T>& rows) const {
    detail::check_model<M, T>();
    auto node = detail::model_node_for(model_, this->name(), this->is_async(), rows.producers(),
                                       std::make_shared<learn_options>());
    std::get<model_node>(node.content).is_given = true;
    return {rows.in(), {outlet_ref{rows.in()->add(std::move(node)), 0}}};
  }

private:
  M model_;
};

/// Fits `model` on the history of the stream, then answers every row that follows. Gives answers
/// and reports; either may be left unused.
template <class M>
[[nodiscard]] learn_adaptor<M> learn(M model, learn_options options = {}) {
  if constexpr (model_spec<M>)
    static_assert(
        M::has_label,
        "weir: learn needs a label: say what is to be predicted, as in ridge(features(...), "
        "label(&trip::total))");
  return {std::move(model), std::move(options)};
}

/// Answers every row with a model that is given: coefficients, or a file.
template <class M>
[[nodiscard]] score_adaptor<M> score(M model) {
  return score_adaptor<M>{std::move(model)};
}

} // namespace weir
