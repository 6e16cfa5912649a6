// SPDX-License-Identifier: Apache-2.0
//
// lines: text files, a row a line.
//
// Files are read ahead in parallel and delivered in the order of their names, each a partition
// called by the file's stem; positions count rows from 0. A line ends with LF or CRLF, or with its
// file; empty lines are lines, and bytes are passed on as they are, whatever they mean. A line
// longer than `max_row_bytes` is rejected with file:line, its beginning and the reason. Memory:
// `threads` files at once, each with a block of 256 KiB (or twice the longest line) and its pump's
// batches.
//
//   app.from(lines("logs/access-*.log")) | ...             rows of `line`, which borrow
//   app.from(lines<std::string>("words.txt")) | ...        rows that own their text
//   app.from(lines("logs/access-*.log", parse_hit)) | ...  rows a parser makes of lines

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/io/glob.hpp>
#include <weir/io/line_rows.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace weir {

/// What `lines` may be told.
struct lines_options {
  /// A longer line is rejected without being held.
  std::uint64_t max_row_bytes = weir::max_row_bytes;
  /// How many files are read at once; 0: one a core, at most 8.
  std::uint32_t threads = 0;
};
BOOST_DESCRIBE_STRUCT(lines_options, (), (max_row_bytes, threads))

namespace detail {

/// One file, read by whoever polls: no pump, nothing ahead.
std::unique_ptr<any_source> make_lines_file(const line_rows& rows, std::string path,
                                            std::string partition, const lines_options& options);
result<std::unique_ptr<any_source>> make_lines_source(const line_rows& rows, const file_list& files,
                                                      const lines_options& options);

} // namespace detail

/// A source_spec: text files to be read line by line.
template <weir::row T>
class line_files {
public:
  using row = T;
  static constexpr bool is_bounded = true;

  line_files(detail::line_rows rows, file_list files, lines_options options)
      : rows_{std::move(rows)},
        files_{std::move(files)},
        options_{std::make_shared<lines_options>(options)} {}

  [[nodiscard]] std::string describe() const { return "lines(" + files_.describe() + ")"; }
  [[nodiscard]] options_ref options() const { return make_options_ref(options_); }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    return detail::make_lines_source(rows_, files_, *options_);
  }

private:
  detail::line_rows rows_;
  file_list files_;
  std::shared_ptr<lines_options> options_;
};

/// The lines of these files: one name or pattern, or a list. T: `line`, or std::string.
template <class T = line>
[[nodiscard]] auto lines(file_list files, lines_options options = {}) {
  static_assert(line_row<T>, "weir: lines gives rows of weir::line, which borrow their text, or of "
                             "std::string; for other rows give it a parser: lines(files, parse)");
  return line_files<T>{detail::plain_line_rows<T>(), std::move(files), options};
}

/// What a parser makes of the lines of these files.
template <line_parser Parse>
[[nodiscard]] auto lines(file_list files, Parse parse, lines_options options = {}) {
  return line_files<parsed_row<Parse>>{detail::parsed_line_rows(std::move(parse)), std::move(files),
                                       options};
}

} // namespace weir
