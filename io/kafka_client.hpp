// SPDX-License-Identifier: Apache-2.0
//
// kafka_client: a connection to Kafka for one topic: configured, proven to work, and asked for its
// partitions; what source and sink have in common. Making one may wait for `connect_timeout`,
// ending one for half a second; while no broker can be reached a call may wait for a fraction of
// one, once a second, to see whether there is one again. Nothing else here waits.
//
//   auto client = kafka_client::connect(kafka_role::producer, "fares", options,
//                                       {{"enable.idempotence", "true"}}, {}, this);

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/io/kafka_options.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_queue_s;

namespace weir {

enum class kafka_role : std::uint8_t { consumer, producer };

using kafka_settings = std::vector<std::pair<std::string, std::string>>;

class kafka_client {
public:
  /// errc::cannot_connect when no broker answers in time, errc::config when a setting or the topic
  /// is wrong. `prepare` may set callbacks; their opaque is the client.
  [[nodiscard]] static result<std::unique_ptr<kafka_client>>
  connect(kafka_role role, std::string topic, const kafka_options& options,
          const kafka_settings& settings, const std::function<void(rd_kafka_conf_s*)>& prepare,
          void* owner);

  kafka_client(const kafka_client&) = delete;
  kafka_client& operator=(const kafka_client&) = delete;
  /// Waits half a second at most, whatever the broker does; offsets that nobody took are given up.
  ~kafka_client();

  [[nodiscard]] rd_kafka_s* handle() const noexcept { return handle_; }
  [[nodiscard]] const std::string& topic() const noexcept { return topic_; }
  [[nodiscard]] const std::string& brokers() const noexcept { return brokers_; }
  [[nodiscard]] int partitions() const noexcept { return partitions_; }
  [[nodiscard]] void* owner() const noexcept { return owner_; }

  /// Calls `wake` when there is something for `serve`.
  void wake_by(std::function<void()> wake);
  /// Runs callbacks that are due.
  void serve();
  /// Set once nothing can work any more.
  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

  /// Tells once that no broker answers and how long we go on trying, and once that one is back.
  void warn_by(std::function<void(const std::string&)> warn, duration patience);
  /// errc::cannot_connect when no broker could be reached for `longest`. Asks once more, and waits
  /// a second for the answer, when that looks to be so.
  [[nodiscard]] result<void> check_reachable(duration longest);
  /// A broker answered.
  void heard();

  /// Keeps what librdkafka reports.
  void note(int code, const char* reason);

private:
  kafka_client(std::string topic, std::string brokers, void* owner);
  [[nodiscard]] result<void> ask_for_topic(kafka_role role, duration timeout);
  [[nodiscard]] error unreachable(duration timeout) const;
  [[nodiscard]] error missing_topic() const;
  [[nodiscard]] bool is_answered_within(std::chrono::milliseconds longest) const;
  void look_again();

  std::string topic_;
  std::string brokers_;
  void* owner_;
  rd_kafka_s* handle_ = nullptr;
  rd_kafka_queue_s* main_queue_ = nullptr;
  int partitions_ = 0;
  bool is_connected_ = false;
  std::string last_report_;
  std::optional<error> failure_;
  std::optional<std::chrono::steady_clock::time_point> away_since_;
  std::chrono::steady_clock::time_point next_look_;
  bool has_warned_ = false; // that it is away
  std::function<void(const std::string&)> warn_;
  duration patience_{};
  std::function<void()> wake_;
};

} // namespace weir
