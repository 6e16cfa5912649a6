// SPDX-License-Identifier: Apache-2.0

#include <weir/models/category_index.hpp>
#include <weir/models/feature_reader.hpp>
#include <weir/models/transpose.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace weir {

namespace {

constexpr double missing_number = std::numeric_limits<double>::quiet_NaN();

// --- which fields fit ---------------------------------------------------------------------------

std::string_view wanted_kind(const feature& what) noexcept {
  if (what.part != time_part::none) return "a time";
  return what.kind == feature_kind::number ? "a number" : "an integer, bool, enum or text";
}

bool is_number_field(field_kind kind) noexcept {
  return kind == field_kind::boolean || is_integer(kind) || is_floating(kind)
         || kind == field_kind::span;
}

bool fits(const feature& what, field_kind kind) noexcept {
  if (what.part != time_part::none) return kind == field_kind::time;
  if (what.kind == feature_kind::number) return is_number_field(kind);
  return kind == field_kind::boolean || is_integer(kind) || is_text(kind)
         || kind == field_kind::enumeration;
}

std::string names_of(const record_info& record) {
  std::string names;
  for (const auto& field : record.fields) names += (names.empty() ? "" : ", ") + field.name;
  return names;
}

column_kind column_of(const feature& what, const field_info& field) noexcept {
  if (what.kind == feature_kind::number) return column_kind::number;
  return is_text(field.kind) ? column_kind::text : column_kind::integer;
}

// --- reading ------------------------------------------------------------------------------------

/// Calls use(i, value or nullptr) for the field's value in each row.
template <class V, class Use>
void for_each_value(const field_info& field, const std::byte* rows, std::size_t stride,
                    std::size_t count, Use use) {
  const std::byte* at = rows + field.offset;
  if (field.is_optional) {
    for (std::size_t i = 0; i < count; ++i, at += stride)
      use(i, static_cast<const V*>(field.get(at)));
  } else {
    for (std::size_t i = 0; i < count; ++i, at += stride) use(i, reinterpret_cast<const V*>(at));
  }
}

template <class V>
V load(const V* from) noexcept {
  V value;
  std::memcpy(&value, from, sizeof(V)); // int64 may be long or long long: no alias is assumed
  return value;
}

template <class V>
void read_numbers(const field_info& field, const std::byte* rows, std::size_t stride,
                  std::size_t count, double* out) {
  if (!field.is_optional) { // the common case: a loop without a branch
    const std::byte* at = rows + field.offset;
    for (std::size_t i = 0; i < count; ++i, at += stride)
      out[i] = static_cast<double>(load(reinterpret_cast<const V*>(at)));
    return;
  }
  for_each_value<V>(field, rows, stride, count, [out](std::size_t i, const V* value) {
    out[i] = value ? static_cast<double>(load(value)) : missing_number;
  });
}

template <class V>
void read_integers(const field_info& field, const std::byte* rows, std::size_t stride,
                   std::size_t count, std::int64_t* out) {
  for_each_value<V>(field, rows, stride, count, [out](std::size_t i, const V* value) {
    out[i] = value ? static_cast<std::int64_t>(load(value)) : missing_category;
  });
}

void read_enums(const field_info& field, const std::byte* rows, std::size_t stride,
                std::size_t count, std::int64_t* out) {
  for_each_value<std::byte>(field, rows, stride, count, [&](std::size_t i, const std::byte* value) {
    out[i] = value ? field.enumeration->get(value) : missing_category;
  });
}

template <class V>
void read_texts(const field_info& field, const std::byte* rows, std::size_t stride,
                std::size_t count, std::string_view* out) {
  for_each_value<V>(field, rows, stride, count, [out](std::size_t i, const V* value) {
    out[i] = !value          ? missing_text
             : value->data() ? std::string_view{*value}
                             : std::string_view{""};
  });
}

/// Calls use(type tag) with the arithmetic type of an integer, bool or floating kind.
template <class Use>
void with_type(field_kind kind, Use use) {
  switch (kind) {
    case field_kind::boolean: return use(bool{});
    case field_kind::int8: return use(std::int8_t{});
    case field_kind::int16: return use(std::int16_t{});
    case field_kind::int32: return use(std::int32_t{});
    case field_kind::int64: return use(std::int64_t{});
    case field_kind::uint8: return use(std::uint8_t{});
    case field_kind::uint16: return use(std::uint16_t{});
    case field_kind::uint32: return use(std::uint32_t{});
    case field_kind::uint64: return use(std::uint64_t{});
    case field_kind::float32: return use(float{});
    case field_kind::float64: return use(double{});
    case field_kind::time:
    case field_kind::span: return use(std::int64_t{}); // microseconds
    default: return;
  }
}

constexpr std::uint64_t hour_us = 3'600'000'000, day_us = 24 * hour_us, week_us = 7 * day_us;

/// Added to a time, it makes it a count from a Monday before all times, which needs no sign: but
/// for the first fortnight that 64 bits can hold. (1970-01-01 was a Thursday.)
constexpr std::uint64_t from_first_monday =
    ((std::uint64_t{1} << 63U) / week_us - 1) * week_us + 3 * day_us;

void take_part(time_part part, std::int64_t* values, std::size_t count) noexcept {
  const auto take = [&](auto part_of) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto taken = part_of(static_cast<std::uint64_t>(values[i]) + from_first_monday);
      values[i] =
          values[i] == missing_category ? missing_category : static_cast<std::int64_t>(taken);
    }
  };
  if (part == time_part::hour)
    take([](std::uint64_t time) { return time / hour_us % 24; });
  else
    take([](std::uint64_t time) { return time / day_us % 7; });
}

void read_integer_column(const feature& what, const field_info& field, const std::byte* rows,
                         std::size_t stride, std::size_t count, std::int64_t* out) {
  if (field.kind == field_kind::enumeration)
    read_enums(field, rows, stride, count, out);
  else
    with_type(field.kind, [&]<class V>(V) { read_integers<V>(field, rows, stride, count, out); });
  if (what.part != time_part::none) take_part(what.part, out, count);
}

/// Columns are read one after the other, each a stride through all rows. Memory is best at one line
/// after the other, so the rows come into the cache that way first, and those behind them after.
void fetch(const std::byte* rows, std::size_t bytes) noexcept {
#if defined(__GNUC__)
  constexpr std::size_t line = 64;
  const auto first = reinterpret_cast<std::uintptr_t>(rows);
  for (std::size_t at = 0; at < bytes; at += line)
    __builtin_prefetch(reinterpret_cast<const void*>(first + at), 0, 3);
  for (std::size_t at = 0; at < bytes; at += line)
    __builtin_prefetch(reinterpret_cast<const void*>(first + bytes + at), 0, 2);
#endif
}

void apply_step(number_step step, double* values, std::size_t count) noexcept {
  switch (step) {
    case number_step::log1p:
      for (std::size_t i = 0; i < count; ++i) values[i] = std::log1p(values[i]);
  }
}

/// Whether one of the values is infinite or NaN: its exponent is all ones, so adding one to that
/// reaches the sign bit.
bool has_missing(const double* values, std::size_t count) noexcept {
  constexpr std::uint64_t exponent = 0x7ff0'0000'0000'0000, one = 0x0010'0000'0000'0000;
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, values + i, sizeof(bits));
    found |= (bits & exponent) + one;
  }
  return (found >> 63U) != 0;
}

/// What is infinite, or NaN, is missing; a value given for it takes its place.
void settle_missing(const feature& what, double* values, std::size_t count) noexcept {
  if (!has_missing(values, count)) return;
  const double instead = what.missing == missing_rule::value ? what.missing_value : missing_number;
  for (std::size_t i = 0; i < count; ++i)
    if (!(std::abs(values[i]) <= std::numeric_limits<double>::max())) values[i] = instead;
}

void read_number_column(const feature& what, const field_info& field, const std::byte* rows,
                        std::size_t stride, std::size_t count, double* out) {
  if (what.part != time_part::none) {
    std::int64_t parts[chunk_rows];
    read_integer_column(what, field, rows, stride, count, parts);
    for (std::size_t i = 0; i < count; ++i)
      out[i] = parts[i] == missing_category ? missing_number : static_cast<double>(parts[i]);
  } else {
    with_type(field.kind, [&]<class V>(V) { read_numbers<V>(field, rows, stride, count, out); });
    if (field.kind == field_kind::span)
      for (std::size_t i = 0; i < count; ++i) out[i] *= 1e-6; // seconds
  }
  for (const auto step : what.steps) apply_step(step, out, count);
  const bool is_whole = !is_floating(field.kind) && !field.is_optional && what.steps.empty();
  if (!is_whole || what.part != time_part::none) settle_missing(what, out, count);
}

/// Whether nothing is to be done to a feature's field but to read it.
bool is_plain_double(const feature& what, const field_info& field) noexcept {
  return what.kind == feature_kind::number && what.steps.empty()
         && field.kind == field_kind::float64 && !field.is_optional;
}

} // namespace

feature_block::feature_block(std::span<const column_kind> kinds) : labels(chunk_rows) {
  for (const auto kind : kinds) {
    feature_column column{.kind = kind, .numbers = {}, .integers = {}, .texts = {}};
    switch (kind) {
      case column_kind::number: column.numbers.resize(chunk_rows); break;
      case column_kind::integer: column.integers.resize(chunk_rows); break;
      case column_kind::text: column.texts.resize(chunk_rows); break;
    }
    columns.push_back(std::move(column));
  }
}

result<feature_reader> feature_reader::bind(std::span<const feature> features,
                                            const std::string& label, const record_info& record) {
  feature_reader made;
  made.record_ = &record;
  std::string differences;
  const auto find = [&](const std::string& name, std::string_view use, std::string_view wanted,
                        auto fits_kind) -> const field_info* {
    const auto* field = record.find(name);
    if (field == nullptr)
      differences += "\n  field '" + name + "' is missing (" + std::string{use} + ")";
    else if (!fits_kind(field->kind))
      differences += "\n  field '" + name + "' is " + std::string{name_of(field->kind)} + ", not "
                     + std::string{wanted} + " (" + std::string{use} + ")";
    else
      return field;
    return nullptr;
  };
  for (const auto& what : features) {
    const auto* field = find(what.field, name_of(what), wanted_kind(what),
                             [&](field_kind kind) { return fits(what, kind); });
    if (field == nullptr) continue;
    made.features_.push_back(what);
    made.field_of_.push_back(field);
    made.kinds_.push_back(column_of(what, *field));
    if (std::ranges::find(made.fields_, field) == made.fields_.end()) made.fields_.push_back(field);
  }
  if (!label.empty()) made.label_ = find(label, "the label", "a number", is_number_field);
  if (!differences.empty())
    return error{errc::config, "the model does not fit the record '" + record.name
                                   + "':" + differences + "\nthe record has: " + names_of(record)};
  made.find_fours();
  return made;
}

void feature_reader::find_fours() {
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const auto lies_behind = [&](std::size_t more) {
      return f + more < features_.size()
             && is_plain_double(features_[f + more], *field_of_[f + more])
             && field_of_[f + more]->offset == field_of_[f]->offset + more * sizeof(double);
    };
    if (lies_behind(0) && lies_behind(1) && lies_behind(2) && lies_behind(3)) {
      fours_.push_back(f);
      f += 3;
    } else {
      others_.push_back(f);
    }
  }
}

void feature_reader::read(const void* rows, std::size_t count, feature_block& into) const {
  const auto* bytes = static_cast<const std::byte*>(rows);
  into.rows = count;
  fetch(bytes, count * record_->row_bytes);
  for (const auto f : fours_) {
    four_columns to{};
    for (std::size_t k = 0; k < 4; ++k) to.at[k] = into.columns[f + k].numbers.data();
    if (rows_to_columns(bytes + field_of_[f]->offset, record_->row_bytes, count, to)) continue;
    for (std::size_t k = 0; k < 4; ++k) settle_missing(features_[f + k], to.at[k], count);
  }
  for (const auto f : others_) read_column(f, bytes, count, into.columns[f]);
  if (label_ == nullptr) {
    std::fill_n(into.labels.data(), count, missing_number);
    return;
  }
  static const feature plain{};
  read_number_column(plain, *label_, bytes, record_->row_bytes, count, into.labels.data());
}

void feature_reader::read_column(std::size_t f, const std::byte* rows, std::size_t count,
                                 feature_column& into) const {
  const auto& field = *field_of_[f];
  const auto stride = record_->row_bytes;
  switch (into.kind) {
    case column_kind::number:
      read_number_column(features_[f], field, rows, stride, count, into.numbers.data());
      break;
    case column_kind::integer:
      read_integer_column(features_[f], field, rows, stride, count, into.integers.data());
      break;
    case column_kind::text:
      if (field.kind == field_kind::text)
        read_texts<std::string>(field, rows, stride, count, into.texts.data());
      else
        read_texts<std::string_view>(field, rows, stride, count, into.texts.data());
      break;
  }
}

void find_usable_rows(std::span<const feature> features, const feature_block& block,
                      bool* usable) noexcept {
  std::fill_n(usable, block.rows, true);
  for (std::size_t f = 0; f < features.size(); ++f) {
    if (block.columns[f].kind != column_kind::number || features[f].missing != missing_rule::skip)
      continue;
    const double* values = block.columns[f].numbers.data();
    for (std::size_t i = 0; i < block.rows; ++i) usable[i] &= values[i] == values[i];
  }
}

} // namespace weir
