// SPDX-License-Identifier: Apache-2.0

#include <weir/io/csv_walk.hpp>

namespace weir {

csv_walk::outcome csv_walk::follow(const stretch& where) {
  const std::uint32_t* marks = where.index->marks();
  const std::size_t count = where.index->mark_count();
  const char* data = where.block;
  const char quote = dialect_.quote;
  cells_.clear();
  lines_ = 1;
  is_unclosed_ = false;
  std::size_t mark = where.mark;
  std::uint32_t begin = marks[static_cast<std::ptrdiff_t>(mark) - 1] + 1;
  for (;; begin = marks[mark++] + 1) {
    if (quote != '\n' && begin < where.indexed && data[begin] == quote) {
      if (const auto how = follow_quoted(where, mark, begin); how != outcome::whole) return how;
    } else {
      while (mark < count && data[marks[mark]] == quote && quote != '\n')
        ++mark; // inside text that did not begin with one: an inch sign, for instance
      if (mark == count) return stopped(outcome::incomplete, where.indexed, false);
      const std::uint32_t end = marks[mark];
      const bool has_return = data[end] == '\n' && end != begin && data[end - 1] == '\r';
      cells_.push_back({begin, end - has_return, false, false});
    }
    if (data[marks[mark]] == '\n') {
      last_mark_ = mark;
      return outcome::whole;
    }
  }
}

// From an opening quote to the delimiter or line feed behind the closing one, which `mark` is then.
csv_walk::outcome csv_walk::follow_quoted(const stretch& where, std::size_t& mark,
                                          std::uint32_t begin) {
  const std::uint32_t* marks = where.index->marks();
  const std::size_t count = where.index->mark_count();
  const char* data = where.block;
  bool has_escapes = false;
  std::uint32_t end = 0;
  for (++mark;; ++mark) {
    if (mark == count) return stopped(outcome::incomplete, where.indexed, true);
    const std::uint32_t at = marks[mark];
    if (data[at] == '\n') {
      ++lines_;
      if (!where.feeds_in_quotes) return stopped(outcome::malformed, at, true);
    }
    if (data[at] != dialect_.quote) continue;
    if (at + 1 >= where.indexed) return stopped(outcome::incomplete, where.indexed, true);
    if (data[at + 1] != dialect_.quote) {
      end = at;
      break;
    }
    has_escapes = true;
    ++mark;
  }
  ++mark;
  std::uint32_t behind = end + 1;
  if (data[behind] == '\r' && ++behind >= where.indexed)
    return stopped(outcome::incomplete, where.indexed, false);
  const bool is_delimiter = behind == end + 1 && data[behind] == dialect_.delimiter;
  if (data[behind] != '\n' && !is_delimiter) return stopped(outcome::malformed, behind, false);
  cells_.push_back({begin + 1, end, true, has_escapes});
  return outcome::whole;
}

csv_walk::outcome csv_walk::stopped(outcome how, std::uint32_t at, bool is_unclosed) {
  scanned_until_ = at;
  is_unclosed_ = is_unclosed;
  return how;
}

std::string csv_walk::reason() const {
  const auto field = std::to_string(cells_.size() + 1);
  if (is_unclosed_) return "the quote that opens field " + field + " is never closed";
  return "field " + field + " goes on behind its closing quote: quotes inside are doubled";
}

std::string csv_walk::text_of(const char* block, const csv_cell& cell) const {
  std::string text;
  for (std::uint32_t i = cell.begin; i < cell.end; ++i) {
    text += block[i];
    i += cell.has_escapes && block[i] == dialect_.quote;
  }
  return text;
}

} // namespace weir
