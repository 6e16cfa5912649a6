// SPDX-License-Identifier: Apache-2.0
//
// kafka_place: a broker for a test, with topics nobody else has: Apache Kafka at the address that
// the environment variable WEIR_KAFKA names, the embedded broker otherwise. So one test program
// runs against both (tests/integration/real_kafka_test.py).
//
//   kafka_place place;
//   const auto topic = place.add_topic("orders", 4);
//   send(place, topic, {R"({"id":1})", "{broken"});

#pragma once

#include <weir/actors/operators/spec.hpp>
#include <weir/actors/stream/batch.hpp>
#include <weir/io/kafka_broker.hpp>
#include <weir/io/kafka_record.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

class kafka_place {
public:
  kafka_place();

  [[nodiscard]] bool is_real() const noexcept { return !embedded_; }
  [[nodiscard]] const std::string& brokers() const noexcept { return brokers_; }
  /// A name nobody else uses, for a group.
  [[nodiscard]] std::string name(std::string_view prefix) const;
  /// Creates a topic and gives its name, `prefix` and something behind it.
  std::string add_topic(std::string_view prefix, int partitions);
  /// Which offsets a group has committed, one a partition; -1: none.
  [[nodiscard]] std::vector<std::int64_t> committed(const std::string& group,
                                                    const std::string& topic, int partitions) const;

private:
  std::optional<kafka_broker> embedded_;
  std::string brokers_;
};

/// Waits for `wake` the way a shell does.
class bell {
public:
  [[nodiscard]] std::function<void()> ring() const {
    return [rings = rings_] { rings->release(); };
  }
  [[nodiscard]] bool wait() const { return rings_->try_acquire_for(std::chrono::seconds{60}); }

private:
  std::shared_ptr<std::counting_semaphore<>> rings_ =
      std::make_shared<std::counting_semaphore<>>(0);
};

/// Drives a sink as its shell does, to its end or its first failure.
class sink_run {
public:
  /// A failure to make or open is the run's.
  explicit sink_run(result<std::unique_ptr<any_sink>> made);

  /// Waits when fewer rows than all are taken.
  void write(batch_base& rows);
  /// Waits until all that was written is safe.
  void prepare();
  /// Ends it: everything written is safe, or `failure` says why not.
  void close();

  std::optional<error> failure;
  std::size_t partial_writes = 0; ///< Took fewer rows than it was given.

private:
  bell bell_;
  std::unique_ptr<any_sink> sink_;
};

/// Writes messages as they are, in this order, and waits until they are acknowledged.
void send_records(const kafka_place& place, const std::string& topic,
                  const std::vector<kafka_record>& messages);

/// The same for payloads; one that is missing is a tombstone. All have the key `k`.
void send(const kafka_place& place, const std::string& topic,
          const std::vector<std::optional<std::string_view>>& payloads);

/// A message that owns its text.
struct kept_message {
  std::int32_t partition;
  std::int64_t offset;
  std::optional<std::string> key;
  std::optional<std::string> value;
};

/// Everything a topic holds now; each partition in its order.
std::vector<kept_message> messages_in(const kafka_place& place, const std::string& topic);

} // namespace weir::testing
