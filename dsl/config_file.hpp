// SPDX-License-Identifier: Apache-2.0
//
// config_file: the settings of a TOML file as a flat list: `[csv]` with `delimiter = ";"` becomes
// `csv.delimiter`.

#pragma once

#include <weir/actors/stream/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One setting of a file. Arrays have several texts.
struct file_setting {
  std::string key;
  std::vector<std::string> texts;
  std::size_t line = 0;
};

/// All settings in order. Errors name file and line.
[[nodiscard]] result<std::vector<file_setting>> read_config_file(const std::string& path);

/// The same of a text; `path` is for messages.
[[nodiscard]] result<std::vector<file_setting>> parse_config(std::string_view text,
                                                             const std::string& path);

} // namespace weir
