// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_client.hpp>
#include <weir/io/kafka_record.hpp>
#include <weir/io/kafka_writer.hpp>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
namespace {

constexpr std::size_t most_encoded = 512; // rows that are handed over at once

struct topic_deleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};

std::string to_ms(duration span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
}

} // namespace

struct kafka_writer::content {
  content(std::string its_topic, kafka_options its_options, std::unique_ptr<kafka_encoder> its,
          const field_info* its_key)
      : topic{std::move(its_topic)},
        options{std::move(its_options)},
        encoder{std::move(its)},
        key{its_key} {}
  content(const content&) = delete;
  content& operator=(const content&) = delete;
  ~content();

  [[nodiscard]] kafka_settings settings() const;
  result<void> open();
  result<void> serve();
  result<std::size_t> write(const std::byte* first, std::size_t rows, std::size_t row_bytes);
  result<std::size_t> write_records(const kafka_record* first, std::size_t rows);
  result<void> encode(const std::byte* first, std::size_t rows, std::size_t row_bytes);
  result<void> send();
  rd_kafka_resp_err_t send_record(const kafka_record& row);
  error refused(rd_kafka_resp_err_t code, std::string_view why) const;
  void delivered(const rd_kafka_message_t& message);

  static void on_delivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* client) {
    static_cast<content*>(static_cast<kafka_client*>(client)->owner())->delivered(*message);
  }

  std::string topic;
  kafka_options options;
  std::unique_ptr<kafka_encoder> encoder; // none: rows are kafka_record
  const field_info* key;
  sink_context context;
  std::unique_ptr<kafka_client> client;
  std::unique_ptr<rd_kafka_topic_t, topic_deleter> handle; // destroyed before the client
  std::atomic<bool> is_waiting{false};                     // somebody wants `wake`
  std::uint64_t taken = 0;
  std::uint64_t acknowledged = 0; // or given up
  std::uint64_t given_up = 0;
  std::optional<error> failure;
  bool is_counted = false; // the failure says how many are missing

  // Rows that were encoded at once. The first `encoded_taken` of them are taken; `unsent` are the
  // messages that librdkafka does not have yet, each with its row's number as offset.
  std::size_t encoded_rows = 0;
  std::size_t encoded_taken = 0;
  std::string bytes; // their keys and payloads, one behind the other
  std::vector<std::size_t> ends;
  std::vector<rd_kafka_message_t> unsent;
};

kafka_writer::content::~content() {
  if (!client) return;
  client->wake_by({});
  if (acknowledged < taken)
    rd_kafka_purge(client->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

// A message larger than the queue would wait for room for ever.
kafka_settings kafka_writer::content::settings() const {
  const auto kib = std::clamp<std::uint64_t>(options.send_bytes / 1024, 1024, 2'097'151);
  return {{"enable.idempotence", "true"},
          {"partitioner", "murmur2_random"}, // keys go where Java's producers put them
          // Rows without a key spread over all partitions, however fast they come.
          {"sticky.partitioning.linger.ms", "1"},
          {"linger.ms", to_ms(options.send_linger)},
          {"queue.buffering.max.kbytes", std::to_string(kib)},
          {"queue.buffering.max.messages", "100000"},
          {"message.timeout.ms", to_ms(options.delivery_timeout)}};
}

result<void> kafka_writer::content::open() {
  auto connected = kafka_client::connect(
      kafka_role::producer, topic, options, settings(),
      [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_dr_msg_cb(conf, on_delivery); }, this);
  if (!connected) return connected.error();
  client = std::move(*connected);
  handle.reset(rd_kafka_topic_new(client->handle(), topic.c_str(), nullptr));
  client->warn_by(context.warn, options.delivery_timeout);
  client->wake_by([this] {
    if (is_waiting.exchange(false)) context.wake();
  });
  return {};
}

result<void> kafka_writer::content::serve() {
  client->serve();
  if (client->failure()) return *client->failure();
  if (!failure) return {};
  if (!std::exchange(is_counted, true))
    failure->message += fmt::format("; of {} messages it was given it did not acknowledge {}",
                                    taken, taken - (acknowledged - given_up));
  return *failure;
}

void kafka_writer::content::delivered(const rd_kafka_message_t& message) {
  ++acknowledged;
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return client->heard();
  ++given_up;
  if (!failure) failure = refused(message.err, rd_kafka_message_errstr(&message));
}

error kafka_writer::content::refused(rd_kafka_resp_err_t code, std::string_view why) const {
  if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    return {errc::cannot_connect,
            fmt::format("Kafka at '{}' did not acknowledge a message to topic '{}' within {}",
                        client->brokers(), topic, to_string(options.delivery_timeout))};
  return {errc::failed, fmt::format("Kafka at '{}' took no message for topic '{}': {}",
                                    client->brokers(), topic, why)};
}

/// Points to keys and payloads only when all are written: the text moves as it grows.
result<void> kafka_writer::content::encode(const std::byte* first, std::size_t rows,
                                           std::size_t row_bytes) {
  bytes.clear();
  ends.clear();
  unsent.assign(rows, {});
  for (std::size_t i = 0; i < rows; ++i) {
    const void* row = first + i * row_bytes;
    if (key != nullptr && append_kafka_key(bytes, *key, row)) unsent[i].key = bytes.data();
    ends.push_back(bytes.size());
    if (auto written = encoder->append_value(bytes, row); !written) return written;
    ends.push_back(bytes.size());
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    auto& message = unsent[i];
    const auto key_end = ends[2 * i];
    const auto end = ends[2 * i + 1];
    message.offset = static_cast<std::int64_t>(i);
    if (message.key != nullptr) {
      message.key = bytes.data() + begin;
      message.key_len = key_end - begin;
    }
    message.payload = bytes.data() + key_end;
    message.len = end - key_end;
    begin = end;
  }
  encoded_rows = rows;
  encoded_taken = 0;
  return {};
}

/// Hands over what librdkafka does not have yet; what a full queue refuses stays.
result<void> kafka_writer::content::send() {
  rd_kafka_produce_batch(handle.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, unsent.data(),
                         static_cast<int>(unsent.size()));
  for (const auto& each : unsent)
    if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR && each.err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      return refused(each.err, rd_kafka_err2str(each.err));
  std::erase_if(unsent, [](const auto& m) { return m.err == RD_KAFKA_RESP_ERR_NO_ERROR; });
  return {};
}

rd_kafka_resp_err_t kafka_writer::content::send_record(const kafka_record& row) {
  rd_kafka_headers_t* headers = nullptr;
  std::string_view rest = row.headers;
  std::string_view name;
  std::string_view value;
  while (take_kafka_header(rest, name, value)) {
    if (headers == nullptr) headers = rd_kafka_headers_new(4);
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  const auto key_text = row.key.value_or("");
  const auto value_text = row.value.value_or("");
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(row.time.time_since_epoch());
  const auto failed = rd_kafka_producev(
      client->handle(), RD_KAFKA_V_RKT(handle.get()),
      RD_KAFKA_V_KEY((row.key ? key_text.data() : nullptr), key_text.size()),
      RD_KAFKA_V_VALUE((row.value ? const_cast<char*>(value_text.data()) : nullptr),
                       value_text.size()),
      RD_KAFKA_V_TIMESTAMP(ms.count()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  if (failed != RD_KAFKA_RESP_ERR_NO_ERROR && headers != nullptr) rd_kafka_headers_destroy(headers);
  return failed;
}

result<std::size_t> kafka_writer::content::write_records(const kafka_record* first,
                                                         std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    const auto failed = send_record(first[i]);
    if (failed == RD_KAFKA_RESP_ERR__QUEUE_FULL) return i;
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) return refused(failed, rd_kafka_err2str(failed));
    ++taken;
  }
  return rows;
}

/// Rows that were encoded and not taken come again, at the front: their messages are there. A row
/// is taken when librdkafka has it and all before it.
result<std::size_t> kafka_writer::content::write(const std::byte* first, std::size_t rows,
                                                 std::size_t row_bytes) {
  if (!encoder) return write_records(reinterpret_cast<const kafka_record*>(first), rows);
  for (std::size_t done = 0;;) {
    if (unsent.empty()) {
      if (done == rows) return done;
      auto encoded =
          encode(first + done * row_bytes, std::min(rows - done, most_encoded), row_bytes);
      if (!encoded) return encoded.error();
    }
    if (auto sent = send(); !sent) return sent.error();
    const auto prefix =
        unsent.empty() ? encoded_rows : static_cast<std::size_t>(unsent.front().offset);
    const auto more = prefix - std::exchange(encoded_taken, prefix);
    taken += more;
    done += more;
    if (!unsent.empty()) return done;
  }
}

kafka_writer::kafka_writer(std::string topic, kafka_options options,
                           std::unique_ptr<kafka_encoder> encoder, const field_info* key)
    : content_{
        std::make_unique<content>(std::move(topic), std::move(options), std::move(encoder), key)} {}
kafka_writer::~kafka_writer() = default;

result<void> kafka_writer::open(sink_context context) {
  content_->context = std::move(context);
  return content_->open();
}

// Waiting is announced before the acknowledgements that are there are served: one that comes later
// wakes.
result<std::size_t> kafka_writer::write(const void* first, std::size_t rows,
                                        std::size_t row_bytes) {
  auto& c = *content_;
  if (auto served = c.serve(); !served) return served.error();
  const auto* at = static_cast<const std::byte*>(first);
  auto done = c.write(at, rows, row_bytes);
  if (!done || *done == rows) return done;
  c.is_waiting = true;
  if (auto served = c.serve(); !served) return served.error();
  auto more = c.write(at + *done * row_bytes, rows - *done, row_bytes);
  if (!more) return more;
  return *done + *more;
}

result<bool> kafka_writer::flush() {
  auto& c = *content_;
  c.is_waiting = true;
  if (auto served = c.serve(); !served) return served.error();
  const bool is_done = c.acknowledged == c.taken;
  if (is_done) c.is_waiting = false;
  return is_done;
}

std::uint64_t kafka_writer::taken() const noexcept { return content_->taken; }
std::uint64_t kafka_writer::acknowledged() const noexcept { return content_->acknowledged; }

} // namespace weir
