// SPDX-License-Identifier: Apache-2.0

#include <weir/models/linear_model.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {

namespace {

std::string name_of_category(field_kind kind, const category_weight& category) {
  if (is_text(kind) || kind == field_kind::enumeration) return category.text;
  if (kind == field_kind::boolean) return category.integer != 0 ? "true" : "false";
  if (kind == field_kind::uint64)
    return std::to_string(static_cast<std::uint64_t>(category.integer));
  return std::to_string(category.integer);
}

double spread_of(std::uint64_t rows, std::uint64_t all) {
  if (all == 0) return 0;
  const double share = static_cast<double>(rows) / static_cast<double>(all);
  return std::sqrt(std::max(0.0, share * (1 - share)));
}

std::size_t columns_of(const fitted_feature& learnt) {
  return learnt.what.kind == feature_kind::number ? 1 : learnt.categories.size();
}

/// What else was learnt for a number.
std::string note_on(const fitted_feature& learnt) {
  std::string note;
  if (learnt.what.missing != missing_rule::skip)
    note += fmt::format("  (missing: {} {})", name_of(learnt.what.missing), learnt.imputed);
  if (learnt.what.is_standard)
    note += fmt::format("  (mean {}, scale {})", learnt.mean, learnt.scale);
  return note;
}

// Values of enums go by name: their numbers may change from one program to the next.
result<void> renumber_enums(linear_model& model, const feature_reader& reader) {
  for (auto& learnt : model.features) {
    if (learnt.what.kind != feature_kind::one_hot) continue;
    const auto* field = reader.record().find(learnt.what.field);
    if ((field->kind == field_kind::enumeration) != (learnt.field == field_kind::enumeration)
        || (is_text(field->kind) != is_text(learnt.field)))
      return error{errc::config,
                   "the model does not fit the record '" + reader.record().name + "': field '"
                       + learnt.what.field + "' is " + std::string{name_of(field->kind)}
                       + ", the model learnt it as " + std::string{name_of(learnt.field)}};
    if (field->kind != field_kind::enumeration) continue;
    for (auto& category : learnt.categories) {
      const auto value = field->enumeration->find(category.text);
      if (!value)
        return error{errc::config, "the model does not fit the record '" + reader.record().name
                                       + "': enum field '" + learnt.what.field + "' has no value '"
                                       + category.text + "', which the model learnt"};
      category.integer = *value;
    }
  }
  return {};
}

} // namespace

std::size_t linear_model::columns() const noexcept {
  std::size_t count = 0;
  for (const auto& learnt : features) count += columns_of(learnt);
  return count;
}

std::vector<named_weight> weights_of(const linear_model& model) {
  std::vector<named_weight> all;
  for (const auto& learnt : model.features) {
    const auto name = name_of(learnt.what);
    if (learnt.what.kind == feature_kind::number)
      all.push_back({name, learnt.weight, std::abs(learnt.weight) * learnt.spread});
    for (const auto& category : learnt.categories)
      all.push_back({name + "=" + name_of_category(learnt.field, category), category.weight,
                     std::abs(category.weight) * spread_of(category.rows, model.trained_rows)});
  }
  return all;
}

std::string top_weights_of(const linear_model& model, std::size_t count) {
  auto all = weights_of(model);
  std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.effect > b.effect; });
  std::string text;
  for (std::size_t i = 0; i < std::min(count, all.size()); ++i) {
    text += fmt::format("{}{} {:.4g}", i == 0 ? "" : "; ", all[i].name, all[i].weight);
  }
  return text;
}

std::vector<model_field> fields_of(const record_info& record) {
  std::vector<model_field> fields;
  for (const auto& field : record.fields)
    fields.push_back({field.name, field.kind, field.is_optional});
  return fields;
}

model_report report_of(const linear_model& model, const std::string& name) {
  auto report = model.report.value_or(model_report{});
  report.name = name;
  report.version = model.version;
  report.trained_rows = model.trained_rows;
  report.skipped_rows = model.skipped_rows;
  return report;
}

std::string describe(const linear_model& model) {
  std::string text = fmt::format("model       {} (version {}), {}\n",
                                 model.name.empty() ? "unnamed" : model.name, model.version,
                                 model.kind == "ridge" ? fmt::format("ridge, l2 = {}", model.l2)
                                                       : "given coefficients");
  text += fmt::format("record      {}:", model.record);
  for (const auto& field : model.fields)
    text += fmt::format(" {} {}{}", field.name, name_of(field.kind), field.is_optional ? "?" : "")
            + (&field == &model.fields.back() ? "\n" : ",");
  if (model.trained_rows > 0)
    text += fmt::format("learnt      {} from {} rows, {} left out\n", model.label,
                        model.trained_rows, model.skipped_rows);
  if (model.report) {
    const auto& report = *model.report;
    text += fmt::format("held out    {} rows: RMSE {:.4f}, MAE {:.4f}, R2 {:.4f}\n"
                        "baseline    RMSE {:.4f}, MAE {:.4f} (the mean, {:.4f}, for every row)\n"
                        "residuals   5 % below {:.4f}, half below {:.4f}, 95 % below {:.4f}\n",
                        report.holdout_rows, report.rmse, report.mae, report.r2,
                        report.baseline_rmse, report.baseline_mae, model.label_mean,
                        report.residual_p05, report.residual_p50, report.residual_p95);
  }
  text += fmt::format("intercept   {}\nweights     {}\n", model.intercept, model.columns());
  const auto weights = weights_of(model);
  std::size_t widest = 0;
  for (const auto& weight : weights) widest = std::max(widest, weight.name.size());
  auto weight = weights.begin();
  for (const auto& learnt : model.features)
    for (auto left = columns_of(learnt); left > 0; --left, ++weight)
      text +=
          fmt::format("  {:<{}}  {}{}\n", weight->name, widest, weight->weight, note_on(learnt));
  return text;
}

result<linear_scorer> linear_scorer::bind(std::shared_ptr<const linear_model> model,
                                          const record_info& record) {
  std::vector<feature> features;
  for (const auto& learnt : model->features) features.push_back(learnt.what);
  auto reader = feature_reader::bind(features, "", record);
  if (!reader) return std::move(reader).error();
  auto own = std::make_shared<linear_model>(*model);
  if (auto renumbered = renumber_enums(*own, *reader); !renumbered)
    return std::move(renumbered).error();
  linear_scorer made{std::move(own), reader->kinds()};
  made.reader_ = std::make_shared<const feature_reader>(std::move(*reader));
  return made;
}

linear_scorer::linear_scorer(std::shared_ptr<const linear_model> model,
                             std::vector<column_kind> kinds)
    : model_{std::move(model)}, kinds_{std::move(kinds)}, start_{model_->intercept} {
  for (std::size_t f = 0; f < kinds_.size(); ++f) add_column(model_->features[f], kinds_[f]);
}

void linear_scorer::add_column(const fitted_feature& learnt, column_kind kind) {
  column made;
  if (kind == column_kind::number) {
    made.slope = learnt.weight / learnt.scale;
    made.imputed = learnt.what.missing == missing_rule::skip
                       ? std::numeric_limits<double>::quiet_NaN()
                       : learnt.imputed;
    start_ -= made.slope * learnt.mean;
  } else {
    made.weights.push_back(0); // none
    for (const auto& category : learnt.categories) {
      if (kind == column_kind::text)
        made.index.add(std::string_view{category.text});
      else
        made.index.add(category.integer);
      made.weights.push_back(category.weight);
    }
  }
  columns_.push_back(std::move(made));
}

std::uint64_t linear_scorer::predict(const feature_block& block, double* predictions) const {
  std::fill_n(predictions, block.rows, start_);
  std::uint64_t unseen = 0;
  const auto add_category = [&](const column& learnt, std::size_t i, std::uint32_t category) {
    if (category == category_index::unknown)
      ++unseen;
    else
      predictions[i] += learnt.weights[category];
  };
  for (std::size_t f = 0; f < columns_.size(); ++f) {
    const auto& learnt = columns_[f];
    const auto& values = block.columns[f];
    for (std::size_t i = 0; i < block.rows; ++i) switch (kinds_[f]) {
        case column_kind::number: {
          const double x = values.numbers[i];
          predictions[i] += learnt.slope * (std::isnan(x) ? learnt.imputed : x);
          break;
        }
        case column_kind::integer:
          add_category(learnt, i, learnt.index.find(values.integers[i]));
          break;
        case column_kind::text: add_category(learnt, i, learnt.index.find(values.texts[i])); break;
      }
  }
  return unseen;
}

} // namespace weir
