// SPDX-License-Identifier: Apache-2.0

#include <weir/io/http_url.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace weir {
namespace {

constexpr std::uint16_t plain_port = 80;
constexpr std::uint16_t secure_port = 443;

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

/// What stands in front of the mark, which is taken off with it.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto front = text.substr(0, at);
  text.remove_prefix(at + mark.size());
  return front;
}

/// `:8080`, or nothing.
bool read_port(std::string_view text, std::uint16_t& port) {
  if (text.empty()) return true;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data() + 1, end, port);
  return text.front() == ':' && problem == std::errc{} && stop == end && port != 0;
}

} // namespace

std::string http_url::place() const {
  const bool is_usual = port == (is_secure ? secure_port : plain_port);
  const bool has_colon = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}", is_secure ? "https" : "http", has_colon ? "[" + host + "]" : host,
                     is_usual ? std::string{} : fmt::format(":{}", port));
}

bool http_url::is_on_this_machine() const {
  const bool is_address = std::all_of(host.begin(), host.end(),
                                      [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return host == "localhost" || host == "::1" || (is_address && host.starts_with("127."));
}

result<http_url> parse_http_url(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return error{
        errc::config,
        fmt::format("'{}' is no address for HTTP: {}; write https://host:port/path", text, why)};
  };
  auto rest = text;
  const auto scheme = take_until(rest, "://");
  if (scheme != "http" && scheme != "https")
    return refuse("it begins with neither http:// nor https://");
  if (!std::all_of(rest.begin(), rest.end(), is_visible))
    return refuse("it holds a blank or another character that has to be escaped");
  http_url url;
  url.is_secure = scheme == "https";
  url.port = url.is_secure ? secure_port : plain_port;
  rest = rest.substr(0, rest.find('#'));
  const auto path = std::min(rest.find_first_of("/?"), rest.size());
  if (path < rest.size())
    url.target = (rest[path] == '/' ? "" : "/") + std::string{rest.substr(path)};
  auto where = rest.substr(0, path);
  if (where.find('@') != std::string_view::npos)
    return error{errc::config,
                 "an address for HTTP holds no user or password: say them in a header"};
  const bool is_bracketed = where.starts_with('[');
  if (is_bracketed) where.remove_prefix(1);
  const auto end = std::min(where.find(is_bracketed ? ']' : ':'), where.size());
  url.host = where.substr(0, end);
  if (url.host.empty()) return refuse("it names no host");
  if (is_bracketed && end == where.size()) return refuse("its bracket is not closed");
  where.remove_prefix(std::min(end + (is_bracketed ? 1 : 0), where.size()));
  if (!read_port(where, url.port)) return refuse("its port is no number from 1 to 65535");
  return url;
}

} // namespace weir
