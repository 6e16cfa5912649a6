// SPDX-License-Identifier: Apache-2.0
//
// places: what the words of the command line stand for: where lines come from, where counts go.
// Nothing is opened here: that is done when the job starts.

#pragma once

#include <weir/apps/word_count/counts.hpp>
#include <weir/dsl/one_of.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/csv_sink.hpp>
#include <weir/io/kafka_topic.hpp>
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

using count_place = weir::one_of<weir::csv_sink<word_count>, weir::kafka_sink_spec<word_count>>;

/// `csv:FILE`, `kafka://host:port/topic`, or `console`: none, as the most frequent words are shown
/// there anyway.
inline weir::result<std::optional<count_place>> counts_to(const std::string& where) {
  using place = std::optional<count_place>;
  if (where == "console") return place{};
  if (where.starts_with("csv:")) return place{weir::csv(where.substr(4)).bind<word_count>()};
  if (where.starts_with("kafka://"))
    return place{weir::kafka<word_count>{where}.keyed_by(&word_count::word).bind<word_count>()};
  return weir::error{weir::errc::usage, "--output '" + where
                                            + "' is no place for counts: say csv:FILE, "
                                              "kafka://host:port/topic or console"};
}

/// Columns between tabs, by the names of the files.
inline bool are_tsv(const std::vector<std::string>& input) {
  return std::ranges::all_of(input, [](const auto& name) { return name.ends_with(".tsv"); });
}

inline bool is_tcp(const std::string& input) { return input.starts_with("tcp://"); }
inline bool is_kafka(const std::string& input) { return input.starts_with("kafka://"); }

/// Whether lines are messages, of partitions that are read side by side.
inline bool are_topic(const std::vector<std::string>& input) {
  return std::ranges::any_of(input, is_kafka);
}

/// Whether they go on for as long as somebody sends.
inline bool is_live(const std::vector<std::string>& input) {
  return are_topic(input) || std::ranges::any_of(input, is_tcp);
}

/// Whether these can be read together: files as many as there are, but one of the others alone.
inline weir::result<void> check_input(const std::vector<std::string>& input) {
  if (input.size() <= 1 || !is_live(input)) return {};
  return weir::error{weir::errc::usage,
                     "--input takes files, or one tcp:// or kafka:// address and nothing else"};
}

template <class Row>
using line_place = weir::one_of<weir::line_files<Row>, weir::tcp_line_server<Row>, weir::kafka<Row>,
                                weir::kafka_parsed<Row>>;

/// Files, `tcp://address:port`, of which the port is told on stderr once it listens, or
/// `kafka://host:port/topic`. `must_end`: what would go on for ever is one connection, or what the
/// topic holds now. `parse`: a parser of lines and messages, or none.
template <class Row, class... Parse>
line_place<Row> lines_from(const std::vector<std::string>& input, bool must_end,
                           const Parse&... parse) {
  const auto first = input.empty() ? std::string{} : input.front();
  if (is_tcp(first))
    return weir::tcp_lines(first, parse..., {.connections = must_end ? 1U : 0U})
        .on_listening([](std::uint16_t port) {
          std::fprintf(stderr, "listening on port %u\n", static_cast<unsigned>(port));
        });
  if (is_kafka(first)) {
    const weir::kafka<Row> topic{first,
                                 {.format = weir::kafka_format::text,
                                  .end = must_end ? weir::kafka_end::now : weir::kafka_end::none}};
    if constexpr (sizeof...(Parse) == 0)
      return topic;
    else
      return topic.parsed_by(parse...);
  }
  return weir::lines(input, parse...);
}

/// Columns between tabs: the first line of each file names them.
inline weir::line_files<post> columns_from(const std::vector<std::string>& input,
                                           const post_fields& fields) {
  return weir::lines(input, tsv_posts{fields});
}

} // namespace word_count
