// SPDX-License-Identifier: Apache-2.0
//
// line: one line of text as a row, and how lines become rows of a batch in every source of lines.
//
// `line` borrows: its text lies in a block that its batch keeps, so that nothing is copied. Sources
// of lines give `std::string` as well, for rows that outlive their batch. A line that is too long
// becomes a reject that holds its beginning; like every reject it takes no position.
//
//   app.from(lines("access-*.log")) | map(parse) | ...            rows of line
//   app.from(lines<std::string>("words.txt")) | ...               rows that own their text

#pragma once

#include <weir/actors/operators/source.hpp>
#include <weir/io/line_splitter.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// A line without its end, any bytes.
struct line {
  std::string_view text;
};
BOOST_DESCRIBE_STRUCT(line, (), (text))

/// What lines may be given as.
template <class T>
concept line_row = std::same_as<T, line> || std::same_as<T, std::string>;

/// How far the lines of a partition were taken.
struct line_place {
  std::uint64_t number = 1;   ///< Of the next line, from 1; those too long count.
  std::uint64_t position = 0; ///< Of the next row.
};

/// Appends lines to a batch while there is room and credit, of which it takes what it used; `where`
/// names the place of line number n, for rejects. True: all whole lines were taken, the splitter
/// wants more bytes. Precondition: the batch is empty or of the same partition.
template <line_row Row, std::invocable<std::uint64_t> Where>
[[nodiscard]] bool take_lines(line_splitter& from, credit& allowed, poll_out<Row> out,
                              line_place& at, const std::string& source, const Where& where) {
  constexpr bool is_borrowed = borrows<Row>;
  const auto may_take = [&] {
    if (allowed.rows <= 0 || out.rows.is_full() || out.rejects.is_full()) return false;
    if (out.rows.empty()) return true;
    const std::size_t text = from.pending_bytes() + from.bytes();
    return allowed.bytes > 0 && (!is_borrowed || out.rows.text_bytes() + text <= batch_bytes);
  };
  bool has_all = false;
  for (;;) {
    const auto found = from.look();
    if ((has_all = found == line_splitter::found::none) || !may_take()) break;
    if (found == line_splitter::found::too_long) {
      if constexpr (is_borrowed) from.keep_in(out.rows);
      out.rejects.push_back({source, where(at.number),
                             "the line is longer than " + std::to_string(from.text().size())
                                 + " bytes: raise max_row_bytes if it is meant to be",
                             std::string{from.text()}});
      from.pass();
      from.forget();
    } else {
      allowed.bytes -= static_cast<std::int64_t>(sizeof(Row) + from.bytes());
      --allowed.rows;
      if constexpr (is_borrowed) {
        out.rows.next().text = from.text();
        out.rows.rows_added(1);
      } else {
        out.rows.next().assign(from.text());
        out.rows.push_next();
      }
      from.pass();
      ++at.position;
    }
    ++at.number;
  }
  if constexpr (is_borrowed)
    from.keep_in(out.rows);
  else
    from.forget();
  return has_all;
}

} // namespace weir
