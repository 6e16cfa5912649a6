// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_options.hpp>

namespace weir {
namespace {

error wrong(const std::string& option, const std::string& value, const std::string& why) {
  return {errc::config, "csv option '" + option + "' can't be '" + value + "': " + why};
}

/// One ASCII character that can stand between fields or around them.
bool is_usable(const std::string& text) {
  return text.size() == 1 && static_cast<unsigned char>(text[0]) < 128 && text[0] != '\n'
         && text[0] != '\r' && text[0] != '\0';
}

} // namespace

result<csv_dialect> dialect_of(const csv_options& options) {
  csv_dialect made;
  const bool tab = options.delimiter == "tab" || options.delimiter == "\\t";
  const std::string delimiter = tab ? "\t" : options.delimiter;
  if (!is_usable(delimiter))
    return wrong("delimiter", options.delimiter, "give one ASCII character, or 'tab'");
  made.delimiter = delimiter[0];
  made.quote = '\n';
  if (!options.quote.empty()) {
    if (!is_usable(options.quote) || options.quote == delimiter)
      return wrong("quote", options.quote,
                   "give one ASCII character other than the delimiter, or nothing");
    made.quote = options.quote[0];
  }
  if (options.max_row_bytes < 64 || options.max_row_bytes > (std::uint64_t{1} << 30U))
    return wrong("max_row_bytes", std::to_string(options.max_row_bytes),
                 "give 64 to 1073741824 bytes");
  if (options.threads > 256)
    return wrong("threads", std::to_string(options.threads), "give at most 256");
  return made;
}

std::vector<std::string> columns_of(const csv_options& options, csv_dialect dialect) {
  std::vector<std::string> names(1);
  for (const char c : options.columns)
    if (c == dialect.delimiter)
      names.emplace_back();
    else
      names.back() += c;
  return names;
}

} // namespace weir
