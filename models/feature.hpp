// SPDX-License-Identifier: Apache-2.0
//
// feature: one feature of a model as data: which field, what is done to it, in what order. The
// typed expressions of features.hpp are written by people and become these; model files hold these.
//
//   field -> part of a time -> log1p ... -> impute -> standard        a number: one column
//   field -> part of a time -> one_hot                                one column a category
//
// What depends on data (categories, the mean that is imputed, the scale of `standard`) stands
// outermost, so sums over rows are taken of what lies before it and the rest follows at the fit.
// Values only; any thread may read them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class feature_kind : std::uint8_t { number, one_hot };

/// The part of a time that is taken, in UTC.
enum class time_part : std::uint8_t {
  none,
  hour,    ///< 0 to 23.
  weekday, ///< 0 Monday to 6 Sunday.
};

/// A function of one number that is the same for all data.
enum class number_step : std::uint8_t {
  log1p, ///< The natural logarithm of 1 + x; at and below -1 the number is missing.
};

/// What stands in for a missing number.
enum class missing_rule : std::uint8_t {
  skip,  ///< Nothing: the row is left out of fit and evaluation, and its prediction is NaN.
  mean,  ///< The mean of the training rows that have the number.
  value, ///< A given value.
};

struct feature {
  feature_kind kind = feature_kind::number;
  std::string field; ///< Dotted for fields of nested records.
  time_part part = time_part::none;
  std::vector<number_step> steps = {}; ///< In the order they are applied.
  missing_rule missing = missing_rule::skip;
  double missing_value = 0;
  bool is_standard = false; ///< Less its mean, divided by its standard deviation.

  friend bool operator==(const feature&, const feature&) = default;
};

/// `distance`, `hour_of(pickup)`, `standard(log1p(distance))`: as the feature's columns are called.
[[nodiscard]] std::string name_of(const feature& what);

[[nodiscard]] std::string_view name_of(feature_kind kind) noexcept;
/// `hour_of`, `weekday_of`; empty for none.
[[nodiscard]] std::string_view name_of(time_part part) noexcept;
[[nodiscard]] std::string_view name_of(number_step step) noexcept;
[[nodiscard]] std::string_view name_of(missing_rule rule) noexcept;

} // namespace weir
