// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/arguments.hpp>

namespace weir {

arguments::arguments(std::vector<std::string> words) {
  for (auto& text : words) words_.push_back({std::move(text)});
}

bool arguments::is_flag(std::size_t at) const { return words_[at].text.starts_with("--"); }

std::optional<std::vector<std::string>> arguments::take(std::string_view name, arity count) {
  const std::string flag = "--" + std::string{name};
  std::optional<std::vector<std::string>> given;
  const auto start = [&](std::size_t at) {
    words_[at].is_taken = true;
    if (!given || count != arity::many) given.emplace();
  };
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::string text = words_[i].text;
    if (text.starts_with(flag + "=")) {
      start(i);
      given->push_back(text.substr(flag.size() + 1));
    } else if (count == arity::none && text == "--no-" + std::string{name}) {
      start(i);
      given->push_back("false");
    } else if (text == flag) {
      start(i);
      if (count == arity::none) {
        given->push_back("true");
        continue;
      }
      while (i + 1 < words_.size() && !is_flag(i + 1) && (count == arity::many || given->empty())) {
        words_[++i].is_taken = true;
        given->push_back(words_[i].text);
      }
    }
  }
  return given;
}

std::vector<std::string> arguments::left_over() const {
  std::vector<std::string> texts;
  for (const auto& each : words_)
    if (!each.is_taken) texts.push_back(each.text);
  return texts;
}

} // namespace weir
