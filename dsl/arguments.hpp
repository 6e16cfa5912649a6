// SPDX-License-Identifier: Apache-2.0
//
// arguments: a command line that is asked flag by flag.
//
// `app.flag` answers at once, before the program has named its other flags, so nothing can be
// parsed as a whole: a flag takes its words when it is asked for, and what is left over at the end
// was not understood. A word that begins with `--` is always a flag; a value that does is written
// `--flag=--value`.
//
//   arguments words{{"--history", "a.csv", "b.csv", "--json"}};
//   words.take("history", arity::many);      // a.csv, b.csv
//   words.left_over();                       // --json, until somebody asks for it

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// How many words a flag takes: none (`--json`, `--no-json`, `--explain=analyze`), one, or all up
/// to the next flag.
enum class arity { none, one, many };

class arguments {
public:
  arguments() = default;
  explicit arguments(std::vector<std::string> words);

  /// What was given for `--name`, the last time it was given (`many`: every time). A flag without
  /// words is `true`. Nothing: it was not given. An empty list: its value is missing.
  [[nodiscard]] std::optional<std::vector<std::string>> take(std::string_view name, arity count);

  /// Words nobody took.
  [[nodiscard]] std::vector<std::string> left_over() const;

private:
  struct word {
    std::string text;
    bool is_taken = false;
  };
  [[nodiscard]] bool is_flag(std::size_t at) const;

  std::vector<word> words_;
};

} // namespace weir
