// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_topic.hpp>
#include <weir/tests/support/kafka_place.hpp>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace weir::testing {
namespace {

constexpr int patience_ms = 20'000;

struct client_deleter {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using client_ptr = std::unique_ptr<rd_kafka_t, client_deleter>;

client_ptr connect(rd_kafka_type_t type, const std::string& brokers, const std::string& group) {
  char why[256] = {};
  auto* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), why, sizeof why);
  if (!group.empty()) rd_kafka_conf_set(conf, "group.id", group.c_str(), why, sizeof why);
  client_ptr client{rd_kafka_new(type, conf, why, sizeof why)};
  if (!client) throw std::runtime_error{why};
  return client;
}

/// By the admin protocol; the answer comes once the topic exists, its leaders a moment later.
void create_at(const std::string& brokers, const std::string& topic, int partitions) {
  const auto client = connect(RD_KAFKA_PRODUCER, brokers, {});
  char why[256] = {};
  auto* wanted = rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, why, sizeof why);
  auto* answers = rd_kafka_queue_new(client.get());
  rd_kafka_CreateTopics(client.get(), &wanted, 1, nullptr, answers);
  auto* answer = rd_kafka_queue_poll(answers, patience_ms);
  std::string failed = answer == nullptr ? "no answer" : rd_kafka_event_error_string(answer);
  if (answer != nullptr && rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR) failed = "";
  if (answer != nullptr) rd_kafka_event_destroy(answer);
  rd_kafka_queue_destroy(answers);
  rd_kafka_NewTopic_destroy(wanted);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::milliseconds{patience_ms};
  for (int i = 0; failed.empty() && i < partitions;) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code =
        rd_kafka_query_watermark_offsets(client.get(), topic.c_str(), i, &low, &high, patience_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
      ++i;
    else if (std::chrono::steady_clock::now() > give_up)
      failed = rd_kafka_err2str(code);
  }
  if (!failed.empty())
    throw std::runtime_error{fmt::format("cannot create topic '{}': {}", topic, failed)};
}

} // namespace

kafka_place::kafka_place() {
  if (const char* address = std::getenv("WEIR_KAFKA")) {
    brokers_ = address;
    return;
  }
  auto started = kafka_broker::start();
  if (!started) throw std::runtime_error{started.error().message};
  embedded_ = std::move(*started);
  brokers_ = embedded_->address();
}

std::string kafka_place::name(std::string_view prefix) const {
  static std::atomic<int> names{0};
  return fmt::format("{}-{}-{}", prefix, ::getpid(), ++names);
}

std::string kafka_place::add_topic(std::string_view prefix, int partitions) {
  const auto topic = name(prefix);
  if (!embedded_)
    create_at(brokers_, topic, partitions);
  else if (auto created = embedded_->create_topic({topic, partitions}); !created)
    throw std::runtime_error{created.error().message};
  return topic;
}

std::vector<std::int64_t> kafka_place::committed(const std::string& group, const std::string& topic,
                                                 int partitions) const {
  const auto client = connect(RD_KAFKA_CONSUMER, brokers_, group);
  auto* list = rd_kafka_topic_partition_list_new(partitions);
  rd_kafka_topic_partition_list_add_range(list, topic.c_str(), 0, partitions - 1);
  const auto failed = rd_kafka_committed(client.get(), list, patience_ms);
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i)
    offsets.push_back(list->elems[i].offset < 0 ? -1 : list->elems[i].offset);
  rd_kafka_topic_partition_list_destroy(list);
  if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error{rd_kafka_err2str(failed)};
  return offsets;
}

sink_run::sink_run(result<std::unique_ptr<any_sink>> made) {
  if (!made) {
    failure = made.error();
    return;
  }
  sink_ = std::move(*made);
  if (auto opened = sink_->open({"sink under test", bell_.ring()}); !opened)
    failure = opened.error();
}

void sink_run::write(batch_base& rows) {
  for (std::size_t done = 0; !failure && done < rows.size();) {
    auto taken = sink_->write(rows, done, false);
    if (!taken) {
      failure = taken.error();
      return;
    }
    done += *taken;
    if (done == rows.size()) return;
    ++partial_writes;
    ASSERT_TRUE(bell_.wait()) << "full, and never woken";
  }
}

void sink_run::prepare() {
  while (!failure) {
    auto done = sink_->prepare(1);
    if (!done)
      failure = done.error();
    else if (*done)
      return;
    else
      ASSERT_TRUE(bell_.wait()) << "not safe, and never woken";
  }
}

void sink_run::close() {
  while (!failure) {
    auto done = sink_->close();
    if (!done)
      failure = done.error();
    else if (*done)
      break;
    else
      ASSERT_TRUE(bell_.wait()) << "not closed, and never woken";
  }
  sink_.reset();
}

void send_records(const kafka_place& place, const std::string& topic,
                  const std::vector<kafka_record>& messages) {
  // Batches of records as small as Java's producers make them.
  sink_run run{
      kafka<kafka_record>(topic, {.brokers = place.brokers(), .properties = "batch.size=16384"})
          .bind<kafka_record>()
          .make()};
  batch<kafka_record> rows;
  for (const auto& each : messages) {
    rows.push_back(each);
    if (!rows.is_full()) continue;
    run.write(rows);
    rows.clear();
  }
  run.write(rows);
  run.close();
  ASSERT_FALSE(run.failure) << run.failure->message;
}

void send(const kafka_place& place, const std::string& topic,
          const std::vector<std::optional<std::string_view>>& payloads) {
  std::vector<kafka_record> messages;
  for (const auto& payload : payloads) {
    auto& message = messages.emplace_back();
    message.key = "k";
    message.value = payload;
  }
  send_records(place, topic, messages);
}

std::vector<kept_message> messages_in(const kafka_place& place, const std::string& topic) {
  const auto kept = [](const std::optional<std::string_view>& text) {
    return text ? std::optional<std::string>{*text} : std::nullopt;
  };
  std::vector<kept_message> found;
  bell woken;
  auto source =
      kafka<kafka_record>(topic, {.brokers = place.brokers(), .start = kafka_start::earliest})
          .bounded()
          .make();
  if (!source) throw std::runtime_error{source.error().message};
  if (auto opened = (*source)->open({"reader", woken.ring()}); !opened)
    throw std::runtime_error{opened.error().message};
  for (auto state = poll_state::rows; state != poll_state::end;) {
    batch<kafka_record> rows;
    batch<reject> rejects;
    const auto polled = (*source)->poll(initial_credit(), rows, rejects);
    if (!polled) throw std::runtime_error{polled.error().message};
    for (const auto& each : rows.rows())
      found.push_back({each.partition, each.offset, kept(each.key), kept(each.value)});
    state = *polled;
    if (state == poll_state::idle && !woken.wait()) throw std::runtime_error{"never woken"};
  }
  return found;
}

} // namespace weir::testing
