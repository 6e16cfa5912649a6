// SPDX-License-Identifier: Apache-2.0
//
// What a topic takes, row by row. Runs against the broker of kafka_place.hpp.

#include <weir/io/kafka_topic.hpp>
#include <weir/tests/support/kafka_place.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace {

using ::testing::HasSubstr;
using testing::kafka_place;
using testing::messages_in;
using testing::read_everything;
using testing::send;
using testing::sink_run;
using testing::text_of;

struct order {
  int id = 0;
  double amount = 0;
  std::string_view name;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, amount, name))

struct note {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(note, (), (text))

/// Writes orders 0 to `count` - 1 and gives how that went.
sink_run write_orders(const kafka<order>& topic, int count, std::string_view name) {
  sink_run run{topic.bind<order>().make()};
  batch<order> rows;
  for (int id = 0; id < count && !run.failure;) {
    rows.clear();
    for (; id < count && !rows.is_full(); ++id) rows.push_back({id, id / 8.0, name});
    run.write(rows);
  }
  run.close();
  return run;
}

TEST(KafkaSinkTest, ReadsWhatItWroteEachRowOnce) {
  kafka_place place;
  const kafka<order> topic{place.add_topic("orders", 4), {.brokers = place.brokers()}};
  constexpr int count = 100'000;
  const auto written = write_orders(topic, count, "é\n\"x\"");
  ASSERT_FALSE(written.failure) << written.failure->message;

  const auto read = read_everything<order>(topic.bounded().make());
  ASSERT_FALSE(read.failure) << read.failure->message;
  EXPECT_TRUE(read.rejects.empty());
  std::set<std::string> expected;
  for (int id = 0; id < count; ++id) expected.insert(text_of(order{id, id / 8.0, "é\n\"x\""}));
  std::set<std::string> seen;
  for (const auto& row : read.rows) seen.insert(row.text);
  EXPECT_EQ(read.rows.size(), std::size_t{count});
  EXPECT_TRUE(seen == expected);
}

TEST(KafkaSinkTest, SpreadsRowsWithoutAKeyHoweverFastTheyCome) {
  kafka_place place;
  const kafka<order> topic{place.add_topic("orders", 4), {.brokers = place.brokers()}};
  ASSERT_FALSE(write_orders(topic, 100'000, "x").failure);
  std::map<std::string, int> rows;
  for (const auto& row : read_everything<order>(topic.bounded().make()).rows) ++rows[row.partition];
  ASSERT_EQ(rows.size(), 4U);
  for (const auto& [partition, count] : rows) EXPECT_LT(count, 80'000) << partition;
}

TEST(KafkaSinkTest, KeepsTheOrderOfRowsWithOneKey) {
  kafka_place place;
  const auto name = place.add_topic("orders", 4);
  const kafka<order> topic{name, {.brokers = place.brokers()}};
  sink_run run{topic.keyed_by(&order::name).bind<order>().make()};
  batch<order> rows;
  const std::vector<std::string> names{"Ada", "Grace", "Edith", "Joan", "Mary", "Hedy"};
  for (int id = 0; id < 600; ++id)
    rows.push_back({id, 0, names[static_cast<std::size_t>(id) % names.size()]});
  run.write(rows);
  run.close();
  ASSERT_FALSE(run.failure) << run.failure->message;
  std::map<std::string, std::set<std::int32_t>> partitions;
  std::map<std::string, std::vector<std::string>> values;
  for (const auto& message : messages_in(place, name)) {
    partitions[message.key.value_or("(none)")].insert(message.partition);
    values[message.key.value_or("(none)")].push_back(message.value.value_or(""));
  }
  ASSERT_EQ(partitions.size(), names.size());
  std::set<std::int32_t> all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(partitions[names[i]].size(), 1U) << names[i];
    all.insert(partitions[names[i]].begin(), partitions[names[i]].end());
    const auto& written = values[names[i]];
    ASSERT_EQ(written.size(), 100U);
    for (std::size_t n = 0; n < written.size(); ++n)
      EXPECT_THAT(written[n], HasSubstr("\"id\":" + std::to_string(i + n * names.size()) + ","));
  }
  EXPECT_GT(all.size(), 1U) << "keys spread over partitions";
}

TEST(KafkaSinkTest, RefusesAKeyTheRecordDoesNotHave) {
  const auto sink = kafka<order>("orders", {.key = "nmae"}).bind<order>().make();
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, errc::config);
  EXPECT_THAT(sink.error().message, HasSubstr("no field 'nmae'"));
}

TEST(KafkaSinkTest, TakesTheRestOnceAFullQueueHasRoom) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  const kafka<order> topic{name, {.brokers = place.brokers(), .send_bytes = 1}};
  constexpr int count = 4'000; // of 1 KiB; the least queue holds 1 MiB
  const auto run = write_orders(topic, count, std::string(1024, 'x'));
  ASSERT_FALSE(run.failure) << run.failure->message;
  EXPECT_GT(run.partial_writes, 1U) << "the queue was never full: this test shows nothing";
  const auto messages = messages_in(place, name);
  ASSERT_EQ(messages.size(), std::size_t{count});
  for (std::size_t i = 0; i < messages.size(); ++i)
    ASSERT_THAT(*messages[i].value, HasSubstr("{\"id\":" + std::to_string(i) + ",")) << "in order";
}

TEST(KafkaSinkTest, TakesAMessageLargerThanWhatItMayHold) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  const kafka<order> topic{name, {.brokers = place.brokers(), .send_bytes = 1}};
  const auto run = write_orders(topic, 3, std::string(900'000, 'x'));
  ASSERT_FALSE(run.failure) << run.failure->message;
  EXPECT_EQ(messages_in(place, name).size(), 3U);
}

TEST(KafkaSinkTest, CallsRowsSafeOnlyWhenAllAreAcknowledged) {
  kafka_place place;
  const auto name = place.add_topic("orders", 2);
  const kafka_options options{.brokers = place.brokers(),
                              .send_linger = std::chrono::milliseconds{200}};
  auto encoder = make_kafka_encoder(record_of<order>(), options);
  ASSERT_TRUE(encoder);
  kafka_writer writer{name, options, std::move(*encoder), nullptr};
  testing::bell woken;
  ASSERT_TRUE(writer.open({"orders", woken.ring()}));
  const std::vector<order> rows(1000, order{1, 2, "x"});
  const auto taken = writer.write(rows.data(), rows.size(), sizeof(order));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(*taken, rows.size());
  EXPECT_EQ(writer.taken(), rows.size());
  auto safe = writer.flush();
  EXPECT_EQ(*safe, false) << "sent no earlier than 200 ms from now";
  while (safe && !*safe) {
    ASSERT_TRUE(woken.wait());
    safe = writer.flush();
    ASSERT_EQ(*safe, writer.acknowledged() == rows.size());
  }
  ASSERT_TRUE(safe) << safe.error().message;
  EXPECT_EQ(messages_in(place, name).size(), rows.size());
}

TEST(KafkaSinkTest, HasDeliveredEverythingAtABarrier) {
  kafka_place place;
  const auto name = place.add_topic("orders", 2);
  sink_run run{kafka<order>(name, {.brokers = place.brokers(),
                                   .send_linger = std::chrono::milliseconds{200}})
                   .bind<order>()
                   .make()};
  batch<order> rows;
  for (int id = 0; id < 1000; ++id) rows.push_back({id, 0, "x"});
  run.write(rows);
  run.prepare();
  ASSERT_FALSE(run.failure) << run.failure->message;
  EXPECT_EQ(messages_in(place, name).size(), rows.size()) << "while the sink is still open";
  run.close();
  EXPECT_EQ(messages_in(place, name).size(), rows.size()) << "and not again";
}

TEST(KafkaSinkTest, WritesIdempotently) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  sink_run run{kafka<order>(name, {.brokers = place.brokers(), .properties = "acks=1"})
                   .bind<order>()
                   .make()};
  ASSERT_TRUE(run.failure) << "an idempotent producer can't do with one acknowledgement";
  EXPECT_EQ(run.failure->code, errc::config);
  EXPECT_THAT(run.failure->message, HasSubstr("idempotence"));
}

TEST(KafkaSinkTest, FailsForAMessageTheBrokerWillNotTake) {
  kafka_place place;
  const auto name = place.add_topic("notes", 1);
  sink_run run{kafka<note>(name, {.brokers = place.brokers(), .format = kafka_format::text})
                   .bind<note>()
                   .make()};
  batch<note> rows;
  rows.push_back({"small"});
  rows.push_back({std::string(1'100'000, 'x')});
  run.write(rows);
  run.close();
  ASSERT_TRUE(run.failure);
  EXPECT_THAT(run.failure->message, HasSubstr("'" + name + "'"));
  EXPECT_THAT(run.failure->message, HasSubstr("too large"));
}

TEST(KafkaSinkTest, ReadsAndWritesCsvLines) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  const kafka<order> topic{name, {.brokers = place.brokers(), .format = kafka_format::csv}};
  const auto written = write_orders(topic, 2, "a,b");
  ASSERT_FALSE(written.failure) << written.failure->message;
  send(place, name, {"1,2.5", "2,x,c"});
  const auto read = read_everything<order>(topic.bounded().make());
  ASSERT_FALSE(read.failure) << read.failure->message;
  ASSERT_EQ(read.rows.size(), 2U);
  EXPECT_EQ(read.rows[1].text, text_of(order{1, 0.125, "a,b"}));
  EXPECT_EQ(read.rejects.size(), 2U);
  EXPECT_EQ(messages_in(place, name)[1].value, R"(1,0.125,"a,b")");
}

} // namespace
} // namespace weir
