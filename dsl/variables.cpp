// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/text.hpp>
#include <weir/dsl/variables.hpp>

#include <algorithm>
#include <string_view>
#include <unistd.h>

namespace weir {
namespace {

constexpr std::string_view prefix = "WEIR_";

/// Without the prefix, which would make all names alike.
std::vector<std::string> stems_of(const std::vector<known_setting>& known) {
  std::vector<std::string> stems;
  const auto stem_of = [](std::string_view key) { return variable_of(key).substr(prefix.size()); };
  for (const auto& each : known) {
    if (each.is_secret) continue;
    stems.push_back(stem_of(each.key));
    if (each.is_option)
      stems.push_back(stem_of(std::string_view{each.key}.substr(each.key.rfind('.') + 1)));
  }
  return stems;
}

} // namespace

std::vector<std::string> process_variables() {
  std::vector<std::string> names;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view text{*each};
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

std::vector<std::string> misspelt_variables(const std::vector<known_setting>& known,
                                            const std::vector<std::string>& names) {
  const auto stems = stems_of(known);
  const auto is_of_secret = [&](const std::string& name) {
    return std::any_of(known.begin(), known.end(), [&](const auto& each) {
      return each.is_secret && each.help.find(name) != std::string::npos;
    });
  };
  std::vector<std::string> sentences;
  for (const auto& name : names) {
    if (!name.starts_with(prefix) || is_of_secret(name)) continue;
    const auto stem = name.substr(prefix.size());
    if (std::find(stems.begin(), stems.end(), stem) != stems.end()) continue;
    if (const auto near = nearest(stem, stems))
      sentences.push_back(name + " is the variable of no setting; did you mean '"
                          + std::string{prefix} + *near + "'?");
  }
  return sentences;
}

} // namespace weir
