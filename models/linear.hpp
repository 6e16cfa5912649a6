// SPDX-License-Identifier: Apache-2.0
//
// linear: a model that is given, not learnt: an intercept and a weight for each of some numbers.
//
//   auto fare = linear(8.3, 0.04 * number(hour_of(&trip::pickup)), 2.4 * number(&trip::distance));
//   trips | score(fare) | to(console());

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/models/features.hpp>
#include <weir/models/linear_model.hpp>
#include <weir/models/predictor.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir {

/// A number and its weight.
template <class T>
struct term_of {
  feature what;
  double weight = 0;
};

template <class T>
[[nodiscard]] term_of<T> operator*(double weight, number_of<T> number) {
  return {std::move(number.what), weight};
}
template <class T>
[[nodiscard]] term_of<T> operator*(number_of<T> number, double weight) {
  return {std::move(number.what), weight};
}

/// A given model over records of T (models `model_spec`).
template <record T>
class linear_spec {
public:
  using row = T;
  static constexpr bool has_label = false;

  linear_spec(double intercept, std::vector<term_of<T>> terms) {
    auto model = std::make_shared<linear_model>();
    model->record = record_of<T>().name;
    model->fields = fields_of(record_of<T>());
    model->intercept = intercept;
    for (auto& term : terms) {
      fitted_feature given{.what = std::move(term.what)};
      given.field = record_of<T>().find(given.what.field)->kind;
      given.weight = term.weight;
      given.imputed = given.what.missing_value;
      model->features.push_back(std::move(given));
    }
    model_ = std::move(model);
  }

  [[nodiscard]] const linear_model& model() const noexcept { return *model_; }
  [[nodiscard]] std::string describe() const {
    return "linear(" + std::to_string(model_->features.size()) + " weights)";
  }
  [[nodiscard]] model_operators operators() const {
    model_operators made;
    made.predictor = [model = model_](const model_context& context) {
      return make_predictor<T>(context, model);
    };
    return made;
  }

private:
  std::shared_ptr<const linear_model> model_;
};

template <class T, class... Terms>
[[nodiscard]] linear_spec<T> linear(double intercept, term_of<T> first, Terms... rest) {
  static_assert(
      (std::is_same_v<Terms, term_of<T>> && ...),
      "weir: linear takes an intercept and terms over fields of one record, each a weight "
      "times a number: linear(8.3, 2.4 * number(&trip::distance))");
  return {intercept, {std::move(first), std::move(rest)...}};
}

} // namespace weir
