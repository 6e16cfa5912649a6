// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/help.hpp>
#include <weir/dsl/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace weir {
namespace {

using line = std::pair<std::string, std::string>;

/// Two aligned columns; what stands beside a long word begins on a line of its own.
std::string columns(const std::vector<line>& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows)
    width = std::max(width, std::min<std::size_t>(shown_width(left), 44));
  std::string text;
  for (const auto& [left, right] : rows) {
    const auto taken = shown_width(left);
    text +=
        "  " + left
        + (taken > width ? "\n" + std::string(width + 4, ' ') : std::string(width - taken + 2, ' '))
        + right + '\n';
  }
  return text;
}

std::string section(const std::string& title, const std::vector<line>& rows) {
  return rows.empty() ? std::string{} : "\n" + title + "\n" + columns(rows);
}

std::vector<line> rows_of(const std::vector<known_setting>& known,
                          const std::function<bool(const known_setting&)>& wanted) {
  std::vector<line> rows;
  for (const auto& each : known)
    if (wanted(each)) {
      const bool says_nothing = each.fallback.empty() || each.fallback == "-"
                                || (each.fallback == "false" && !each.is_option);
      const auto fallback = says_nothing ? std::string{} : " (default " + each.fallback + ")";
      rows.emplace_back(each.is_option || each.is_secret ? each.key : "--" + each.key + each.takes,
                        each.help + fallback);
    }
  return rows;
}

bool is_own_flag(const known_setting& each) {
  return !each.is_standard && !each.is_option && !each.is_secret;
}

std::vector<line> examples_of(const program_text& program) {
  auto rows = program.examples;
  rows.emplace_back("--explain", "show the plan, run nothing");
  rows.emplace_back("--explain=analyze", "run, then show rows, times and the slowest actor");
  rows.emplace_back("--until 30s --json", "run for 30 s, summarise as JSON");
  rows.emplace_back("--config my.toml --show-config", "see what is in force, and from where");
  for (auto& [words, what] : rows) words = program.name + " " + words;
  return rows;
}

/// What beats what, by a flag that this program has.
std::string order_of_settings(const std::vector<known_setting>& known) {
  const auto own = std::ranges::find_if(known, is_own_flag);
  const std::string flag = own == known.end() ? "until" : own->key;
  return "\nFlags win over the environment (" + variable_of(flag) + " for --" + flag
         + "), that over the --config file, that over defaults.\n";
}

} // namespace

std::string help_text(const program_text& program, const std::vector<known_setting>& known) {
  std::string text = program.name + (program.about.empty() ? "" : ": " + program.about) + "\n";
  text += section("Flags", rows_of(known, is_own_flag));
  auto standard = rows_of(known, [](const auto& each) { return each.is_standard; });
  standard.emplace_back("--set KEY=VALUE...", "any setting by its key");
  text += section("Flags of every Weir program", standard);
  text += section("Settings of operators, by --set, file and environment",
                  rows_of(known, [](const auto& each) { return each.is_option; }));
  text += section("Secrets, from an environment variable or a file, never a flag",
                  rows_of(known, [](const auto& each) { return each.is_secret; }));
  text += section("Examples", examples_of(program));
  text += order_of_settings(known);
  text += "Exit codes: 0 ok, 1 job failed, 2 usage, 3 bad config, 4 "
          "cannot connect, 5 data damaged, 130 interrupted.\n";
  return text;
}

std::string config_text(const std::vector<known_setting>& known) {
  std::vector<line> rows;
  std::size_t width = 0;
  for (const auto& each : known)
    width = std::max(width, std::min<std::size_t>(shown_width(each.value), 40));
  for (const auto& each : known) {
    const auto shown = std::max(width, shown_width(each.value)) - shown_width(each.value);
    rows.emplace_back(each.key, each.value + std::string(shown + 2, ' ') + each.where);
  }
  return columns(rows);
}

std::string version_text(const program_text& program) {
  const std::string weir = "Weir " WEIR_VERSION;
  if (program.version.empty()) return program.name + " (" + weir + ")\n";
  return program.name + " " + program.version + " (" + weir + ")\n";
}

} // namespace weir
