// SPDX-License-Identifier: Apache-2.0
//
// kafka_broker: a Kafka broker inside this process, for development, the demo and tests:
// librdkafka's mock cluster.
//
// It speaks Kafka's protocol on loopback, so any client works with it. It is no store: a partition
// keeps about its last 5 MB and drops older records without a word, there are no transactions to
// rely on, no record is found by its time (`start=timestamp` begins behind the last one), and all
// is gone when it is destroyed. A topic that a client asks for is created with four partitions.
// Runs on a thread of its own; the object may be used from any one thread at a time.
//
//   auto broker = kafka_broker::start({.topics = {{"trips", 4}}});
//   kafka<trip>("trips", {.brokers = broker->address()});

#pragma once

#include <weir/actors/stream/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A topic to create: `trips:4` is topic `trips` with four partitions, `trips` has one.
struct kafka_topic_plan {
  std::string name;
  int partitions = 1;
};
[[nodiscard]] result<kafka_topic_plan> parse_kafka_topic_plan(std::string_view text);

struct kafka_broker_options {
  /// Where it listens, on loopback; 0: on a free port.
  std::uint16_t port = 0;
  std::vector<kafka_topic_plan> topics = {};
};

class kafka_broker {
public:
  /// errc::cannot_connect when the port is taken, errc::config for a topic that can't be.
  [[nodiscard]] static result<kafka_broker> start(kafka_broker_options options = {});

  kafka_broker(kafka_broker&&) noexcept;
  kafka_broker& operator=(kafka_broker&&) noexcept;
  ~kafka_broker();

  /// `127.0.0.1:9092`, for `kafka_options::brokers`.
  [[nodiscard]] const std::string& address() const noexcept;
  [[nodiscard]] result<void> create_topic(const kafka_topic_plan& topic);

  /// Refuses and drops all connections, or takes them again: what clients see of a broker that
  /// died.
  void set_reachable(bool reachable);

private:
  struct content;
  explicit kafka_broker(std::unique_ptr<content> content);
  std::unique_ptr<content> content_;
};

} // namespace weir
