// SPDX-License-Identifier: Apache-2.0
//
// kafka_client: librdkafka's handles as objects, for the baseline and the world of `serve`.

#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

class kafka_client {
public:
  kafka_client(rd_kafka_type_t type, const std::map<std::string, std::string>& settings);
  ~kafka_client();
  kafka_client(const kafka_client&) = delete;
  kafka_client& operator=(const kafka_client&) = delete;
  rd_kafka_t* get() const { return handle_; }
  /// Waits until everything produced was delivered; throws if that takes more than a minute.
  void flush() const;

private:
  rd_kafka_t* handle_;
};

class kafka_topic {
public:
  kafka_topic(const kafka_client& client, const char* name);
  ~kafka_topic() { rd_kafka_topic_destroy(handle_); }
  kafka_topic(const kafka_topic&) = delete;
  kafka_topic& operator=(const kafka_topic&) = delete;
  rd_kafka_topic_t* get() const { return handle_; }
  /// Asks for the topic's metadata, so that the first record does not wait for it.
  void wait_until_known() const;
  /// Copies the record into the client's queue; waits while that is full.
  void produce(std::int32_t partition, std::string_view text) const;

private:
  const kafka_client& client_;
  rd_kafka_topic_t* handle_;
};

/// All partitions of a topic from their beginning, through one queue.
class kafka_reader {
public:
  kafka_reader(const std::string& address, const char* topic, int partitions);
  ~kafka_reader();
  kafka_reader(const kafka_reader&) = delete;
  kafka_reader& operator=(const kafka_reader&) = delete;

  /// Rows the topic holds, by its offsets.
  std::uint64_t rows_in_topic() const;
  /// Calls `on_record(text, partition)` for up to 1,000 records; gives how many there were within
  /// ten seconds.
  template <class OnRecord>
  std::size_t read(OnRecord&& on_record) {
    rd_kafka_message_t* records[1000];
    const auto got = rd_kafka_consume_batch_queue(queue_, 10'000, records, std::size(records));
    if (got < 0) throw std::runtime_error{"cannot consume"};
    std::size_t rows = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
      const auto* record = records[i];
      if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        on_record(std::string_view{static_cast<const char*>(record->payload), record->len},
                  record->partition);
        ++rows;
      }
      rd_kafka_message_destroy(records[i]);
    }
    return rows;
  }

private:
  std::string topic_name_;
  int partitions_;
  kafka_client client_;
  kafka_topic topic_;
  rd_kafka_queue_t* queue_;
};

} // namespace weir::bench
