// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/model_graph.hpp>

#include <utility>

namespace weir::detail {
namespace {

using outlets = std::vector<outlet_ref>;

/// Names the operators of one model and adds them.
class builder {
public:
  builder(std::vector<unit>& units, const model_node& model, std::string name,
          const plan_options& options)
      : units_{units},
        model_{model},
        name_{std::move(name)},
        context_{name_, *model.options, options.publish, options.counts(name_)} {}

  /// Gives the unit's number.
  std::size_t add(const std::string& part, const model_operators::factory& make, std::string rows,
                  std::vector<const row_type*> outlet_types, std::vector<outlets> inlets) {
    return add_unit(name_ + " " + part, std::move(rows), std::move(outlet_types), std::move(inlets),
                    [make, context = context_] { return make(context); });
  }

  /// The producer of each of `count` parts of the rows: the rows themselves for one.
  std::vector<outlets> spread(const outlets& rows, std::size_t count, const std::string& over) {
    if (count <= 1) return {rows};
    const std::vector<const row_type*> same(count, model_.rows);
    const auto made =
        add_unit(name_ + " spread over " + over, model_.rows->name, same, {rows},
                 [distribute = model_.distribute, count] { return distribute(count); });
    std::vector<outlets> parts;
    for (std::size_t i = 0; i < count; ++i) parts.push_back({outlet_ref{made, i}});
    return parts;
  }

private:
  std::size_t add_unit(const std::string& name, std::string rows,
                       std::vector<const row_type*> outlet_types, std::vector<outlets> inlets,
                       std::function<result<std::unique_ptr<any_operator>>()> make) {
    units_.push_back({.name = name,
                      .what = "model",
                      .rows = std::move(rows),
                      .may_be_open = true,
                      .content = stage_plan{name, std::move(make)},
                      .outlets = std::move(outlet_types),
                      .inlets = std::move(inlets)});
    return units_.size() - 1;
  }

  std::vector<unit>& units_;
  const model_node& model_;
  std::string name_;
  model_context context_;
};

std::string part_name(const std::string& part, std::size_t i, std::size_t count) {
  return count == 1 ? part : part + " " + std::to_string(i + 1);
}

} // namespace

bool is_ready(const model_node& model) noexcept {
  return model.is_given || !model.options->load.empty();
}

std::vector<outlets> add_model(std::vector<unit>& units, const model_node& model,
                               const std::string& name, const outlets& rows, bool wants_answers,
                               const plan_options& options) {
  builder into{units, model, name, options};
  const auto& make = model.operators;
  outlets fitted, answers, reports;
  if (!is_ready(model)) {
    std::vector<outlets> partials, judged{{}};
    const auto parts = into.spread(rows, model.options->learners, "learners");
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto learner = into.add(part_name("learner", i, parts.size()), make.learner, "partial",
                                    {nullptr, nullptr}, {parts[i]});
      partials.push_back({outlet_ref{learner, 0}});
      judged.push_back({outlet_ref{learner, 1}});
    }
    const auto combiner =
        into.add("combiner", make.combiner, "model", {nullptr}, std::move(partials));
    fitted = {outlet_ref{combiner, 0}};
    judged.front() = fitted;
    const auto evaluator = into.add("evaluator", make.evaluator, "model_report",
                                    {&row_type_of<model_report>()}, std::move(judged));
    reports = {outlet_ref{evaluator, 0}};
  }
  if (wants_answers || is_ready(model)) {
    const auto parts = into.spread(rows, model.options->predictors, "predictors");
    for (std::size_t i = 0; i < parts.size(); ++i) {
      std::vector<outlets> inlets{parts[i]};
      if (!is_ready(model)) inlets.push_back(fitted);
      const auto predictor = into.add(part_name("predictor", i, parts.size()), make.predictor,
                                      model.answers->name, {model.answers}, std::move(inlets));
      answers.push_back({predictor, 0});
    }
  }
  return {std::move(answers), std::move(reports)};
}

} // namespace weir::detail
