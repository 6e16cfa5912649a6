// SPDX-License-Identifier: Apache-2.0
//
// http_client: sends HTTP/1.1 requests, plain or through TLS, on a thread of its own.
//
// `send` returns at once; the answer comes to a callable, on the client's thread, whatever happens:
// an answer of any status, or why there is none. Each request is sent once and redirects are not
// followed. A connection is used again while the server keeps it open. Of a server behind https the
// certificate is verified, against the system's authorities and those of `ca_file`, and so is its
// name. Every wait is bounded by a timeout, but for the look-up of a name, whose time is the
// system's; an answer by `max_body_bytes`. Destroying the client forgets what is not answered:
// nothing is called any more.
//
//   auto client = http_client::make();
//   (*client)->send({.method = "POST", .url = "https://host/path", .body = "{}"},
//                   [](result<http_response> answer) { ... });

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct http_header {
  std::string name;
  std::string value;
};

/// `Host`, `Content-Length` and `Connection` are added.
struct http_request {
  std::string method = "GET";
  std::string url;
  std::vector<http_header> headers = {};
  std::string body = {};
};

struct http_response {
  int status = 0;
  std::vector<http_header> headers = {};
  std::string body = {};

  /// The first header of this name, in capitals or not.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};

struct http_client_options {
  /// For a connection, and as long again for its TLS.
  duration connect_timeout = std::chrono::seconds{5};
  /// From sending a request to the end of its answer.
  duration answer_timeout = std::chrono::seconds{10};
  /// How long a connection that nobody uses is kept.
  duration idle_timeout = std::chrono::seconds{30};
  /// Such connections, at most.
  std::size_t idle_connections = 4;
  /// Longer answers are errors.
  std::uint64_t max_body_bytes = 1024 * 1024;
  /// A PEM file of authorities trusted beside the system's.
  std::string ca_file = {};
  /// False: any certificate will do.
  bool verifies = true;
};

class http_client {
public:
  using answer_taker = std::function<void(result<http_response>)>;

  /// errc::config: the file of authorities can't be read.
  [[nodiscard]] static result<std::unique_ptr<http_client>> make(http_client_options options = {});
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Calls `take` once, which must not throw. errc::config: there is no such request;
  /// errc::cannot_connect: nobody there, or nobody to be trusted; errc::failed: no proper answer.
  /// Any thread.
  void send(http_request request, answer_taker take);
  /// Waits for the answer; not on the client's thread.
  [[nodiscard]] result<http_response> fetch(http_request request);
  /// Calls `what` on the client's thread, this much later. Any thread.
  void after(std::chrono::nanoseconds time, std::function<void()> what);

private:
  struct content;
  explicit http_client(std::unique_ptr<content> content);
  std::unique_ptr<content> content_;
};

} // namespace weir
