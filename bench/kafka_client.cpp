// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/kafka_client.hpp>

namespace weir::bench {

kafka_client::kafka_client(rd_kafka_type_t type,
                           const std::map<std::string, std::string>& settings) {
  char why[512];
  auto* configuration = rd_kafka_conf_new();
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), why, sizeof why)
        != RD_KAFKA_CONF_OK)
      throw std::runtime_error{why};
  handle_ = rd_kafka_new(type, configuration, why, sizeof why);
  if (handle_ == nullptr) throw std::runtime_error{why};
}

kafka_client::~kafka_client() { rd_kafka_destroy(handle_); }

void kafka_client::flush() const {
  if (rd_kafka_flush(handle_, 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error{"records were not delivered within a minute"};
}

kafka_topic::kafka_topic(const kafka_client& client, const char* name)
    : client_{client}, handle_{rd_kafka_topic_new(client.get(), name, nullptr)} {}

void kafka_topic::wait_until_known() const {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto failed = rd_kafka_metadata(client_.get(), 0, handle_, &metadata, 10'000);
  if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error{rd_kafka_err2str(failed)};
  rd_kafka_metadata_destroy(metadata);
}

void kafka_topic::produce(std::int32_t partition, std::string_view text) const {
  // What librdkafka copies it does not change.
  auto* payload = const_cast<char*>(text.data());
  while (rd_kafka_produce(handle_, partition, RD_KAFKA_MSG_F_COPY, payload, text.size(), nullptr, 0,
                          nullptr)
         != 0) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      throw std::runtime_error{rd_kafka_err2str(rd_kafka_last_error())};
    rd_kafka_poll(client_.get(), 10);
  }
}

kafka_reader::kafka_reader(const std::string& address, const char* topic, int partitions)
    : topic_name_{topic},
      partitions_{partitions},
      client_{RD_KAFKA_CONSUMER,
              {{"bootstrap.servers", address},
               {"group.id", "weir_bench"},
               {"enable.auto.commit", "false"},
               {"enable.auto.offset.store", "false"},
               {"fetch.wait.max.ms", "10"}}},
      topic_{client_, topic},
      queue_{rd_kafka_queue_new(client_.get())} {
  for (std::int32_t partition = 0; partition < partitions; ++partition)
    if (rd_kafka_consume_start_queue(topic_.get(), partition, RD_KAFKA_OFFSET_BEGINNING, queue_)
        != 0)
      throw std::runtime_error{rd_kafka_err2str(rd_kafka_last_error())};
}

kafka_reader::~kafka_reader() {
  for (std::int32_t partition = 0; partition < partitions_; ++partition)
    rd_kafka_consume_stop(topic_.get(), partition);
  rd_kafka_queue_destroy(queue_);
}

std::uint64_t kafka_reader::rows_in_topic() const {
  std::uint64_t rows = 0;
  for (std::int32_t partition = 0; partition < partitions_; ++partition) {
    std::int64_t low = 0, high = 0;
    const auto failed = rd_kafka_query_watermark_offsets(client_.get(), topic_name_.c_str(),
                                                         partition, &low, &high, 10'000);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error{rd_kafka_err2str(failed)};
    rows += static_cast<std::uint64_t>(high - low);
  }
  return rows;
}

} // namespace weir::bench
