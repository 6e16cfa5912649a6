// SPDX-License-Identifier: Apache-2.0
//
// places: what the words of the command line stand for: where lines come from, where counts go.
// Nothing is opened here: that is done when the job starts.

#pragma once

#include <weir/apps/word_count/counts.hpp>
#include <weir/dsl/one_of.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/csv_sink.hpp>
#include <weir/io/lines_source.hpp>
#include <weir/io/tcp_lines_source.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace word_count {

/// What --window says. Time comes from a field, so that without one there are no windows.
inline weir::result<window_size> window_of(const std::string& window, const post_fields& fields) {
  const auto refuse = [](std::string why) {
    return weir::error{weir::errc::usage, std::move(why)};
  };
  if (fields.text.empty() && !fields.time.empty())
    return refuse("--time names a field, but --field does not say which one is the text");
  if (window == "none") return window_size{};
  const auto size = weir::parse_duration(window);
  if (!size || *size <= weir::duration{0})
    return refuse("--window '" + window + "' is no stretch of time: say 10s, 5min or none");
  if (fields.time.empty())
    return refuse("--window needs --time, the field that says when a line was written: plain text "
                  "has none, and is counted with --window none");
  return window_size{size};
}

using count_place = weir::one_of<weir::csv_sink<word_count>>;

/// `csv:FILE`, or `console`: none, as the most frequent words are shown there anyway.
inline weir::result<std::optional<count_place>> counts_to(const std::string& where) {
  if (where == "console") return std::optional<count_place>{};
  if (where.starts_with("csv:"))
    return std::optional<count_place>{weir::csv(where.substr(4)).bind<word_count>()};
  return weir::error{weir::errc::usage,
                     "--output '" + where + "' is no place for counts: say csv:FILE or console"};
}

/// Columns between tabs, by the names of the files.
inline bool are_tsv(const std::vector<std::string>& input) {
  return std::ranges::all_of(input, [](const auto& name) { return name.ends_with(".tsv"); });
}

template <class Row>
using line_place = weir::one_of<weir::line_files<Row>, weir::tcp_line_server<Row>>;

/// Files, or `tcp://address:port`, of which the port is told on stderr once it listens. `parse`:
/// none, or a parser of lines.
template <class Row, class... Parse>
line_place<Row> lines_from(std::vector<std::string> input, Parse... parse) {
  if (!input.empty() && input.front().starts_with("tcp://"))
    return weir::tcp_lines(input.front(), std::move(parse)...).on_listening([](std::uint16_t port) {
      std::fprintf(stderr, "listening on port %u\n", static_cast<unsigned>(port));
    });
  return weir::lines(std::move(input), std::move(parse)...);
}

} // namespace word_count
