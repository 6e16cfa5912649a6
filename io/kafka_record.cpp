// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_record.hpp>

#include <cstring>

namespace weir {
namespace {

void add_sized(std::string& to, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  char bytes[sizeof size];
  std::memcpy(bytes, &size, sizeof size);
  to.append(bytes, sizeof bytes).append(text);
}

bool take_sized(std::string_view& from, std::string_view& text) noexcept {
  std::uint32_t size = 0;
  if (from.size() < sizeof size) return false;
  std::memcpy(&size, from.data(), sizeof size);
  from.remove_prefix(sizeof size);
  if (from.size() < size) return false;
  text = from.substr(0, size);
  from.remove_prefix(size);
  return true;
}

} // namespace

void add_kafka_header(std::string& headers, std::string_view name, std::string_view value) {
  add_sized(headers, name);
  add_sized(headers, value);
}

bool take_kafka_header(std::string_view& headers, std::string_view& name,
                       std::string_view& value) noexcept {
  return take_sized(headers, name) && take_sized(headers, value);
}

std::optional<std::string_view> kafka_record::header(std::string_view name) const noexcept {
  std::optional<std::string_view> found;
  std::string_view rest = headers;
  std::string_view each;
  std::string_view content;
  while (take_kafka_header(rest, each, content))
    if (each == name) found = content;
  return found;
}

} // namespace weir
