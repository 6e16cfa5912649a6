// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/helper.hpp>
#include <weir/bench/kafka_client.hpp>
#include <weir/bench/serve.hpp>

#include <fmt/format.h>
#include <librdkafka/rdkafka_mock.h>
#include <simdjson.h>

#include <iostream>

namespace weir::bench {

namespace {

/// Trip number `id` as JSON, about 130 bytes.
void append_trip(std::string& out, std::uint64_t id) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"id":{},"pickup":"2021-01-{:02} {:02}:{:02}:{:02}","distance":{:.2f},)"
                 R"("passengers":{},"from":{},"to":{},"payment":{},"total":{:.2f}}})",
                 id, id % 31 + 1, id % 24, id % 60, id * 7 % 60,
                 0.2 + static_cast<double>(id * 13 % 1'500) * 0.01, id % 4, id % 265 + 1,
                 id * 3 % 265 + 1, id % 4 + 1, 5 + static_cast<double>(id * 17 % 9'000) * 0.01);
}

/// broker: librdkafka's mock cluster with both topics, until stdin ends.
int run_broker(const std::vector<std::string>&) {
  const kafka_client owner{RD_KAFKA_PRODUCER, {{"log_level", "3"}}};
  auto* cluster = rd_kafka_mock_cluster_new(owner.get(), 1);
  rd_kafka_mock_topic_create(cluster, serve_in, serve_partitions, 1);
  rd_kafka_mock_topic_create(cluster, serve_out, serve_partitions, 1);
  std::cout << rd_kafka_mock_cluster_bootstraps(cluster) << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
  }
  rd_kafka_mock_cluster_destroy(cluster);
  return 0;
}

/// feeder ADDRESS ROWS: connects, says "ready", waits for a line, then writes all trips.
int run_feeder(const std::vector<std::string>& arguments) {
  const std::uint64_t rows = std::stoull(arguments.at(1));
  const kafka_client producer{RD_KAFKA_PRODUCER,
                              {{"bootstrap.servers", arguments.at(0)},
                               {"queue.buffering.max.messages", "200000"},
                               {"delivery.report.only.error", "true"},
                               {"linger.ms", "5"}}};
  const kafka_topic topic{producer, serve_in};
  topic.wait_until_known();
  std::cout << "ready" << std::endl;
  std::string text;
  if (!std::getline(std::cin, text)) return 1;
  for (std::uint64_t id = 0; id < rows; ++id) {
    text.clear();
    append_trip(text, id);
    topic.produce(static_cast<std::int32_t>(id / 16 % serve_partitions), text);
  }
  producer.flush();
  return 0;
}

const helper_registration broker_helper{"broker", run_broker};
const helper_registration feeder_helper{"feeder", run_feeder};

} // namespace

serve_world::serve_world(std::uint64_t rows)
    : rows_{rows},
      broker_{{"helper", "broker"}},
      address_{broker_.read_line()},
      feeder_{{"helper", "feeder", address_, std::to_string(rows)}} {
  if (feeder_.read_line() != "ready")
    throw std::runtime_error{"the feeder did not reach the broker at " + address_};
}

outcome serve_world::check() {
  kafka_reader reader{address_, serve_out, serve_partitions};
  simdjson::dom::parser parser;
  std::uint64_t count = 0, ids = 0;
  double prices = 0;
  const auto expected = reader.rows_in_topic();
  while (count < expected) {
    const auto got = reader.read([&](std::string_view text, std::int32_t) {
      const auto answer = parser.parse(text.data(), text.size());
      ids += std::uint64_t{answer["id"]};
      prices += double{answer["price"]};
      ++count;
    });
    if (got == 0)
      throw std::runtime_error{fmt::format("{} of {} answers can be read", count, expected)};
  }
  return {.items = count, .checksum = ids, .answers = {prices}};
}

} // namespace weir::bench
