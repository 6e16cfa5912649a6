// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/secret.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <mutex>
#include <set>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t max_bytes = 64 * 1024;

/// Texts to mask, the longest first: one may hold another.
class masked_texts {
public:
  void add(const std::string& text) {
    const std::lock_guard lock{mutex_};
    texts_.emplace(text.size(), text);
  }
  std::string mask(std::string in) {
    const std::lock_guard lock{mutex_};
    for (const auto& [size, text] : texts_)
      for (auto at = in.find(text); at != std::string::npos; at = in.find(text, at + mark.size()))
        in.replace(at, size, mark);
    return in;
  }

private:
  static constexpr std::string_view mark = "****";
  std::mutex mutex_;
  std::set<std::pair<std::size_t, std::string>, std::greater<>> texts_;
};

masked_texts& masked() {
  static masked_texts all;
  return all;
}

error refuse(const std::string& what) { return {errc::config, what}; }

result<std::string> read_file(const std::string& variable, const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text(max_bytes + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open())
    return refuse(fmt::format("cannot read the secret's file '{}' that {} names: {}", path,
                              variable, std::strerror(errno)));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > max_bytes)
    return refuse(fmt::format("the file '{}' that {} names is larger than 64 KiB: is it the "
                              "secret's file?",
                              path, variable));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

} // namespace

std::optional<std::string> secret::where() const {
  for (const auto& variable : {name_, name_ + "_FILE"})
    if (std::getenv(variable.c_str()) != nullptr) return variable;
  return std::nullopt;
}

result<std::string> secret::read() const {
  const std::string file_variable = name_ + "_FILE";
  const char* own = std::getenv(name_.c_str());
  const char* path = std::getenv(file_variable.c_str());
  if (own == nullptr && path == nullptr)
    return refuse(fmt::format("the secret {} is not set: put it into the environment variable {}, "
                              "or the path of a file that holds it into {}",
                              name_, name_, file_variable));
  if (own != nullptr && path != nullptr)
    return refuse(
        fmt::format("the secret {} is set twice: unset {} or {}", name_, name_, file_variable));
  auto text = own != nullptr ? result<std::string>{own} : read_file(file_variable, path);
  if (!text) return text;
  if (text->empty())
    return refuse(fmt::format("the secret {} is empty: look at {}", name_, *where()));
  masked().add(*text);
  return text;
}

std::string without_secrets(std::string text) { return masked().mask(std::move(text)); }

} // namespace weir
