// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

namespace weir {
namespace {

/// Optimal string alignment (Damerau-Levenshtein without moved blocks).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

/// Bytes of the UTF-8 sequence at the front; 0: none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80                      ? 1
                             : byte(0) >= 0xc2 && byte(0) < 0xe0 ? 2
                             : (byte(0) & 0xf0) == 0xe0          ? 3
                             : byte(0) >= 0xf0 && byte(0) < 0xf5 ? 4
                                                                 : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool is_overlong =
      (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool is_surrogate = byte(0) == 0xed && byte(1) >= 0xa0;
  const bool is_too_large = byte(0) == 0xf4 && byte(1) >= 0x90;
  return is_overlong || is_surrogate || is_too_large ? 0 : length;
}

} // namespace

std::string grouped(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

std::string short_number(double number) {
  static constexpr std::array<std::pair<double, char>, 3> units{
      {{1e9, 'G'}, {1e6, 'M'}, {1e3, 'k'}}};
  for (const auto& [size, letter] : units)
    if (number >= size) return fmt::format("{:.1f}{}", number / size, letter);
  return fmt::format("{:.0f}", number);
}

std::string short_bytes(std::uint64_t bytes) {
  static constexpr std::array<std::pair<std::uint64_t, std::string_view>, 3> units{
      {{1ULL << 30U, "GiB"}, {1ULL << 20U, "MiB"}, {1ULL << 10U, "KiB"}}};
  for (const auto& [size, name] : units)
    if (bytes >= size)
      return fmt::format("{:.1f} {}", static_cast<double>(bytes) / static_cast<double>(size), name);
  return fmt::format("{} bytes", bytes);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> units{
      {{"", 1},
       {"B", 1},
       {"kB", 1000},
       {"KiB", 1ULL << 10U},
       {"MB", 1'000'000},
       {"MiB", 1ULL << 20U},
       {"GB", 1'000'000'000},
       {"GiB", 1ULL << 30U}}};
  double number = 0;
  const auto* const last = text.data() + text.size();
  const auto [end, problem] = std::from_chars(text.data(), last, number);
  std::string_view unit{end, static_cast<std::size_t>(last - end)};
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto known =
      std::ranges::find(units, unit, &std::pair<std::string_view, std::uint64_t>::first);
  if (problem != std::errc{} || known == units.end()) return std::nullopt;
  const double bytes = number * static_cast<double>(known->second);
  if (!(bytes >= 0) || bytes >= 0x1p63) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

std::string counted(std::uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", grouped(number), what, number == 1 ? "" : "s");
}

std::size_t shown_width(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string type_word(std::string name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> words{
      {{"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >",
        "std::string"},
       {"std::basic_string_view<char, std::char_traits<char> >", "std::string_view"},
       {"weir::", ""}}};
  for (const auto& [whole, word] : words)
    for (auto at = name.find(whole); at != std::string::npos; at = name.find(whole))
      name.replace(at, whole.size(), word);
  // The allocator of a container: its last argument, with brackets of its own.
  constexpr std::string_view allocator = ", std::allocator<";
  for (auto at = name.find(allocator); at != std::string::npos; at = name.find(allocator)) {
    auto end = at + allocator.size();
    for (int open = 1; open > 0 && end < name.size(); ++end)
      open += name[end] == '<' ? 1 : name[end] == '>' ? -1 : 0;
    name.erase(at, end - at);
  }
  for (auto at = name.find(" >"); at != std::string::npos; at = name.find(" >")) name.erase(at, 1);
  return name;
}

std::string variable_of(std::string_view key) {
  std::string name = "WEIR_";
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    name += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return name;
}

std::optional<std::string> nearest(std::string_view wanted, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  for (const auto& name : known)
    if (const auto d = distance(wanted, name); d < best_distance && d < name.size()) {
      best = &name;
      best_distance = d;
    }
  return best ? std::optional{*best} : std::nullopt;
}

std::string suggestion(std::string_view wanted, const std::vector<std::string>& known) {
  const auto near = nearest(wanted, known);
  return near ? "; did you mean '" + *near + "'?" : "";
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto length = sequence_length(text);
    const char c = text.front();
    if (length == 0)
      out += "\\ufffd";
    else if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + '"';
}

} // namespace weir
