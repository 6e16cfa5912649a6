// SPDX-License-Identifier: Apache-2.0
//
// kafka_options: how a topic is read and written. One struct for source and sink, so that what one
// writes the other reads; each ignores what concerns the other. Every field has a default that
// works; `--set <name>.<option>=value` reaches all.
//
//   kafka<trip>("trips", {.group = "fares", .format = kafka_format::csv})

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/io/csv_options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// What the payload of a message is.
enum class kafka_format : std::uint8_t {
  json, ///< One JSON object (json_reader.hpp).
  csv,  ///< One line of CSV, by position or as `csv.columns` says.
  text, ///< The text of the record's only field.
};
BOOST_DESCRIBE_ENUM(kafka_format, json, csv, text)

/// Where reading begins.
enum class kafka_start : std::uint8_t {
  /// Where the group left off; at the earliest record where it never was, or without a group.
  committed,
  earliest,  ///< At the first record there is.
  latest,    ///< Behind the last record there is.
  timestamp, ///< At the first record not older than `start_time`.
};
BOOST_DESCRIBE_ENUM(kafka_start, committed, earliest, latest, timestamp)

/// Where reading ends.
enum class kafka_end : std::uint8_t {
  none, ///< Never.
  now,  ///< Behind the last record there is when the job starts.
};
BOOST_DESCRIBE_ENUM(kafka_end, none, now)

/// What `kafka` may be told.
struct kafka_options {
  /// `host:port` of one broker or several, separated by commas.
  std::string brokers = "127.0.0.1:9092";
  kafka_format format = kafka_format::json;
  csv_options csv = {};

  // The source.
  kafka_start start = kafka_start::committed;
  std::optional<timestamp> start_time = {};
  kafka_end end = kafka_end::none;
  /// Ends each partition before an offset: `0:1000,1:250`. Partitions that are not named are not
  /// read.
  std::string end_offsets = {};
  /// Under which name offsets are committed. Without one nothing is, and every start is a first
  /// one.
  std::string group = {};
  /// Fetched messages held in this process, over all partitions; librdkafka's own overhead comes on
  /// top.
  std::uint64_t fetch_bytes = 16 * 1024 * 1024;
  /// How long a broker may wait for a first new record before it answers that there is none.
  duration fetch_wait = std::chrono::milliseconds{20};
  /// How long no broker may be reachable in the middle of a job before it fails; looked at with
  /// every barrier.
  duration away_timeout = std::chrono::seconds{60};

  // The sink.
  /// The field whose value becomes the message's key and so chooses its partition; empty: no key.
  std::string key = {};
  /// Messages that were taken and not yet acknowledged; 1 MiB at least.
  std::uint64_t send_bytes = 16 * 1024 * 1024;
  /// How long a message waits for others that go to the same partition.
  duration send_linger = std::chrono::milliseconds{5};
  /// How long a message may stay unacknowledged before the job fails.
  duration delivery_timeout = std::chrono::seconds{60};

  // Both.
  /// How long to try to reach a broker when the job starts.
  duration connect_timeout = std::chrono::seconds{10};
  /// Settings of librdkafka, `name=value` separated by semicolons:
  /// `security.protocol=ssl;ssl.ca.location=ca.pem`.
  std::string properties = {};
};
BOOST_DESCRIBE_STRUCT(kafka_options, (),
                      (brokers, format, csv, start, start_time, end, end_offsets, group,
                       fetch_bytes, fetch_wait, away_timeout, key, send_bytes, send_linger,
                       delivery_timeout, connect_timeout, properties))

/// A topic and where it is: `trips`, or `kafka://host:port/trips` (several hosts by commas).
struct kafka_address {
  std::string brokers; ///< Empty: not said.
  std::string topic;
};

/// Takes either spelling; errc::config says what is wrong with it.
[[nodiscard]] result<kafka_address> parse_kafka_address(std::string_view text);

} // namespace weir
