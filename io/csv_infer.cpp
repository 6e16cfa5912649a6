// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/credit.hpp>
#include <weir/actors/stream/timestamp.hpp>
#include <weir/io/csv_infer.hpp>
#include <weir/io/csv_reader.hpp>
#include <weir/io/csv_value.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir {
namespace {

template <class T>
bool reads_as(std::string_view text) {
  T value{};
  return read_csv_value(record_of<T>().fields.front(), text, &value);
}

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

/// A number that is written otherwise than we would: 007, +1.
bool is_label(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.starts_with('+')
         || (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9');
}

bool is_truth(std::string_view text) {
  return text.size() >= 4 && reads_as<bool>(text); // true and false; the others have fewer letters
}

/// What all values of a column seen so far could be.
struct guess {
  bool boolean = true;
  bool integer = true;
  bool floating = true;
  bool time = true;
  bool has_values = false;
  bool has_number = false;
  bool has_missing = false;

  void look_at(std::string_view text) {
    has_values = true;
    const bool label = is_label(text);
    boolean = boolean && is_truth(text);
    integer = integer && !label && text.find('.') == std::string_view::npos
              && reads_as<std::int64_t>(text);
    // A whole number too large for int64 would come back as another one.
    const bool is_large = text.find_first_not_of("+-0123456789") == std::string_view::npos
                          && !reads_as<std::int64_t>(text);
    floating = floating && !label && !is_large && reads_as<double>(text);
    has_number = has_number || has_digit(text);
    time = time && reads_as<timestamp>(text);
  }
  [[nodiscard]] field_kind kind() const {
    if (!has_values) return field_kind::text_view;
    if (boolean) return field_kind::boolean;
    if (integer) return field_kind::int64;
    if (floating && has_number) return field_kind::float64;
    return time ? field_kind::time : field_kind::text_view;
  }
};

/// Whether the first row names columns: nothing in it is a number or a time.
bool is_header(const std::vector<std::string>& cells) {
  return std::ranges::none_of(cells, [](const std::string& cell) {
    return has_digit(cell) && (reads_as<double>(cell) || reads_as<timestamp>(cell));
  });
}

/// The first row as it stands, whatever it is.
result<std::vector<std::string>> first_row(const std::string& path, csv_options options) {
  options.header = csv_header::present;
  const column_record nothing{{{"", field_kind::text_view, true}}};
  csv_reader reader{path, nothing.table(), options};
  if (auto opened = reader.open(); !opened) return std::move(opened).error();
  return reader.header();
}

std::vector<column_plan> name_columns(const std::vector<std::string>& first, bool has_header) {
  std::vector<column_plan> columns;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const bool is_named = has_header && first[i].find_first_not_of(" \t") != std::string::npos;
    column_plan column{.name = is_named ? first[i] : "column" + std::to_string(i + 1),
                       .kind = field_kind::text_view,
                       .is_optional = true};
    if (has_header && !is_named) column.header = " ";
    columns.push_back(std::move(column));
  }
  return columns;
}

struct kind_name {
  std::string_view name;
  field_kind kind;
};
constexpr std::array kinds{
    kind_name{"bool", field_kind::boolean}, kind_name{"int64", field_kind::int64},
    kind_name{"float64", field_kind::float64}, kind_name{"time", field_kind::time},
    kind_name{"text", field_kind::text_view}};

/// Fields lie one after the other; eight bytes suit the alignment of all kinds.
template <class T>
void add_field(record_info& table, const column_plan& column) {
  static_assert(alignof(T) <= 8 && std::is_trivially_destructible_v<T>);
  std::vector<std::string> aliases;
  if (column.header == " ")
    aliases.emplace_back(); // the column without a name
  else if (!column.header.empty())
    aliases.push_back(column.header);
  detail::add_scalar<T>(table, column.name, table.row_bytes, std::move(aliases));
  table.row_bytes += (sizeof(T) + 7) / 8 * 8;
}

/// Calls `use` with the type that values of a kind have in such a row.
template <class Use>
void with_type_of(field_kind kind, Use use) {
  switch (kind) {
    case field_kind::boolean: return use(std::type_identity<bool>{});
    case field_kind::int8: return use(std::type_identity<std::int8_t>{});
    case field_kind::int16: return use(std::type_identity<std::int16_t>{});
    case field_kind::int32: return use(std::type_identity<std::int32_t>{});
    case field_kind::int64: return use(std::type_identity<std::int64_t>{});
    case field_kind::uint8: return use(std::type_identity<std::uint8_t>{});
    case field_kind::uint16: return use(std::type_identity<std::uint16_t>{});
    case field_kind::uint32: return use(std::type_identity<std::uint32_t>{});
    case field_kind::uint64: return use(std::type_identity<std::uint64_t>{});
    case field_kind::float32: return use(std::type_identity<float>{});
    case field_kind::float64: return use(std::type_identity<double>{});
    case field_kind::time: return use(std::type_identity<timestamp>{});
    case field_kind::span: return use(std::type_identity<duration>{});
    default: return use(std::type_identity<std::string_view>{});
  }
}

template <class Value>
void construct(const field_info& field, std::byte* row) {
  if (field.is_optional)
    new (row + field.offset) std::optional<Value>;
  else
    new (row + field.offset) Value{};
}

} // namespace

result<csv_shape> infer_csv(const std::string& path, const csv_options& options, std::size_t rows) {
  csv_shape shape;
  shape.options = options;
  auto first = options.columns.empty()
                   ? first_row(path, options)
                   : result<std::vector<std::string>>{std::vector<std::string>{}};
  if (!first) return std::move(first).error();
  if (!options.columns.empty()) {
    const auto dialect = dialect_of(options);
    if (!dialect) return dialect.error();
    shape.columns = name_columns(columns_of(options, *dialect), true);
    shape.options.header = csv_header::absent;
  } else {
    const bool has_header = options.header == csv_header::present
                            || (options.header == csv_header::detect && is_header(*first));
    shape.columns = name_columns(*first, has_header);
    shape.options.header = has_header ? csv_header::present : csv_header::absent;
  }

  auto looking = shape.options;
  looking.null_text =
      true; // missing spellings count as missing, whatever the column turns out to be
  const column_record as_text{shape.columns};
  csv_reader reader{path, as_text.table(), looking};
  if (auto opened = reader.open(); !opened) return std::move(opened).error();
  constexpr std::size_t at_once = 256;
  column_rows room{as_text, at_once};
  std::vector<guess> guesses(shape.columns.size());
  while (shape.rows_seen < rows) {
    const auto wanted = std::min<std::size_t>(at_once, rows - shape.rows_seen);
    auto got = reader.read(room.data(), as_text.table().row_bytes, wanted, batch_bytes,
                           [](const csv_reject&) { return true; });
    if (!got) return std::move(got).error();
    for (std::size_t i = 0; i < got->rows; ++i)
      for (std::size_t c = 0; c < guesses.size(); ++c) {
        const void* value = as_text.table().fields[c].value_in(room.row(i));
        const auto* text = static_cast<const std::string_view*>(value);
        if (text == nullptr || text->empty())
          guesses[c].has_missing = true;
        else
          guesses[c].look_at(*text);
      }
    shape.rows_seen += got->rows;
    if (got->has_ended) break;
  }
  for (std::size_t c = 0; c < guesses.size(); ++c) {
    shape.columns[c].kind = guesses[c].kind();
    shape.columns[c].is_optional = guesses[c].has_missing || !guesses[c].has_values;
  }
  return shape;
}

result<void> override_kinds(std::vector<column_plan>& columns, std::string_view types) {
  while (!types.empty()) {
    const auto comma = std::min(types.find(','), types.size());
    std::string_view one = types.substr(0, comma);
    types.remove_prefix(std::min(comma + 1, types.size()));
    const auto equals = one.find('=');
    const auto name = one.substr(0, equals);
    const auto column = std::ranges::find(columns, name, &column_plan::name);
    if (equals == std::string_view::npos || column == columns.end())
      return error{errc::usage, "types: '" + std::string{one}
                                    + "' names no column; write name=kind, the columns are "
                                    + describe_columns(columns)};
    auto kind = one.substr(equals + 1);
    const bool is_optional = kind.ends_with('?');
    if (is_optional) kind.remove_suffix(1);
    const auto known = std::ranges::find(kinds, kind, &kind_name::name);
    if (known == kinds.end())
      return error{
          errc::usage,
          "types: '" + std::string{kind}
              + "' is no kind: bool, int64, float64, time or text, with ? if it may be missing"};
    column->kind = known->kind;
    column->is_optional = is_optional;
  }
  return {};
}

std::string describe_columns(const std::vector<column_plan>& columns) {
  std::string text;
  for (const auto& column : columns)
    text.append(text.empty() ? "" : ", ")
        .append(column.name)
        .append(" ")
        .append(name_of(column.kind))
        .append(column.is_optional ? "?" : "");
  return text;
}

column_record::column_record(const std::vector<column_plan>& columns) {
  table_.name = "columns of a file";
  for (const auto& column : columns)
    with_type_of(column.kind, [&]<class Value>(std::type_identity<Value>) {
      if (column.is_optional)
        add_field<std::optional<Value>>(table_, column);
      else
        add_field<Value>(table_, column);
    });
}

column_rows::column_rows(const column_record& record, std::size_t rows)
    : row_bytes_{record.table().row_bytes},
      room_{std::make_unique<std::byte[]>(row_bytes_ * std::max<std::size_t>(rows, 1) + 1)} {
  for (std::size_t i = 0; i < rows; ++i)
    for (const auto& field : record.table().fields)
      with_type_of(field.kind, [&]<class Value>(std::type_identity<Value>) {
        construct<Value>(field, room_.get() + i * row_bytes_);
      });
}

} // namespace weir
