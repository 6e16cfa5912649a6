// SPDX-License-Identifier: Apache-2.0
//
// A topic one of whose partitions is a day ahead of the other: what windows make of it, and how far
// it is read ahead.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/kafka_topic.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/tests/support/kafka_place.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::kafka_place;

constexpr std::size_t rows = 40'000; // of each partition

struct click {
  std::string page; // which says the partition
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(click, (), (page, at))

using counts = std::map<timestamp, std::uint64_t>;

kafka_options options_at(const kafka_place& place) { return {.brokers = place.brokers()}; }

/// Keys of messages, each of which goes to another of two partitions.
std::vector<std::string> keys_of_two_partitions(kafka_place& place) {
  const auto asked = place.add_topic("keys", 2);
  std::vector<kafka_record> messages;
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
  for (const auto& name : names) messages.emplace_back().key = name;
  testing::send_records(place, asked, messages);
  std::vector<std::string> found(2);
  for (const auto& message : testing::messages_in(place, asked))
    found[static_cast<std::size_t>(message.partition)] = message.key.value_or("");
  return found;
}

/// Fills partition 0 with the clicks of a while, and partition 1 with those of the next day.
std::vector<click> fill(const kafka_place& place, const std::string& topic,
                        const std::vector<std::string>& keys) {
  std::vector<click> all;
  for (std::size_t i = 0; i < rows; ++i) all.push_back({keys[1], timestamp{25h + i * 100ms}});
  for (std::size_t i = 0; i < rows; ++i) all.push_back({keys[0], timestamp{1h + i * 100ms}});
  app writer{"writer"};
  auto options = options_at(place);
  options.key = "page";
  writer.from(memory_rows{all}) | to(kafka<click>(topic, options));
  auto running = writer.start();
  if (!running) throw std::runtime_error{running.error().message};
  EXPECT_EQ(running->wait().state, job_state::finished);
  return all;
}

struct outcome {
  counts windows;
  std::size_t late = 0;
  std::size_t ahead = 0; ///< Rows of the fast partition that came before the last of the slow one.
};

outcome run(const kafka_place& place, const std::string& topic, const std::string& slow_key,
            const out_of_order& late) {
  outcome found;
  std::size_t slow = 0, fast = 0;
  memory_sink<windowed<bool, std::uint64_t>> out;
  memory_sink<click> too_late;
  app job{"clicks"};
  auto counted = job.from(kafka<click>(topic, options_at(place)).bounded())
                 | event_time(&click::at, late) | tap([&](const click& one) {
                     ++(one.page == slow_key ? slow : fast);
                     if (slow < rows) found.ahead = fast;
                   })
                 | key_by([](const click&) { return true; }) | window(tumbling(1min), agg::count());
  counted | to(out);
  counted.late() | to(too_late);
  auto running = job.start();
  if (!running) throw std::runtime_error{running.error().message};
  const auto ended = running->wait_for(60s);
  EXPECT_TRUE(ended) << "it never ends";
  if (!ended) running->abort();
  EXPECT_EQ(running->wait().state, job_state::finished);
  EXPECT_EQ(slow + fast, 2 * rows);
  for (const auto& row : out.rows()) found.windows[row.start] += row.value;
  found.late = too_late.count();
  return found;
}

TEST(KafkaMaxDriftTest, HoldsBackAPartitionThatIsADayAhead) {
  kafka_place place;
  const auto keys = keys_of_two_partitions(place);
  const auto topic = place.add_topic("clicks", 2);
  counts expected;
  for (const auto& one : fill(place, topic, keys))
    ++expected[timestamp{one.at.time_since_epoch() / 1min * 1min}];
  // [drift]
  const auto held = out_of_order(5s).idle_after(30s).max_drift(5min);
  // [/drift]
  const auto most = static_cast<std::size_t>(initial_credit().bytes) / sizeof(click);
  std::size_t most_ahead = 0;
  for (int i = 0; i < 3; ++i) {
    const auto found = run(place, topic, keys[0], held);
    EXPECT_EQ(found.windows, expected);
    EXPECT_EQ(found.late, 0U);
    EXPECT_LE(found.ahead, most) << "more than a link holds";
    const auto free = run(place, topic, keys[0], out_of_order(5s));
    most_ahead = std::max(most_ahead, free.ahead);
    std::printf("read ahead: %zu held, %zu not\n", found.ahead, free.ahead);
  }
  EXPECT_GT(most_ahead, most) << "nothing had to be held: this test shows nothing";
}

} // namespace
} // namespace weir
