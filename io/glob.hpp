// SPDX-License-Identifier: Apache-2.0
//
// glob: from file names and patterns to the files there are. Pure but for looking at directories;
// safe from any thread.
//
//   auto files = expand_files({"data/yellow_*.csv", "more.csv"});   // sorted by name, each once

#pragma once

#include <weir/actors/stream/error.hpp>

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// File names and patterns, as people write them: one string, or a list.
class file_list {
public:
  /// Text, a path, or anything else that becomes a string.
  template <class Name>
  requires std::convertible_to<Name, std::string> file_list(const Name& pattern)
      : patterns_{static_cast<std::string>(pattern)} {}
  file_list(std::string_view pattern) : patterns_{std::string{pattern}} {}
  file_list(std::vector<std::string> patterns) : patterns_{std::move(patterns)} {}
  file_list(std::initializer_list<std::string> patterns) : patterns_{patterns} {}

  [[nodiscard]] const std::vector<std::string>& patterns() const noexcept { return patterns_; }
  /// `a.csv`, or `a.csv and 3 more`.
  [[nodiscard]] std::string describe() const;

private:
  std::vector<std::string> patterns_;
};

/// The files all patterns stand for, in the order of their names, each once. `*`, `?`, `[a-z]`,
/// `{a,b}` and `~` are understood; a name that exists is taken as it is. A pattern that matches
/// nothing, or a directory, is errc::config.
[[nodiscard]] result<std::vector<std::string>> expand_files(const file_list& files);

} // namespace weir
