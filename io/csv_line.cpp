// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_index.hpp>
#include <weir/io/csv_line.hpp>
#include <weir/io/csv_plan.hpp>
#include <weir/io/csv_walk.hpp>

#include <cstring>
#include <utility>
#include <vector>

namespace weir {

struct csv_line::content {
  content(const record_info& of, csv_plan bound, csv_dialect dialect)
      : table{&of}, plan{std::move(bound)}, index{dialect.delimiter, dialect.quote}, row{dialect} {}

  bool refuse(std::string why) {
    reason = std::move(why);
    return false;
  }

  bool read(std::string_view line, void* to) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    const std::size_t needed = line.size() + 1 + 2 * csv_padding;
    if (room.size() < needed) room.resize(needed);
    char* block = room.data() + csv_padding;
    std::memcpy(block, line.data(), line.size());
    block[line.size()] = '\n';
    const auto size = static_cast<std::uint32_t>(line.size() + 1);
    index.clear(0);
    index.add(block, 0, size);
    switch (row.follow({block, &index, 0, size})) {
      case csv_walk::outcome::whole: break;
      case csv_walk::outcome::incomplete:
      case csv_walk::outcome::malformed: return refuse(row.reason());
    }
    if (index.marks()[row.last_mark()] + 1 != size) return refuse("holds more than one line");
    if (row.cells().size() != plan.columns())
      return refuse("holds " + std::to_string(row.cells().size()) + " fields where "
                    + std::to_string(plan.columns()) + " are expected");
    const csv_quoted_row found{block, row.cells()};
    const std::size_t read = plan.read(found, to);
    return read == csv_plan::good || refuse(plan.explain(read, found));
  }

  /// Moves borrowed text out of our copy of the line.
  void hand_over_text(void* of, char*& text) const {
    if (!table->borrows) return;
    for (const auto& field : table->fields) {
      if (field.kind != field_kind::text_view || field.value_in(of) == nullptr) continue;
      auto& value = *static_cast<std::string_view*>(field.value_for_writing(of));
      if (!value.empty()) std::memcpy(text, value.data(), value.size());
      value = {text, value.size()};
      text += value.size();
    }
  }

  const record_info* table;
  csv_plan plan;
  csv_index index;
  csv_walk row;
  std::vector<char> room; // padding, the line, a line feed, padding
  std::string reason;
};

csv_line::csv_line(std::unique_ptr<content> content) : content_{std::move(content)} {}
csv_line::csv_line(csv_line&&) noexcept = default;
csv_line& csv_line::operator=(csv_line&&) noexcept = default;
csv_line::~csv_line() = default;

result<csv_line> csv_line::make(const record_info& table, const csv_options& options) {
  const auto dialect = dialect_of(options);
  if (!dialect) return dialect.error();
  auto plan = options.columns.empty()
                  ? csv_plan::by_position(table, options, table.fields.size(), "a line")
                  : csv_plan::by_header(table, options, columns_of(options, *dialect),
                                        "the option 'columns'");
  if (!plan) return std::move(plan).error();
  return csv_line{std::make_unique<content>(table, *std::move(plan), *dialect)};
}

bool csv_line::read(std::string_view line, void* row, char*& text) {
  if (!content_->read(line, row)) return false;
  content_->hand_over_text(row, text);
  return true;
}

const std::string& csv_line::reason() const noexcept { return content_->reason; }

} // namespace weir
