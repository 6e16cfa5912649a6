// SPDX-License-Identifier: Apache-2.0
//
// What does it cost to answer records from Kafka to Kafka? A million JSON trips of 130 bytes from
// 64 partitions, consumed while they are produced: parse, two features, linear prediction, JSON to
// another topic. Broker and feeder are processes of their own, so only the contestant's CPU counts.
//
// The baseline is the bare loop over librdkafka: records by consume_batch_queue, simdjson on demand
// in the order of the fields, produce to the partition a record came from, delivery reports for
// failures only. Its producer is idempotent and acknowledged by all, as Weir's is.

#include <weir/bench/harness.hpp>
#include <weir/bench/kafka_client.hpp>
#include <weir/bench/serve.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/learn.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/kafka_topic.hpp>
#include <weir/models/linear.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>
#include <optional>

namespace weir::bench {

namespace {

constexpr std::uint64_t full_rows = 1'000'000;

struct live_trip {
  std::int64_t id, pickup_seconds;
  double distance, total;
  std::int64_t passengers, from, to, payment;
};

/// Seconds since 2021-01-01 of a time in that month.
std::int64_t seconds_of(std::string_view time) {
  const auto two = [&](std::size_t at) { return (time[at] - '0') * 10 + (time[at + 1] - '0'); };
  return (two(8) - 1) * 86'400LL + two(11) * 3'600 + two(14) * 60 + two(17);
}

/// Records lie unpadded in librdkafka's buffers, so each is copied to where it may be read beyond.
class trip_parser {
public:
  live_trip parse(std::string_view text) {
    std::memcpy(padded_, text.data(), text.size());
    auto document = parser_.iterate(padded_, text.size(), sizeof padded_);
    auto object = document.get_object();
    live_trip row{};
    row.id = object.find_field("id").get_int64();
    row.pickup_seconds = seconds_of(object.find_field("pickup").get_string());
    row.distance = object.find_field("distance").get_double();
    row.passengers = object.find_field("passengers").get_int64();
    row.from = object.find_field("from").get_int64();
    row.to = object.find_field("to").get_int64();
    row.payment = object.find_field("payment").get_int64();
    row.total = object.find_field("total").get_double();
    return row;
  }

private:
  simdjson::ondemand::parser parser_;
  char padded_[1024 + simdjson::SIMDJSON_PADDING] = {};
};

void answer_by_hand(const serve_world& world) {
  kafka_reader reader{world.address(), serve_in, serve_partitions};
  const kafka_client producer{RD_KAFKA_PRODUCER,
                              {{"bootstrap.servers", world.address()},
                               {"enable.idempotence", "true"},
                               {"queue.buffering.max.messages", "100000"},
                               {"delivery.report.only.error", "true"},
                               {"linger.ms", "5"}}};
  const kafka_topic answers{producer, serve_out};
  trip_parser parser;
  fmt::memory_buffer text;
  for (std::uint64_t done = 0; done < world.rows();) {
    const auto got = reader.read([&](std::string_view record, std::int32_t partition) {
      const auto row = parser.parse(record);
      const auto hour = static_cast<double>(row.pickup_seconds % 86'400 / 3'600);
      const double price = fare_base + fare_per_hour * hour + fare_per_mile * row.distance;
      text.clear();
      fmt::format_to(std::back_inserter(text), R"({{"id":{},"price":{}}})", row.id, price);
      answers.produce(partition, {text.data(), text.size()});
    });
    if (got == 0)
      throw std::runtime_error{fmt::format("only {} of {} trips arrived", done, world.rows())};
    rd_kafka_poll(producer.get(), 0);
    done += got;
  }
  producer.flush();
}

struct weir_trip {
  std::int64_t id = 0;
  timestamp pickup;
  double distance = 0;
  int passengers = 0, from = 0, to = 0, payment = 0;
  double total = 0;
};
BOOST_DESCRIBE_STRUCT(weir_trip, (), (id, pickup, distance, passengers, from, to, payment, total))

struct quote {
  std::int64_t id = 0;
  double price = 0;
};
BOOST_DESCRIBE_STRUCT(quote, (), (id, price))

void answer_by_weir(const serve_world& world) {
  // Each partition ends where the feeder will have written its last trip.
  std::vector<std::uint64_t> rows_of(serve_partitions);
  for (std::uint64_t id = 0; id < world.rows(); ++id) ++rows_of[id / 16 % serve_partitions];
  std::string ends;
  for (std::size_t i = 0; i < rows_of.size(); ++i)
    if (rows_of[i] > 0) ends += fmt::format("{}{}:{}", ends.empty() ? "" : ",", i, rows_of[i]);
  // [graph]
  app graph{"serve"};
  graph.from(kafka<weir_trip>(
      serve_in, {.brokers = world.address(), .start = kafka_start::earliest, .end_offsets = ends}))
      | score(linear(fare_base, fare_per_hour * number(hour_of(&weir_trip::pickup)),
                     fare_per_mile * number(&weir_trip::distance)))
      | map([](const answer<weir_trip>& a) {
          return quote{a.row.id, a.prediction};
        })
      | to(kafka<quote>(serve_out, {.brokers = world.address()}));
  // [/graph]
  run_to_end(graph);
}

/// Runs a contestant in a new world and checks what it answered.
template <void (*Answer)(const serve_world&)>
outcome serve_with(trial& run) {
  serve_world world{run.scaled(full_rows)};
  run.measure([&] {
    world.feed();
    Answer(world);
  });
  return world.check();
}

const registration serve{{
    .name = "serve",
    .question = "What does it cost to answer JSON records from Kafka to Kafka? (64 partitions)",
    .contestants = {{"hand", serve_with<answer_by_hand>}, {"weir", serve_with<answer_by_weir>}},
    .isolated = true,
    .tolerance = 1e-9,
}};

} // namespace

} // namespace weir::bench
