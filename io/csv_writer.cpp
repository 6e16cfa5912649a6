// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_value.hpp>
#include <weir/io/csv_writer.hpp>

namespace weir {

csv_writer::csv_writer(const record_info& table, const csv_options& options)
    : table_{&table}, line_end_{options.crlf ? "\r\n" : "\n"} {
  if (const auto dialect = dialect_of(options)) dialect_ = *dialect;
  if (options.null_text) nulls_ = "|" + options.nulls + "|";
}

void csv_writer::append_header(std::string& out) const {
  for (const auto& field : table_->fields) {
    if (&field != table_->fields.data()) out += dialect_.delimiter;
    append_text(out, field.name, false);
  }
  out += line_end_;
}

result<void> csv_writer::append_row(std::string& out, const void* row) const {
  for (const auto& field : table_->fields) {
    if (&field != table_->fields.data()) out += dialect_.delimiter;
    if (!is_text(field.kind)) {
      append_csv_value(out, field, row);
      continue;
    }
    const void* value = field.value_in(row);
    if (value == nullptr) continue;
    const std::string_view text = field.kind == field_kind::text
                                      ? std::string_view{*static_cast<const std::string*>(value)}
                                      : *static_cast<const std::string_view*>(value);
    if (!append_text(out, text, field.is_optional))
      return error{errc::failed,
                   "field '" + field.name + "' holds " + quoted_for_message(text)
                       + ", which can't be written to CSV without quotes: set the option 'quote'"};
  }
  out += line_end_;
  return {};
}

bool csv_writer::needs_quotes(std::string_view text) const {
  for (const char c : text)
    if (c == dialect_.delimiter || c == dialect_.quote || c == '\n' || c == '\r') return true;
  return false;
}

bool csv_writer::append_text(std::string& out, std::string_view text, bool is_optional) const {
  const bool looks_missing =
      is_optional
      && (text.empty()
          || (!nulls_.empty() && nulls_.find("|" + std::string{text} + "|") != std::string::npos));
  if (!needs_quotes(text) && !looks_missing)
    out += text;
  else if (dialect_.quote == '\n')
    return false;
  else
    append_quoted(out, text);
  return true;
}

void csv_writer::append_quoted(std::string& out, std::string_view text) const {
  out += dialect_.quote;
  for (const char c : text) {
    out += c;
    if (c == dialect_.quote) out += c;
  }
  out += dialect_.quote;
}

} // namespace weir
