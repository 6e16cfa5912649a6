// SPDX-License-Identifier: Apache-2.0

#include <weir/models/feature.hpp>

namespace weir {

std::string_view name_of(feature_kind kind) noexcept {
  return kind == feature_kind::number ? "number" : "one_hot";
}

std::string_view name_of(time_part part) noexcept {
  switch (part) {
    case time_part::none: return "";
    case time_part::hour: return "hour_of";
    case time_part::weekday: return "weekday_of";
  }
  return "";
}

std::string_view name_of(number_step step) noexcept {
  switch (step) {
    case number_step::log1p: return "log1p";
  }
  return "";
}

std::string_view name_of(missing_rule rule) noexcept {
  switch (rule) {
    case missing_rule::skip: return "skip";
    case missing_rule::mean: return "mean";
    case missing_rule::value: return "value";
  }
  return "";
}

std::string name_of(const feature& what) {
  const auto within = [](std::string_view function, const std::string& argument) {
    return std::string{function} + "(" + argument + ")";
  };
  std::string name = what.field;
  if (what.part != time_part::none) name = within(name_of(what.part), name);
  for (const auto step : what.steps) name = within(name_of(step), name);
  return what.is_standard ? within("standard", name) : name;
}

} // namespace weir
