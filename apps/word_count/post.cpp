// SPDX-License-Identifier: Apache-2.0

#include <weir/apps/word_count/post.hpp>

#include <algorithm>
#include <utility>

namespace word_count {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Calls `use(i, column)` for each column; gives how many there are.
template <class Use>
std::size_t for_each_column(std::string_view line, Use use) {
  std::size_t count = 0;
  for (;;) {
    const auto tab = line.find('\t');
    use(count++, line.substr(0, tab));
    if (tab == std::string_view::npos) return count;
    line.remove_prefix(tab + 1);
  }
}

} // namespace

weir::json_line_parser<post> json_posts(const post_fields& fields) {
  auto table = weir::record_of<post>();
  table.fields[0].name = fields.text;
  table.fields[1].name = fields.time;
  if (fields.time.empty()) table.fields.pop_back();
  return weir::json_lines<post>(std::move(table));
}

tsv_posts::places tsv_posts::find_columns(std::string_view header) const {
  places found;
  found.columns = for_each_column(header, [&](std::size_t i, std::string_view name) {
    if (name == fields_.text) found.text = i;
    if (name == fields_.time) found.time = i;
  });
  return found;
}

weir::error tsv_posts::missing(const std::string& column) const {
  auto names = header_;
  std::ranges::replace(names, '\t', ' ');
  return {weir::errc::failed,
          "there is no column '" + column + "'; the first line of the file names: " + names};
}

weir::result<std::optional<post>> tsv_posts::operator()(std::string_view line) {
  if (!at_) {
    if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    header_ = line;
    at_ = find_columns(line);
    return std::optional<post>{};
  }
  if (!at_->text) return missing(fields_.text);
  if (!at_->time && !fields_.time.empty()) return missing(fields_.time);
  std::string_view text, time;
  const auto columns = for_each_column(line, [&](std::size_t i, std::string_view column) {
    if (i == at_->text) text = column;
    if (i == at_->time) time = column;
  });
  if (columns != at_->columns)
    return weir::error{weir::errc::failed, "it has " + std::to_string(columns)
                                               + " columns, the first line of the file "
                                               + std::to_string(at_->columns)};
  std::optional<weir::timestamp> at{weir::timestamp{}};
  if (at_->time && !(at = weir::parse_timestamp(time)))
    return weir::error{weir::errc::failed, "'" + std::string{time} + "' in column '" + fields_.time
                                               + "' is no time like 2021-01-01T00:30:10Z"};
  return std::optional{post{std::string{text}, *at}};
}

} // namespace word_count
