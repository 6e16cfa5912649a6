// SPDX-License-Identifier: Apache-2.0
//
// post: what somebody wrote, and when: what word_count makes of lines of JSON, and of lines of
// columns between tabs.

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/json_lines.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace word_count {

struct post {
  std::string text;
  weir::timestamp time; ///< 1970 where nobody asked for it.
};
BOOST_DESCRIBE_STRUCT(post, (), (text, time))

/// Which fields of the input are text and time; an empty name: none.
struct post_fields {
  std::string text;
  std::string time;
};

/// Makes posts of JSON objects, a line each.
[[nodiscard]] weir::json_line_parser<post> json_posts(const post_fields& fields);

/// Makes posts of columns between tabs. The first line of a file names them.
class tsv_posts {
public:
  explicit tsv_posts(post_fields fields) : fields_{std::move(fields)} {}

  [[nodiscard]] weir::result<std::optional<post>> operator()(std::string_view line);

private:
  struct places {
    std::size_t columns = 0;
    std::optional<std::size_t> text;
    std::optional<std::size_t> time;
  };

  [[nodiscard]] places find_columns(std::string_view header) const;
  [[nodiscard]] weir::error missing(const std::string& column) const;

  post_fields fields_;
  std::optional<places> at_;
  std::string header_;
};

} // namespace word_count
