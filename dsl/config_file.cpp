// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/config_file.hpp>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>

namespace weir {
namespace {

std::optional<std::string> text_of(const toml::node& value) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
  if (value.is_table() || value.is_array()) return std::nullopt;
  std::ostringstream out;
  value.visit([&](const auto& held) {
    if constexpr (toml::is_value<decltype(held)>) out << std::boolalpha << held.get();
  });
  return out.str();
}

class flattener {
public:
  explicit flattener(const std::string& path) : path_{path} {}

  result<std::vector<file_setting>> flatten(const toml::table& root) && {
    add(root, "");
    if (problem_) return *problem_;
    std::stable_sort(settings_.begin(), settings_.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    return std::move(settings_);
  }

private:
  void add(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, value] : table) {
      const std::string key = prefix + std::string{name.str()};
      if (const auto* inner = value.as_table())
        add(*inner, key + ".");
      else
        add_value(key, value);
    }
  }

  void add_value(const std::string& key, const toml::node& value) {
    file_setting setting{key, {}, value.source().begin.line};
    const auto add_text = [&](const toml::node& one) {
      if (auto text = text_of(one))
        setting.texts.push_back(std::move(*text));
      else
        problem_ = error{errc::config, fmt::format("{}:{}: '{}' holds a list of lists or tables; "
                                                   "give text, numbers or a list of them",
                                                   path_, setting.line, key)};
    };
    if (const auto* list = value.as_array())
      for (const auto& one : *list) add_text(one);
    else
      add_text(value);
    settings_.push_back(std::move(setting));
  }

  const std::string& path_;
  std::vector<file_setting> settings_;
  std::optional<error> problem_;
};

} // namespace

result<std::vector<file_setting>> parse_config(std::string_view text, const std::string& path) {
  try {
    const toml::table root = toml::parse(text, path);
    return flattener{path}.flatten(root);
  } catch (const toml::parse_error& failed) {
    return error{errc::config,
                 fmt::format("{}:{}: {}", path, failed.source().begin.line, failed.description())};
  }
}

result<std::vector<file_setting>> read_config_file(const std::string& path) {
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored))
    return error{errc::config,
                 fmt::format("cannot read the config file '{}': it is a directory", path)};
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file)
    return error{errc::config,
                 fmt::format("cannot read the config file '{}': {}", path, std::strerror(errno))};
  return parse_config(text, path);
}

} // namespace weir
