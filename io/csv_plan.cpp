// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_number.hpp>
#include <weir/io/csv_plan.hpp>
#include <weir/io/csv_value.hpp>

#include <algorithm>
#include <optional>

namespace weir {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// A column's name without blanks around it.
std::string_view bare(std::string_view name) {
  const auto first = name.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return name.substr(first, name.find_last_not_of(" \t") - first + 1);
}

bool equal_names(std::string_view a, std::string_view b, bool any_capitals) {
  return any_capitals ? std::ranges::equal(a, b, {}, lower, lower) : a == b;
}

constexpr std::size_t no_column = static_cast<std::size_t>(-1);

/// The column of each field, or `no_column`. A column belongs to one field; exact names go before
/// those with other capitals, and a field's name before its aliases.
std::vector<std::size_t> match_columns(const record_info& table,
                                       std::span<const std::string> header) {
  std::vector<std::size_t> columns(table.fields.size(), no_column);
  std::vector<bool> is_taken(header.size());
  for (const bool any_capitals : {false, true})
    for (std::size_t f = 0; f < table.fields.size(); ++f) {
      const auto claim = [&](std::string_view name) {
        for (std::size_t i = 0; i < header.size() && columns[f] == no_column; ++i)
          if (!is_taken[i] && equal_names(bare(header[i]), name, any_capitals)) {
            columns[f] = i;
            is_taken[i] = true;
          }
      };
      claim(table.fields[f].name);
      for (const auto& alias : table.fields[f].aliases) claim(alias);
    }
  return columns;
}

std::string list(std::span<const std::string> names) {
  constexpr std::size_t most = 50;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
    text.append(i == 0 ? "" : ", ").append(quoted_for_message(names[i]));
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

/// `'distance' (also known as trip_distance, dist)`
std::string wanted(const field_info& field) {
  std::string text = "'" + field.name + "'";
  for (std::size_t i = 0; i < field.aliases.size(); ++i)
    text.append(i == 0 ? " (also known as " : ", ").append(field.aliases[i]);
  return field.aliases.empty() ? text : text + ")";
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const auto end = std::min(text.find(separator, begin), text.size());
    if (end != begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Undoes doubled quotes; the text gets shorter, so it may be written where it is read.
std::size_t unescape(const char* from, std::size_t size, char quote, char* to) {
  std::size_t written = 0;
  for (std::size_t i = 0; i < size; ++i) {
    to[written++] = from[i];
    i += from[i] == quote; // the second of two
  }
  return written;
}

template <class Value>
Value& at(void* row, std::uint32_t offset) {
  return *reinterpret_cast<Value*>(static_cast<std::byte*>(row) + offset);
}

} // namespace

csv_plan::csv_plan(const record_info& table, const csv_options& options, std::size_t columns)
    : table_{&table},
      columns_{columns},
      quote_{options.quote.empty() ? '\n' : options.quote[0]},
      null_text_{options.null_text},
      nulls_{split(options.nulls, '|')} {
  for (const auto& spelling : nulls_)
    nulls_look_like_values_ |= spelling.find_first_of("0123456789") != std::string::npos;
}

bool csv_plan::is_header(const record_info& table, std::span<const std::string> cells) {
  return std::ranges::any_of(match_columns(table, cells),
                             [](std::size_t column) { return column != no_column; });
}

result<csv_plan> csv_plan::by_header(const record_info& table, const csv_options& options,
                                     std::vector<std::string> header, const std::string& file) {
  csv_plan plan{table, options, header.size()};
  const auto columns = match_columns(table, header);
  std::string missing;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& field = table.fields[i];
    if (columns[i] != no_column)
      plan.bind(field, columns[i]);
    else if (field.is_optional)
      plan.bind_missing(field);
    else
      missing.append(missing.empty() ? "" : ", ").append(wanted(field));
  }
  if (!missing.empty())
    return error{errc::config,
                 "'" + file + "' has no column " + missing + " for record '" + table.name
                     + "'; found " + list(header)
                     + ". Declare the name as an alias, or make the field a std::optional"};
  plan.names_ = std::move(header);
  return plan;
}

result<csv_plan> csv_plan::by_position(const record_info& table, const csv_options& options,
                                       std::size_t columns, const std::string& file) {
  csv_plan plan{table, options, columns};
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    const auto& field = table.fields[i];
    if (i < columns)
      plan.bind(field, i);
    else if (field.is_optional)
      plan.bind_missing(field);
    else
      return error{errc::config, "'" + file + "' has no header and " + std::to_string(columns)
                                     + (columns == 1 ? " column" : " columns") + ", but field '"
                                     + field.name + "' of record '" + table.name
                                     + "' would be column " + std::to_string(i + 1)
                                     + ": name the columns with the option 'columns'"};
  }
  return plan;
}

void csv_plan::bind(const field_info& field, std::size_t column) {
  steps_.push_back({way_for(field), static_cast<std::uint32_t>(column),
                    static_cast<std::uint32_t>(field.offset), &field});
}

csv_plan::way csv_plan::way_for(const field_info& field) const {
  if (field.is_optional && nulls_look_like_values_) return way::general;
  switch (field.kind) {
    case field_kind::float64: return field.is_optional ? way::optional_float64 : way::float64;
    case field_kind::int32: return field.is_optional ? way::optional_int32 : way::int32;
    case field_kind::int64: return field.is_optional ? way::optional_int64 : way::int64;
    case field_kind::time: return field.is_optional ? way::optional_time : way::time;
    case field_kind::text_view: return field.is_optional ? way::general : way::text_view;
    default: return way::general;
  }
}

bool csv_plan::is_missing(const field_info& field, cell_text text) const {
  std::string_view value{text.begin, static_cast<std::size_t>(text.end - text.begin)};
  const bool is_words = is_text(field.kind);
  if (!is_words) value = bare(value);
  if (is_words && text.is_quoted) return false;
  return value.empty()
         || ((!is_words || null_text_) && std::ranges::find(nulls_, value) != nulls_.end());
}

bool csv_plan::read_general(const step& how, cell_text text, void* row) const {
  if (how.field->is_optional && is_missing(*how.field, text)) {
    how.field->clear_in(row);
    return true;
  }
  return read_csv_value(*how.field, {text.begin, static_cast<std::size_t>(text.end - text.begin)},
                        row);
}

// Forced into the two loops below: a call a field would cost as much as the field.
[[gnu::always_inline]] inline bool csv_plan::read_step(const step& how, cell_text text,
                                                       void* row) const {
  using namespace csv_number;
  const char* begin = text.begin;
  const char* end = text.end;
  switch (how.how) {
    case way::float64:
      if (read_small_decimal(begin, end, at<double>(row, how.offset))) [[likely]]
        return true;
      break;
    case way::optional_float64: {
      auto& field = at<std::optional<double>>(row, how.offset);
      double value = 0;
      if (read_small_decimal(begin, end, value)) [[likely]] {
        field = value;
        return true;
      }
      if (begin == end) {
        field.reset();
        return true;
      }
      break;
    }
    case way::int32:
      if (read_small_integer(begin, end, at<std::int32_t>(row, how.offset))) [[likely]]
        return true;
      break;
    case way::optional_int32: {
      auto& field = at<std::optional<std::int32_t>>(row, how.offset);
      std::int32_t value = 0;
      if (read_small_integer(begin, end, value)) [[likely]] {
        field = value;
        return true;
      }
      if (begin == end) {
        field.reset();
        return true;
      }
      break;
    }
    case way::int64: {
      std::int32_t value = 0;
      if (read_small_integer(begin, end, value)) [[likely]] {
        at<std::int64_t>(row, how.offset) = value;
        return true;
      }
      break;
    }
    case way::optional_int64: {
      auto& field = at<std::optional<std::int64_t>>(row, how.offset);
      std::int32_t value = 0;
      if (read_small_integer(begin, end, value)) [[likely]] {
        field = value;
        return true;
      }
      break;
    }
    case way::time:
      if (end - begin == 19 && read_plain_time(begin, at<timestamp>(row, how.offset))) [[likely]]
        return true;
      break;
    case way::optional_time: {
      timestamp value;
      if (end - begin == 19 && read_plain_time(begin, value)) [[likely]] {
        at<std::optional<timestamp>>(row, how.offset) = value;
        return true;
      }
      break;
    }
    case way::text_view: {
      const std::string_view value{begin, static_cast<std::size_t>(end - begin)};
      at<std::string_view>(row, how.offset) = value;
      return is_clean_text(value);
    }
    case way::general: break;
  }
  return read_general(how, text, row);
}

std::size_t csv_plan::read(const csv_plain_row& from, void* row) const {
  const std::uint32_t* marks = from.marks;
  const std::size_t last = columns_ - 1;
  for (const auto& how : steps_) {
    const std::uint32_t begin = marks[static_cast<std::ptrdiff_t>(how.column) - 1] + 1;
    const std::uint32_t end = how.column == last ? from.end : marks[how.column];
    if (!read_step(how, {from.block + begin, from.block + end, false}, row)) [[unlikely]]
      return static_cast<std::size_t>(&how - steps_.data());
  }
  for (const auto* field : absent_) field->clear_in(row);
  return good;
}

std::size_t csv_plan::read(const csv_quoted_row& from, void* row) const {
  std::string plain;
  bool has_escaped_views = false;
  for (const auto& how : steps_) {
    const auto& cell = from.cells[how.column];
    cell_text text{from.block + cell.begin, from.block + cell.end, cell.is_quoted};
    if (cell.has_escapes && how.field->kind == field_kind::text_view) {
      has_escaped_views = true;
    } else if (cell.has_escapes) {
      plain.resize(cell.end - cell.begin);
      plain.resize(unescape(text.begin, plain.size(), quote_, plain.data()));
      text = {plain.data(), plain.data() + plain.size(), true};
      if (!read_general(how, text, row)) return static_cast<std::size_t>(&how - steps_.data());
      continue;
    }
    if (!read_step(how, text, row)) return static_cast<std::size_t>(&how - steps_.data());
  }
  // Only once nothing can fail any more: a rejected row keeps its bytes as they were.
  if (has_escaped_views)
    for (const auto& how : steps_) {
      const auto& cell = from.cells[how.column];
      if (!cell.has_escapes || how.field->kind != field_kind::text_view) continue;
      char* text = from.block + cell.begin;
      const auto size = unescape(text, cell.end - cell.begin, quote_, text);
      *static_cast<std::string_view*>(how.field->value_for_writing(row)) = {text, size};
    }
  for (const auto* field : absent_) field->clear_in(row);
  return good;
}

std::string csv_plan::name_of(const step& how) const {
  return names_.empty() ? how.field->name : std::string{bare(names_[how.column])};
}

std::string csv_plan::explain(std::size_t step, const csv_plain_row& from) const {
  const auto& how = steps_[step];
  const std::uint32_t begin = from.marks[static_cast<std::ptrdiff_t>(how.column) - 1] + 1;
  const std::uint32_t end = how.column == columns_ - 1 ? from.end : from.marks[how.column];
  return explain_csv_value(*how.field, name_of(how), {from.block + begin, end - begin});
}

std::string csv_plan::explain(std::size_t step, const csv_quoted_row& from) const {
  const auto& how = steps_[step];
  const auto& cell = from.cells[how.column];
  return explain_csv_value(*how.field, name_of(how),
                           {from.block + cell.begin, cell.end - cell.begin});
}

} // namespace weir
