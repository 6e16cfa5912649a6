// SPDX-License-Identifier: Apache-2.0
//
// tcp_lines: lines that others send over TCP, a row a line.
//
// It listens on an address, on loopback unless that says otherwise, and takes any number of
// connections, `most_connections` at once; more wait until one closes. The lines of a connection
// stay in order. A partition is a place for one connection, called `0`, `1`, ...; it ends behind
// the last row of a connection that closed or broke off, so that event time does not wait for it. A
// place that is free goes to the next connection, as a partition that begins anew: so partitions
// are no more than connections at once, and positions go on from one to the next. What is left when
// a connection closes is a line if there is anything; a line longer than `max_row_bytes` is
// rejected with the sender's address, its line number and its beginning, and the connection goes
// on. What has no credit is not read, so that senders wait. Memory: a block of 64 KiB a connection
// (or twice the longest line), and what batches keep. It never ends, but for `connections`. What
// was read can't be read again after a restart.
//
// Anybody who reaches the address can send: on other addresses than loopback that is everybody on
// that network.
//
//   app.from(tcp_lines(":9000")) | ...                     nc localhost 9000 < words.txt
//   app.from(tcp_lines("10.0.0.1:9000", parse_access)) | ...

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/io/line_rows.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace weir {

/// What `tcp_lines` may be told.
struct tcp_lines_options {
  /// A longer line is rejected without being held.
  std::uint64_t max_row_bytes = weir::max_row_bytes;
  /// Connections at once; more wait to be taken.
  std::uint32_t most_connections = 256;
  /// The stream ends when so many have come and closed; 0: never.
  std::uint64_t connections = 0;
};
BOOST_DESCRIBE_STRUCT(tcp_lines_options, (), (max_row_bytes, most_connections, connections))

namespace detail {

/// Takes the port it listens on.
using on_listening = std::function<void(std::uint16_t port)>;

result<std::unique_ptr<any_source>> make_tcp_lines_source(const line_rows& rows,
                                                          const std::string& address,
                                                          const tcp_lines_options& options,
                                                          on_listening tell);

} // namespace detail

/// A source_spec: lines that come over TCP.
template <weir::row T>
class tcp_line_server {
public:
  using row = T;
  static constexpr bool is_bounded = false;

  tcp_line_server(detail::line_rows rows, std::string address, tcp_lines_options options)
      : rows_{std::move(rows)},
        address_{std::move(address)},
        options_{std::make_shared<tcp_lines_options>(options)} {}

  /// Is called with the port once it listens: the one that was free, where the address says 0.
  [[nodiscard]] tcp_line_server on_listening(std::function<void(std::uint16_t port)> tell) const {
    tcp_line_server copy = *this;
    copy.tell_ = std::move(tell);
    return copy;
  }

  [[nodiscard]] std::string describe() const { return "tcp_lines(" + address_ + ")"; }
  [[nodiscard]] options_ref options() const { return make_options_ref(options_); }
  [[nodiscard]] result<std::unique_ptr<any_source>> make() const {
    return detail::make_tcp_lines_source(rows_, address_, *options_, tell_);
  }

private:
  detail::line_rows rows_;
  std::string address_;
  std::shared_ptr<tcp_lines_options> options_;
  detail::on_listening tell_;
};

/// The lines sent to `:port`, `address:port` or `[address]:port`, with or without `tcp://` before
/// it; port 0: one that is free. T: `line`, or std::string.
template <class T = line>
[[nodiscard]] auto tcp_lines(std::string address, tcp_lines_options options = {}) {
  static_assert(line_row<T>, "weir: tcp_lines gives rows of weir::line, which borrow their text, "
                             "or of std::string; for other rows give it a parser: "
                             "tcp_lines(address, parse)");
  return tcp_line_server<T>{detail::plain_line_rows<T>(), std::move(address), options};
}

/// What a parser makes of the lines.
template <line_parser Parse>
[[nodiscard]] auto tcp_lines(std::string address, Parse parse, tcp_lines_options options = {}) {
  return tcp_line_server<parsed_row<Parse>>{detail::parsed_line_rows(std::move(parse)),
                                            std::move(address), options};
}

} // namespace weir
