// SPDX-License-Identifier: Apache-2.0
//
// help: what `--help` and `--show-config` print. Pure functions of what is known.

#pragma once

#include <weir/dsl/config.hpp>

#include <string>
#include <utility>
#include <vector>

namespace weir {

/// What a program says of itself.
struct program_text {
  std::string name;
  std::string about;
  std::string version;
  /// Words behind the program's name, what they do.
  std::vector<std::pair<std::string, std::string>> examples = {};
};

[[nodiscard]] std::string help_text(const program_text& program,
                                    const std::vector<known_setting>& known);

/// Every setting with its value and where that came from.
[[nodiscard]] std::string config_text(const std::vector<known_setting>& known);

[[nodiscard]] std::string version_text(const program_text& program);

} // namespace weir
