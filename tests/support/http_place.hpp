// SPDX-License-Identifier: Apache-2.0
//
// http_place: an HTTP server for a test, on loopback, that says what the test tells it to, byte for
// byte, and keeps what it was asked.
//
//   http_place place{[](const http_asked&) { return http_answer(200, R"({"ok":true})"); }};
//   client.fetch({.url = place.address() + "/path"});
//   EXPECT_EQ(place.asked().front().target, "/path");

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::testing {

/// A request that came.
struct http_asked {
  std::string method, target, body;
  std::map<std::string, std::string> headers; ///< By their names in small letters.
  int connection = 0;                         ///< The how manyth connection brought it, from 0.
  std::chrono::steady_clock::time_point at;
};

/// A whole answer with this body; `headers` are lines, each with its \r\n.
[[nodiscard]] std::string http_answer(int status, const std::string& body,
                                      const std::string& headers = {});

/// A certificate that signs itself, and its key, both as PEM.
struct certificate {
  std::string pem;
  std::string key;
};
/// `names` as openssl writes them: `DNS:localhost,IP:127.0.0.1`.
[[nodiscard]] certificate make_certificate(const std::string& names);

class http_place {
public:
  /// The bytes to send; none: closes the connection; nothing: keeps it and says no word.
  using answers = std::function<std::optional<std::string>(const http_asked&)>;

  explicit http_place(answers answer, std::optional<certificate> of = {});
  ~http_place();
  http_place(const http_place&) = delete;
  http_place& operator=(const http_place&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// `http://127.0.0.1:port`, or https.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::vector<http_asked> asked() const;
  /// Until there were so many requests; false: they did not come.
  bool wait_for(std::size_t requests) const;

private:
  struct content;
  std::unique_ptr<content> content_;
};

/// A port of loopback where nobody listens, and nobody else will while it lives.
class closed_port {
public:
  closed_port();
  ~closed_port();
  closed_port(const closed_port&) = delete;
  closed_port& operator=(const closed_port&) = delete;
  [[nodiscard]] std::string address() const; ///< `http://127.0.0.1:port`

private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
};

} // namespace weir::testing
