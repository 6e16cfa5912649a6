// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_options.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

constexpr std::size_t max_topic_bytes = 249;

bool is_topic(std::string_view name) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
           || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= max_topic_bytes && name != "." && name != ".."
         && std::ranges::all_of(name, allowed);
}

error no_topic(std::string_view name) {
  return {errc::config,
          fmt::format("'{}' is no name of a Kafka topic: use 1 to {} letters, digits, '.', '_' and "
                      "'-', or kafka://host:port/topic",
                      name, max_topic_bytes)};
}

} // namespace

result<kafka_address> parse_kafka_address(std::string_view text) {
  constexpr std::string_view scheme = "kafka://";
  kafka_address found;
  std::string_view topic = text;
  if (text.starts_with(scheme)) {
    const auto rest = text.substr(scheme.size());
    const auto slash = rest.find('/');
    found.brokers = rest.substr(0, slash);
    topic = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
    if (found.brokers.empty())
      return error{errc::config,
                   fmt::format("'{}' names no broker: write kafka://host:port/topic", text)};
  }
  if (!is_topic(topic)) return no_topic(topic.empty() ? text : topic);
  found.topic = topic;
  return found;
}

} // namespace weir
