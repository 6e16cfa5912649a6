// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/credit.hpp>
#include <weir/io/csv_value.hpp>
#include <weir/io/hdf5_field.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

namespace weir {

/// What was read of the window, before it fits the field.
struct hdf5_field::conversion {
  const std::byte* numbers = nullptr;
  std::span<const char* const> texts;
  std::size_t count = 0;
};

namespace {

template <class T>
T value_at(const std::byte* values, std::size_t i) {
  T value;
  std::memcpy(&value, values + i * sizeof(T), sizeof(T));
  return value;
}

/// Calls `f` with a value of the type that a numeric kind is stored as.
template <class F>
decltype(auto) with_number(field_kind kind, F f) {
  switch (kind) {
    case field_kind::int8: return f(std::int8_t{});
    case field_kind::int16: return f(std::int16_t{});
    case field_kind::int32: return f(std::int32_t{});
    case field_kind::uint8: return f(std::uint8_t{});
    case field_kind::uint16: return f(std::uint16_t{});
    case field_kind::uint32: return f(std::uint32_t{});
    case field_kind::uint64: return f(std::uint64_t{});
    case field_kind::float32: return f(float{});
    case field_kind::float64: return f(double{});
    default: return f(std::int64_t{});
  }
}

/// The same for what a field holds: bool, time and duration, too.
template <class F>
decltype(auto) with_field_type(field_kind kind, F f) {
  switch (kind) {
    case field_kind::boolean: return f(bool{});
    case field_kind::time: return f(timestamp{});
    case field_kind::span: return f(duration{});
    default: return with_number(kind, f);
  }
}

template <class D, class S>
bool fits(S value) {
  if constexpr (std::is_same_v<D, bool>) {
    return value == S{0} || value == S{1};
  } else if constexpr (std::is_integral_v<D> && std::is_integral_v<S>) {
    return std::in_range<D>(value);
  } else if constexpr (std::is_integral_v<D>) {
    // Powers of two, so both bounds are exact in S; NaN compares false.
    constexpr S low = static_cast<S>(std::numeric_limits<D>::min());
    const S high = std::ldexp(S{1}, std::numeric_limits<D>::digits);
    return value >= low && value < high && std::trunc(value) == value;
  } else if constexpr (sizeof(D) < sizeof(S) && std::is_floating_point_v<S>) {
    return !std::isfinite(value) || std::isfinite(static_cast<D>(value));
  } else {
    return true;
  }
}

template <class T>
std::string text_of(T value) {
  return fmt::format("{}", value);
}

/// Nanoseconds of a unit, 0 if it is none.
std::int64_t nanoseconds_of(std::string_view unit) {
  if (unit == "s" || unit == "seconds") return 1'000'000'000;
  if (unit == "ms" || unit == "milliseconds") return 1'000'000;
  if (unit == "us" || unit == "microseconds") return 1'000;
  if (unit == "ns" || unit == "nanoseconds") return 1;
  return 0;
}

std::string kind_for_people(field_kind stored) {
  return stored == field_kind::text          ? "text"
         : stored == field_kind::enumeration ? "an enum"
                                             : "numbers (" + std::string{name_of(stored)} + ")";
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  std::string list;
  std::size_t listed = 0;
  for (const auto& name : names) {
    if (name.ends_with(validity_of(""))) continue;
    if (listed++ == most) return list + ", ...";
    list += (list.empty() ? "'" : ", '") + name + "'";
  }
  return list.empty() ? "nothing" : list;
}

} // namespace

/// The loops over one window, by the types of column and field.
struct hdf5_field_loops {
  using conversion = hdf5_field::conversion;

  static bool is_there(const hdf5_field& field, std::size_t i) {
    return field.present_.empty() || field.present_[i] != 0;
  }

  template <class D>
  static D* room(hdf5_field& field, std::size_t count) {
    field.converted_.resize(count * sizeof(D));
    field.values_ = field.converted_.data();
    return reinterpret_cast<D*>(field.converted_.data());
  }

  /// NaN says "missing" where no other mark does, unless the field itself can hold it and must have
  /// a value.
  template <class S>
  static void find_missing(hdf5_field& field, const conversion& in) {
    if constexpr (std::is_floating_point_v<S>) {
      const bool holds_nan = is_floating(field.field_->kind) && !field.field_->is_optional;
      if (field.validity_ || holds_nan) return;
      field.present_.resize(in.count);
      for (std::size_t i = 0; i < in.count; ++i)
        field.present_[i] = !std::isnan(value_at<S>(in.numbers, i));
    }
  }

  template <class S>
  static void take(hdf5_field& field, const conversion& in) {
    find_missing<S>(field, in);
    field.values_ = in.numbers;
  }

  template <class S, class D>
  static void convert(hdf5_field& field, const conversion& in) {
    find_missing<S>(field, in);
    D* to = room<D>(field, in.count);
    bool all_fit = true;
    for (std::size_t i = 0; i < in.count; ++i) {
      const S value = value_at<S>(in.numbers, i);
      const bool does = fits<D>(value);
      all_fit &= does;
      to[i] = does ? static_cast<D>(value) : D{};
    }
    if (all_fit) return;
    for (std::size_t i = 0; i < in.count; ++i) {
      const S value = value_at<S>(in.numbers, i);
      if (is_there(field, i) && !fits<D>(value))
        field.add_bad(i,
                      text_of(value) + " does not fit " + std::string{name_of(field.field_->kind)},
                      text_of(value));
    }
  }

  /// Whole or floating numbers of any unit to whole microseconds.
  template <class S>
  static void convert_time(hdf5_field& field, const conversion& in) {
    find_missing<S>(field, in);
    auto* to = room<std::int64_t>(field, in.count);
    const auto unit = field.unit_nanoseconds_;
    for (std::size_t i = 0; i < in.count; ++i) {
      const S value = value_at<S>(in.numbers, i);
      bool does_fit = true;
      to[i] = 0;
      if constexpr (std::is_floating_point_v<S>) {
        const double micros =
            std::round(static_cast<double>(value) * (static_cast<double>(unit) / 1e3));
        does_fit = fits<std::int64_t>(micros);
        if (does_fit) to[i] = static_cast<std::int64_t>(micros);
      } else if (!std::in_range<std::int64_t>(value)) {
        does_fit = false;
      } else if (unit < 1000) {
        const auto nanos = static_cast<std::int64_t>(value);
        to[i] = nanos / 1000 - (nanos % 1000 < 0);
      } else {
        does_fit = !__builtin_mul_overflow(static_cast<std::int64_t>(value), unit / 1000, &to[i]);
      }
      if (!does_fit && is_there(field, i))
        field.add_bad(i, text_of(value) + " is out of range for a time in microseconds",
                      text_of(value));
    }
  }

  static void parse_time(hdf5_field& field, const conversion& in) {
    auto* to = room<std::int64_t>(field, in.count);
    const bool is_time = field.field_->kind == field_kind::time;
    for (std::size_t i = 0; i < in.count; ++i) {
      to[i] = 0;
      const std::string_view text = in.texts[i];
      if (!is_there(field, i)) continue;
      const auto time = is_time ? parse_timestamp(text) : std::nullopt;
      const auto span = is_time ? std::nullopt : parse_duration(text);
      if (time)
        to[i] = time->time_since_epoch().count();
      else if (span)
        to[i] = span->count();
      else
        field.add_bad(i, std::string{"not a "} + (is_time ? "time" : "duration"),
                      std::string{text});
    }
  }

  static void take_text(hdf5_field& field, const conversion& in) {
    field.texts_.resize(in.count);
    for (std::size_t i = 0; i < in.count; ++i) {
      field.texts_[i] = in.texts[i];
      if (field.texts_[i].size() <= max_row_bytes) continue;
      field.add_bad(i,
                    "text of " + std::to_string(field.texts_[i].size())
                        + " bytes, more than a row may have",
                    std::string{field.texts_[i].substr(0, 1024)});
      field.texts_[i] = {};
    }
  }

  static void name_enum(hdf5_field& field, const conversion& in) {
    field.texts_.resize(in.count);
    for (std::size_t i = 0; i < in.count; ++i) {
      const auto value = value_at<std::int64_t>(in.numbers, i);
      const auto known =
          std::ranges::find(field.names_, value, &std::pair<std::int64_t, std::string>::first);
      field.texts_[i] = {};
      if (known != field.names_.end())
        field.texts_[i] = known->second;
      else if (is_there(field, i))
        field.add_bad(i, text_of(value) + " has no name in the dataset's enum", text_of(value));
    }
  }

  static void map_enum(hdf5_field& field, const conversion& in) {
    auto* to = room<std::int64_t>(field, in.count);
    for (std::size_t i = 0; i < in.count; ++i) {
      const auto value = value_at<std::int64_t>(in.numbers, i);
      const auto known =
          std::ranges::find(field.known_, value, &std::pair<std::int64_t, std::int64_t>::first);
      to[i] = known != field.known_.end() ? known->second : 0;
      if (known != field.known_.end() || !is_there(field, i)) continue;
      const auto name =
          std::ranges::find(field.names_, value, &std::pair<std::int64_t, std::string>::first);
      const auto shown = name != field.names_.end() ? name->second : text_of(value);
      field.add_bad(i, "'" + shown + "' is none of " + list_names(*field.field_->enumeration),
                    shown);
    }
  }

  static void parse_enum(hdf5_field& field, const conversion& in) {
    auto* to = room<std::int64_t>(field, in.count);
    for (std::size_t i = 0; i < in.count; ++i) {
      const auto value = field.field_->enumeration->find(in.texts[i]);
      to[i] = value.value_or(0);
      if (!value && is_there(field, i))
        field.add_bad(i,
                      "'" + std::string{in.texts[i]} + "' is none of "
                          + list_names(*field.field_->enumeration),
                      in.texts[i]);
    }
  }

  // --- into rows: `at` is an index of the window
  // --------------------------------------------------

  template <class Bits>
  static void store_plain(const hdf5_field& field, std::size_t at, std::size_t count,
                          std::byte* rows, std::size_t stride, char*&) {
    const std::byte* from = field.values_ + at * sizeof(Bits);
    std::byte* to = rows + field.field_->offset;
    for (std::size_t i = 0; i < count; ++i, to += stride)
      std::memcpy(to, from + i * sizeof(Bits), sizeof(Bits));
  }

  template <class D>
  static void store_optional(const hdf5_field& field, std::size_t at, std::size_t count,
                             std::byte* rows, std::size_t stride, char*&) {
    const std::byte* from = field.values_ + at * sizeof(D);
    std::byte* to = rows + field.field_->offset;
    for (std::size_t i = 0; i < count; ++i, to += stride)
      if (is_there(field, at + i))
        new (to) std::optional<D>{value_at<D>(from, i)};
      else
        new (to) std::optional<D>{};
  }

  static void store_enum(const hdf5_field& field, std::size_t at, std::size_t count,
                         std::byte* rows, std::size_t stride, char*&) {
    const auto& info = *field.field_;
    for (std::size_t i = 0; i < count; ++i, rows += stride)
      if (is_there(field, at + i))
        info.enumeration->set(info.value_for_writing(rows),
                              value_at<std::int64_t>(field.values_, at + i));
      else
        info.clear_in(rows);
  }

  static void store_text(const hdf5_field& field, std::size_t at, std::size_t count,
                         std::byte* rows, std::size_t stride, char*&) {
    for (std::size_t i = 0; i < count; ++i, rows += stride)
      if (is_there(field, at + i))
        *static_cast<std::string*>(field.field_->value_for_writing(rows)) = field.texts_[at + i];
      else
        field.field_->clear_in(rows);
  }

  static void store_view(const hdf5_field& field, std::size_t at, std::size_t count,
                         std::byte* rows, std::size_t stride, char*& text) {
    for (std::size_t i = 0; i < count; ++i, rows += stride) {
      if (!is_there(field, at + i)) {
        field.field_->clear_in(rows);
        continue;
      }
      const auto from = field.texts_[at + i];
      std::memcpy(text, from.data(), from.size());
      *static_cast<std::string_view*>(field.field_->value_for_writing(rows)) = {text, from.size()};
      text += from.size();
    }
  }

  static void store_nothing(const hdf5_field& field, std::size_t, std::size_t count,
                            std::byte* rows, std::size_t stride, char*&) {
    for (std::size_t i = 0; i < count; ++i, rows += stride) field.field_->clear_in(rows);
  }

  // --- which loops
  // --------------------------------------------------------------------------------

  static hdf5_field::storer storer_of(const field_info& field) {
    if (field.kind == field_kind::text) return store_text;
    if (field.kind == field_kind::text_view) return store_view;
    if (field.kind == field_kind::enumeration) return store_enum;
    return with_field_type(field.kind, [&]<class D>(D) -> hdf5_field::storer {
      using bits = std::conditional_t<
          sizeof(D) == 1, std::uint8_t,
          std::conditional_t<sizeof(D) == 2, std::uint16_t,
                             std::conditional_t<sizeof(D) == 4, std::uint32_t, std::uint64_t>>>;
      return field.is_optional ? &store_optional<D> : &store_plain<bits>;
    });
  }

  /// nullptr: such a column does not fit such a field.
  static hdf5_field::converter converter_of(field_kind stored, field_kind wanted,
                                            std::int64_t unit) {
    const bool is_time = wanted == field_kind::time || wanted == field_kind::span;
    if (stored == field_kind::text)
      return is_text(wanted)                     ? &take_text
             : is_time                           ? &parse_time
             : wanted == field_kind::enumeration ? &parse_enum
                                                 : nullptr;
    if (stored == field_kind::enumeration)
      return is_text(wanted) ? &name_enum : wanted == field_kind::enumeration ? &map_enum : nullptr;
    if (is_text(wanted) || wanted == field_kind::enumeration) return nullptr;
    return with_number(stored, [&]<class S>(S) -> hdf5_field::converter {
      if (is_time)
        return std::is_same_v<S, std::int64_t> && unit == 1000 ? &take<S> : &convert_time<S>;
      return with_field_type(wanted, []<class D>(D) -> hdf5_field::converter {
        if constexpr (std::is_same_v<S, D>)
          return &take<S>;
        else if constexpr (std::is_arithmetic_v<D>)
          return &convert<S, D>;
        else
          return nullptr;
      });
    });
  }
};

result<hdf5_field> hdf5_field::bind(hdf5_reader& file, const std::string& path,
                                    const field_info& field, const hdf5_options& options) {
  hdf5_field made{field, options};
  std::vector<std::string> candidates{field.name};
  candidates.insert(candidates.end(), field.aliases.begin(), field.aliases.end());
  const auto found =
      std::ranges::find_if(candidates, [&](const auto& name) { return file.has(name); });
  if (found == candidates.end()) {
    made.store_ = hdf5_field_loops::store_nothing;
    if (field.is_optional) return made;
    std::string also;
    for (const auto& alias : field.aliases) also += " or '" + alias + "'";
    return error{errc::config,
                 "cannot read '" + path + "': no dataset '" + field.name + "'" + also + "; found "
                     + list_of(file.names())
                     + "; name the group that holds the columns (`group`), or declare the "
                       "dataset's name as an alias of the field"};
  }
  made.name_ = *found;
  auto column = file.open_column(made.name_);
  if (!column) return column.error();
  made.column_ = *column;
  if (auto chosen = made.choose_loops(file.column(*column), path); !chosen) return chosen.error();
  if (const auto validity = validity_of(made.name_); file.has(validity)) {
    auto opened = file.open_column(validity);
    if (!opened) return opened.error();
    if (file.column(*opened).kind != field_kind::uint8)
      return error{errc::damaged, "cannot read '" + path + "': dataset '" + validity
                                      + "' must hold uint8, 1 where there is a value"};
    made.validity_ = *opened;
  }
  return made;
}

result<void> hdf5_field::choose_loops(const hdf5_column_info& column, const std::string& path) {
  const bool is_number = is_integer(column.kind) || is_floating(column.kind);
  if (is_number && (field_->kind == field_kind::time || field_->kind == field_kind::span)) {
    const auto& unit = column.unit.empty() ? options_.time_unit : column.unit;
    unit_nanoseconds_ = nanoseconds_of(unit);
    if (unit_nanoseconds_ == 0)
      return error{errc::config, "cannot read '" + path + "': dataset '" + name_
                                     + "' holds numbers, but field '" + field_->name + "' is a "
                                     + std::string{name_of(field_->kind)}
                                     + (unit.empty() ? ", and no attribute 'unit' says of what"
                                                     : ", and its unit '" + unit + "' is not known")
                                     + "; set the option time_unit to s, ms, us or ns"};
  }
  convert_ = hdf5_field_loops::converter_of(column.kind, field_->kind, unit_nanoseconds_);
  store_ = hdf5_field_loops::storer_of(*field_);
  const bool is_plain =
      !field_->is_optional && !is_text(field_->kind) && field_->kind != field_kind::enumeration;
  if (is_plain)
    plain_bytes_ = with_field_type(field_->kind, [](auto value) { return sizeof(value); });
  if (convert_ == nullptr)
    return error{errc::config, "cannot read '" + path + "': dataset '" + name_ + "' holds "
                                   + kind_for_people(column.kind) + ", which field '" + field_->name
                                   + "' of type " + std::string{name_of(field_->kind)}
                                   + " can't take; change the field's type, or map the file"};
  for (const auto& [name, value] : column.names) {
    names_.emplace_back(value, name);
    if (field_->kind == field_kind::enumeration)
      if (const auto own = field_->enumeration->find(name)) known_.emplace_back(value, *own);
  }
  return {};
}

result<std::uint64_t> hdf5_field::reach(hdf5_reader& file, std::uint64_t row,
                                        std::uint64_t rows_in_file) {
  if (is_absent()) return rows_in_file;
  if (row < first_ || row >= first_ + count_) {
    const auto window = file.window_rows(*column_);
    const auto count = std::min<std::uint64_t>(window - row % window, rows_in_file - row);
    if (auto filled = fill(file, row, count); !filled) return filled.error();
  }
  return first_ + count_;
}

result<void> hdf5_field::fill(hdf5_reader& file, std::uint64_t from, std::size_t count) {
  count_ = 0; // no window, if this fails
  present_.clear();
  bad_.clear();
  if (validity_) {
    auto valid = file.read(*validity_, from, count);
    if (!valid) return valid.error();
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(valid->numbers);
    present_.assign(bytes, bytes + count);
  }
  auto values = file.read(*column_, from, count);
  if (!values) return values.error();
  first_ = from;
  count_ = count;
  convert_(*this, {values->numbers, values->texts, count});
  list_missing(count);
  return {};
}

void hdf5_field::list_missing(std::size_t count) {
  if (present_.empty()) return;
  if (field_->is_optional) return;
  for (std::size_t i = 0; i < count; ++i)
    if (present_[i] == 0) add_bad(i, "no value, but the field must have one", "");
  std::ranges::stable_sort(bad_, {}, &bad_value::row);
}

void hdf5_field::add_bad(std::size_t index, std::string reason, std::string raw) {
  bad_.push_back({first_ + index, "dataset '" + name_ + "': " + std::move(reason), std::move(raw)});
}

void hdf5_field::store(std::uint64_t row, std::size_t count, std::byte* rows, std::size_t stride,
                       char*& text) const {
  store_(*this, row - first_, count, rows, stride, text);
}

} // namespace weir
