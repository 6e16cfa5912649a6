// SPDX-License-Identifier: Apache-2.0
//
// features: what a model looks at, written once and used to learn and to answer.
//
// Each function makes a typed expression over fields of one record; a misuse is a compile error in
// our words. Underneath lies data (feature.hpp), so a model file can hold it. Three kinds:
//
//   number(&trip::distance)           one column; also of hour_of(...) and weekday_of(...)
//   one_hot(&trip::zone)              one column a category, learnt from history, in sorted order;
//                                     also of hour_of(...) and weekday_of(...)
//   log1p(x)  standard(x)  impute(x, mean)  impute(x, 0.5)
//
// A row without a number that nothing is imputed for is left out of the fit, counted, and answered
// with NaN; NaN and infinity count as missing. A missing category, or one never seen in history, is
// a row of zeros; unseen ones are counted.
//
//   features(number(&trip::distance), one_hot(hour_of(&trip::pickup)))

#pragma once

#include <weir/actors/stream/record.hpp>
#include <weir/models/feature.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// A field of T that holds a V, also one of a nested record.
template <class T, class V>
struct field_of {
  std::size_t offset = 0;
};

/// An hour or weekday of a time of T.
template <class T>
struct part_of {
  std::size_t offset = 0;
  time_part part = time_part::none;
};

/// A number, before anything is learnt from data.
template <class T>
struct number_of {
  feature what;
};
/// A number scaled or filled by what the data is like; it stands outermost.
template <class T>
struct fitted_number_of {
  feature what;
};
/// Categories.
template <class T>
struct one_hot_of {
  feature what;
};

/// All features of a model over T.
template <class T>
struct feature_set {
  std::vector<feature> list;
};

/// The number a model learns to answer with.
template <class T>
struct label_of {
  std::string field;
};

/// Names the mean of the training rows: `impute(number(&trip::passengers), mean)`.
struct mean_tag {};
inline constexpr mean_tag mean{};

namespace detail {

template <class V>
using held = typename optional_value<V>::type;

template <class V>
inline constexpr bool is_time = std::is_same_v<held<V>, timestamp>;
template <class V>
inline constexpr bool is_numeric =
    std::is_arithmetic_v<held<V>> || std::is_same_v<held<V>, duration>;
template <class V>
inline constexpr bool is_text_value =
    std::is_same_v<held<V>, std::string> || std::is_same_v<held<V>, std::string_view>;
template <class V>
inline constexpr bool is_category =
    std::is_integral_v<held<V>> || std::is_enum_v<held<V>> || is_text_value<V>;

template <class X>
struct expression {
  static constexpr bool is_feature = false;
};
template <class T>
struct expression<number_of<T>> {
  using record = T;
  static constexpr bool is_feature = true, is_number = true, is_fitted = false;
};
template <class T>
struct expression<fitted_number_of<T>> {
  using record = T;
  static constexpr bool is_feature = true, is_number = true, is_fitted = true;
};
template <class T>
struct expression<one_hot_of<T>> {
  using record = T;
  static constexpr bool is_feature = true, is_number = false, is_fitted = true;
};

template <class X>
constexpr bool is_plain_number() {
  if constexpr (expression<X>::is_feature)
    return expression<X>::is_number && !expression<X>::is_fitted;
  else
    return false;
}
template <class X>
constexpr bool is_any_number() {
  if constexpr (expression<X>::is_feature)
    return expression<X>::is_number;
  else
    return false;
}

template <record T>
std::string field_at(std::size_t offset) {
  for (const auto& field : record_of<T>().fields)
    if (field.offset == offset) return field.name;
  return {}; // not reached: every described field has its line
}

template <class T, class V>
constexpr field_of<T, V> to_field(V T::*field) {
  return {offset_of<T>(field)};
}
template <class T, class V>
constexpr field_of<T, V> to_field(field_of<T, V> field) {
  return field;
}

template <class T, class V>
part_of<T> part(field_of<T, V> field, time_part which) {
  static_assert(is_time<V>, "weir: hour_of and weekday_of take a weir::timestamp field");
  return {field.offset, which};
}

template <class T, class V>
number_of<T> make_number(field_of<T, V> field) {
  static_assert(record<T>, "weir: a feature takes a field of a record: describe the struct with "
                           "BOOST_DESCRIBE_STRUCT(name, (), (fields))");
  static_assert(is_numeric<V>, "weir: number takes a numeric field; for text use one_hot, for a "
                               "time hour_of or weekday_of");
  return {{.kind = feature_kind::number, .field = field_at<T>(field.offset)}};
}
template <class T>
number_of<T> make_number(part_of<T> part) {
  return {{.kind = feature_kind::number, .field = field_at<T>(part.offset), .part = part.part}};
}

template <class T, class V>
one_hot_of<T> make_one_hot(field_of<T, V> field) {
  static_assert(record<T>, "weir: a feature takes a field of a record: describe the struct with "
                           "BOOST_DESCRIBE_STRUCT(name, (), (fields))");
  static_assert(is_category<V>, "weir: one_hot takes a field of distinct values: an integer, bool, "
                                "enum or text; for a floating-point field use number");
  return {{.kind = feature_kind::one_hot, .field = field_at<T>(field.offset)}};
}
template <class T>
one_hot_of<T> make_one_hot(part_of<T> part) {
  return {{.kind = feature_kind::one_hot, .field = field_at<T>(part.offset), .part = part.part}};
}

template <class First, class... Rest>
inline constexpr bool all_of_one_record =
    (std::is_same_v<typename expression<First>::record, typename expression<Rest>::record> && ...);

} // namespace detail

/// A field of a nested record: `field(&trip::from, &place::zone)`.
template <class T, class Inner, class V>
[[nodiscard]] field_of<T, V> field(Inner T::*outer, V Inner::*inner) {
  return {detail::offset_of<T>(outer) + detail::offset_of<Inner>(inner)};
}

/// The hour of a time, 0 to 23, UTC.
template <class T, class V>
[[nodiscard]] part_of<T> hour_of(V T::*field) {
  return detail::part(detail::to_field(field), time_part::hour);
}
template <class T, class V>
[[nodiscard]] part_of<T> hour_of(field_of<T, V> field) {
  return detail::part(field, time_part::hour);
}

/// The weekday of a time, 0 Monday to 6 Sunday, UTC.
template <class T, class V>
[[nodiscard]] part_of<T> weekday_of(V T::*field) {
  return detail::part(detail::to_field(field), time_part::weekday);
}
template <class T, class V>
[[nodiscard]] part_of<T> weekday_of(field_of<T, V> field) {
  return detail::part(field, time_part::weekday);
}

/// A numeric field as it is: bool is 0 or 1, a duration is in seconds.
template <class T, class V>
[[nodiscard]] number_of<T> number(V T::*field) {
  return detail::make_number(detail::to_field(field));
}
template <class T, class V>
[[nodiscard]] number_of<T> number(field_of<T, V> field) {
  return detail::make_number(field);
}
template <class T>
[[nodiscard]] number_of<T> number(part_of<T> part) {
  return detail::make_number(part);
}

/// A column of zeros and ones for each distinct value.
template <class T, class V>
[[nodiscard]] one_hot_of<T> one_hot(V T::*field) {
  return detail::make_one_hot(detail::to_field(field));
}
template <class T, class V>
[[nodiscard]] one_hot_of<T> one_hot(field_of<T, V> field) {
  return detail::make_one_hot(field);
}
template <class T>
[[nodiscard]] one_hot_of<T> one_hot(part_of<T> part) {
  return detail::make_one_hot(part);
}

/// The natural logarithm of 1 + x.
template <class X>
[[nodiscard]] auto log1p(X x) requires detail::expression<X>::is_feature {
  static_assert(
      detail::is_plain_number<X>(),
      "weir: log1p takes a number; standard and impute(..., mean) are learnt from data, so "
      "they stand outermost: standard(log1p(number(...)))");
  if (x.what.missing == missing_rule::value)
    x.what.missing_value = std::log1p(x.what.missing_value); // what is imputed passes through too
  x.what.steps.push_back(number_step::log1p);
  return x;
}

/// The mean of the training rows in place of a missing number.
template <class X>
[[nodiscard]] auto impute(X x, mean_tag) {
  static_assert(detail::is_plain_number<X>(),
                "weir: impute takes a number: impute(number(...), mean), with standard around it");
  x.what.missing = missing_rule::mean;
  return fitted_number_of<typename detail::expression<X>::record>{std::move(x.what)};
}

/// `value` in place of a missing number.
template <class X>
[[nodiscard]] auto impute(X x, double value) {
  static_assert(detail::is_plain_number<X>(),
                "weir: impute takes a number: impute(number(...), 0), with standard around it");
  x.what.missing = missing_rule::value;
  x.what.missing_value = value;
  return x;
}

/// The number less its mean in the training rows, divided by its standard deviation there.
template <class X>
[[nodiscard]] auto standard(X x) {
  static_assert(detail::is_any_number<X>(), "weir: standard takes a number, once: the columns of "
                                            "one_hot are left as they are");
  x.what.is_standard = true;
  return fitted_number_of<typename detail::expression<X>::record>{std::move(x.what)};
}

/// All that a model looks at.
template <class First, class... Rest>
[[nodiscard]] auto features(First first, Rest... rest) {
  static_assert(detail::expression<First>::is_feature
                    && (detail::expression<Rest>::is_feature && ...),
                "weir: features takes feature expressions: number(...), one_hot(...) and what is "
                "made of them");
  static_assert(detail::all_of_one_record<First, Rest...>,
                "weir: the features of a model take fields of one record");
  return feature_set<typename detail::expression<First>::record>{
      {std::move(first.what), std::move(rest.what)...}};
}

/// The numeric field a model learns.
template <class T, class V>
[[nodiscard]] label_of<T> label(V T::*field) {
  static_assert(record<T>, "weir: a label is a field of a record: describe the struct with "
                           "BOOST_DESCRIBE_STRUCT(name, (), (fields))");
  static_assert(detail::is_numeric<V>, "weir: label takes a numeric field");
  return {detail::field_at<T>(detail::offset_of<T>(field))};
}

} // namespace weir
