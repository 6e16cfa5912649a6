// SPDX-License-Identifier: Apache-2.0
//
// http_url: where an HTTP request goes, taken apart. Pure functions.
//
//   parse_http_url("https://slack.com/api/chat.postMessage")->host   // slack.com

#pragma once

#include <weir/actors/stream/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

struct http_url {
  bool is_secure = false; ///< https
  std::string host;       ///< A name or an address; of IPv6 without its brackets.
  std::uint16_t port = 80;
  std::string target = "/"; ///< Path and query, as they are sent.

  /// `https://slack.com`: without what may be private, and without a port that goes without saying.
  [[nodiscard]] std::string place() const;
  /// Whether no other machine sees what is sent: 127.0.0.0/8, ::1 or localhost.
  [[nodiscard]] bool is_on_this_machine() const;
};

/// Takes http and https, without a user. errc::config says what is wrong with it.
[[nodiscard]] result<http_url> parse_http_url(std::string_view text);

} // namespace weir
