// SPDX-License-Identifier: Apache-2.0
//
// ridge: linear regression with a penalty on large weights, fitted exactly from sums over the rows.
// ridge_fit.hpp says what is minimised; ridge_sums.hpp what it costs. And baseline_mean: the mean
// of the labels as the only answer, the least a model has to beat.
//
//   auto fare = ridge(features(number(&trip::miles), one_hot(&trip::from)), label(&trip::total));
//   auto [answers, reports] = trips | learn(fare, {.holdout = 0.2});

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/models/features.hpp>
#include <weir/models/predictor.hpp>
#include <weir/models/ridge_operators.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace weir {

struct ridge_options {
  /// Weight of the penalty; 0 is plain least squares. The intercept is never penalised.
  double l2 = 1;
};

/// A ridge model over records of T (models `model_spec`). Without a label it can't be learnt.
template <record T, bool HasLabel = true>
class ridge_model {
public:
  using row = T;
  static constexpr bool has_label = HasLabel;

  ridge_model(feature_set<T> features, std::string label, ridge_options options)
      : plan_{std::make_shared<const ridge_plan>(ridge_plan{.features = std::move(features.list),
                                                            .label = std::move(label),
                                                            .l2 = options.l2,
                                                            .record = &record_of<T>(),
                                                            .rows = &row_type_of<T>()})} {}

  [[nodiscard]] std::string describe() const { return describe_ridge(*plan_); }

  [[nodiscard]] model_operators operators() const {
    const auto with_plan = [plan = plan_](auto make) {
      return [plan, make](const model_context& context) { return make(*plan, context); };
    };
    return {.learner = with_plan(make_ridge_learner),
            .combiner = with_plan(make_ridge_combiner),
            .evaluator = with_plan(make_ridge_evaluator),
            .predictor = [](const model_context& context) {
              return make_predictor<T>(context, nullptr);
            }};
  }

private:
  std::shared_ptr<const ridge_plan> plan_;
};

template <record T, class Labelled>
[[nodiscard]] ridge_model<T> ridge(feature_set<T> features, label_of<Labelled> label,
                                   ridge_options options = {}) {
  static_assert(std::is_same_v<T, Labelled>,
                "weir: the features and the label of a model take fields of one record");
  return {std::move(features), std::move(label.field), options};
}

/// Without a label there is nothing to learn: `learn` refuses it in its own words.
template <record T>
[[nodiscard]] ridge_model<T, false> ridge(feature_set<T> features, ridge_options options = {}) {
  return {std::move(features), "", options};
}

/// Answers every row with the mean of the labels of the history.
template <record T>
[[nodiscard]] ridge_model<T> baseline_mean(label_of<T> label) {
  return {feature_set<T>{}, std::move(label.field), {}};
}

} // namespace weir
