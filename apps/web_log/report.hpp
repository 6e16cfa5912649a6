// SPDX-License-Identifier: Apache-2.0
//
// report: the records that web_log gives. `since` is the minute they are of where a log is
// followed, and missing where they are of a whole log.

#pragma once

#include <weir/actors/stream/record.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace web_log {

struct status_count {
  std::optional<weir::timestamp> since;
  std::uint16_t status = 0;
  std::uint64_t requests = 0;
};
BOOST_DESCRIBE_STRUCT(status_count, (), (since, status, requests))

/// What an address was given.
struct traffic {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(traffic, (), (requests, bytes))

struct address_traffic {
  std::optional<weir::timestamp> since;
  std::string address;
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;

  /// Comes further down in a list of the busiest ones: of equally busy addresses the one that is
  /// first by its name comes first, whatever the order in which they were counted.
  friend bool operator<(const address_traffic& a, const address_traffic& b) {
    return a.requests != b.requests ? a.requests < b.requests : b.address < a.address;
  }
};
BOOST_DESCRIBE_STRUCT(address_traffic, (), (since, address, requests, bytes))

enum class error_kind : std::uint8_t {
  client, ///< Status 400 to 499.
  server, ///< Status 500 to 599.
};
BOOST_DESCRIBE_ENUM(error_kind, client, server)

struct error_count {
  weir::timestamp minute;
  error_kind kind = error_kind::client;
  std::uint64_t errors = 0;
};
BOOST_DESCRIBE_STRUCT(error_count, (), (minute, kind, errors))

} // namespace web_log
