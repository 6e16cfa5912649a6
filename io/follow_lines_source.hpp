// SPDX-License-Identifier: Apache-2.0
//
// follow_lines: the lines of a file that grows, for as long as the job runs, as `tail -F` gives
// them.
//
// It waits for a file that is not there yet. A file that is renamed (rotated) is read on until the
// one that took its name holds something and the old one has no more, then the new one is read from
// its beginning; who writes to one after the other loses no line. A file that shrinks (copied and
// truncated) is told of and read again from its beginning. What was written without a line feed
// becomes a line by then; before, it waits for its end. One that is replaced twice while nobody
// looks is missed in between, as is what was written between the last look and a truncation.
//
// One partition called by the file's stem; positions count rows on, over all files. Rejects name
// path and line, which begins anew with each file. A saved position holds which file it was, found
// again also under another name in its folder. It sleeps in the system (file_watch.hpp), so changes
// that other machines make on a shared file system are not seen. Memory: a block of 256 KiB (or
// twice the longest line) and its pump's batches.
//
//   app.from(follow_lines("/var/log/access.log", parse_access)) | ...

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/io/line_rows.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace weir {

/// What `follow_lines` may be told.
struct follow_lines_options {
  /// A longer line is rejected without being held.
  std::uint64_t max_row_bytes = weir::max_row_bytes;
  /// Begins with what is added to a file that is there already. Lines are counted from there.
  bool from_end = false;
};
BOOST_DESCRIBE_STRUCT(follow_lines_options, (), (max_row_bytes, from_end))

namespace detail {
result<std::unique_ptr<any_source>> make_follow_lines_source(const line_rows& rows,
                                                             std::string path,
                                                             const follow_lines_options& options);
} // namespace detail

/// A source_spec: a file that grows.
template <weir::row T>
class followed_lines {
public:
  using row = T;
  static constexpr bool is_bounded = false;

  followed_lines(detail::line_rows rows, std::string path, follow_lines_options options)
      : rows_{std::move(rows)},
        path_{std::move(path)},
        options_{std::make_shared<follow_lines_options>(options)} {}

  [[nodiscard]] std::string describe() const { return "follow_lines(" + path_ + ")"; }
  [[nodiscard]] options_ref options() const { return make_options_ref(options_); }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    return detail::make_follow_lines_source(rows_, path_, *options_);
  }

private:
  detail::line_rows rows_;
  std::string path_;
  std::shared_ptr<follow_lines_options> options_;
};

/// The lines of this file and of those that take its name. T: `line`, or std::string.
template <class T = line>
[[nodiscard]] auto follow_lines(std::string path, follow_lines_options options = {}) {
  static_assert(line_row<T>, "weir: follow_lines gives rows of weir::line, which borrow their "
                             "text, or of std::string; for other rows give it a parser: "
                             "follow_lines(path, parse)");
  return followed_lines<T>{detail::plain_line_rows<T>(), std::move(path), options};
}

/// What a parser makes of the lines.
template <line_parser Parse>
[[nodiscard]] auto follow_lines(std::string path, Parse parse, follow_lines_options options = {}) {
  return followed_lines<parsed_row<Parse>>{detail::parsed_line_rows(std::move(parse)),
                                           std::move(path), options};
}

} // namespace weir
