// SPDX-License-Identifier: Apache-2.0
//
// line_rows: how lines of text become rows, in every source of lines: as they are, or by a parser.
//
// A row of `line` borrows: its text lies in a block that its batch keeps, so that nothing is
// copied. `std::string` is the same as a row that owns its text. A parser is any callable from a
// line to `result` of a record, whose std::string_view members may point into the line; what it
// refuses becomes a reject with place, reason and the line, and like every reject takes no
// position. Nor does a line of which a parser that gives `result<std::optional<record>>` makes
// nothing: a header, a comment. It is called on the thread of its source, each file or source with
// a copy of its own.
//
//   app.from(lines("access-*.log")) | ...              rows of line
//   app.from(lines<std::string>("words.txt")) | ...    rows of std::string
//   app.from(lines("access-*.log", parse_hit)) | ...   result<hit> parse_hit(std::string_view text)

#pragma once

#include <weir/actors/operators/source.hpp>
#include <weir/io/line_splitter.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weir {

/// A line without its end, any bytes.
struct line {
  std::string_view text;
};
BOOST_DESCRIBE_STRUCT(line, (), (text))

/// What lines are given as, without a parser.
template <class T>
concept line_row = std::same_as<T, line> || std::same_as<T, std::string>;

/// Makes a record of a line, or says why it can't be one.
template <class P>
concept line_parser = std::copy_constructible<P> && requires(P& parse, std::string_view text) {
  {parse(text) ? *parse(text) : *parse(text)};
  { parse(text).error() } -> std::convertible_to<const error&>;
};

namespace detail {

template <line_parser P>
using parsed = optional_value<
    std::remove_cvref_t<decltype(*std::declval<std::invoke_result_t<P&, std::string_view>&>())>>;

} // namespace detail

/// The rows a parser makes.
template <line_parser P>
using parsed_row = typename detail::parsed<P>::type;

/// How far the lines of a partition were taken.
struct line_place {
  std::uint64_t number = 1;   ///< Of the next line, from 1; all lines count.
  std::uint64_t position = 0; ///< Of the next row.
};

namespace detail {

/// What rejects of a partition are called: `<place>:<line>`.
struct line_names {
  std::string source;
  std::string place;
};

/// Appends rows while there is room and credit, of which it takes what it used. True: all whole
/// lines were taken, the splitter wants more bytes.
using take_lines =
    std::function<bool(line_splitter& from, credit& allowed, batch_base& rows,
                       batch<reject>& rejects, line_place& at, const line_names& names)>;

/// A type of rows, and how they are made of lines, for sources that are compiled once.
struct line_rows {
  const row_type* type;
  take_lines take;
};

template <row T>
bool may_take(const line_splitter& from, credit allowed, const batch<T>& rows,
              const batch<reject>& rejects) {
  if (allowed.rows <= 0 || rows.is_full() || rejects.is_full()) return false;
  if (rows.empty()) return true;
  const std::size_t text = rows.text_bytes() + from.pending_bytes() + from.bytes();
  return allowed.bytes > 0 && (!borrows<T> || text <= batch_bytes);
}

/// What came of a line. `why` says why it was rejected, and is empty otherwise.
struct made_of_line {
  bool is_row = true;
  std::string why = {};
};

/// `make(text, row)` writes a row, and gives a made_of_line.
template <row T, class Make>
bool take_lines_by(Make& make, line_splitter& from, credit& allowed, batch<T>& rows,
                   batch<reject>& rejects, line_place& at, const line_names& names) {
  const auto keep = [&] {
    if constexpr (borrows<T>)
      from.keep_in(rows);
    else
      from.forget();
  };
  const auto refuse = [&](std::string why) {
    keep();
    rejects.push_back({names.source, names.place + ":" + std::to_string(at.number), std::move(why),
                       std::string{from.text()}});
    from.pass();
    from.forget();
  };
  bool has_all = false;
  for (;; ++at.number) {
    const auto found = from.look();
    if ((has_all = found == line_splitter::found::none) || !may_take(from, allowed, rows, rejects))
      break;
    if (found == line_splitter::found::too_long) {
      refuse("the line is longer than " + std::to_string(from.text().size())
             + " bytes: raise max_row_bytes if it is meant to be");
      continue;
    }
    auto made = make(from.text(), rows.next());
    if (!made.why.empty()) {
      refuse(std::move(made.why));
      continue;
    }
    if (made.is_row) {
      rows.push_next();
      allowed.bytes -= static_cast<std::int64_t>(sizeof(T) + from.bytes());
      --allowed.rows;
      ++at.position;
    }
    from.pass();
  }
  keep();
  return has_all;
}

template <row T, class Make>
line_rows line_rows_by(Make make) {
  return {
      &row_type_of<T>(), [make = std::move(make)](line_splitter& from, credit& allowed,
                                                  batch_base& rows, batch<reject>& rejects,
                                                  line_place& at, const line_names& names) mutable {
        return take_lines_by(make, from, allowed, static_cast<batch<T>&>(rows), rejects, at, names);
      }};
}

/// Lines as they are.
template <line_row T>
line_rows plain_line_rows() {
  return line_rows_by<T>([](std::string_view text, T& row) {
    if constexpr (std::same_as<T, line>)
      row.text = text;
    else
      row.assign(text);
    return made_of_line{};
  });
}

template <line_parser Parse>
line_rows parsed_line_rows(Parse parse) {
  return line_rows_by<parsed_row<Parse>>(
      [parse = std::move(parse)](std::string_view text, auto& row) mutable {
        auto made = parse(text);
        if (!made) {
          auto why = std::move(made).error().message;
          return made_of_line{false, why.empty() ? "the parser refuses it" : std::move(why)};
        }
        if constexpr (parsed<Parse>::is_optional) {
          if (!*made) return made_of_line{.is_row = false};
          row = **std::move(made);
        } else {
          row = *std::move(made);
        }
        return made_of_line{};
      });
}

} // namespace detail
} // namespace weir
