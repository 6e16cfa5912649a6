// SPDX-License-Identifier: Apache-2.0
//
// What a topic gives and takes, row by row. Runs against the broker of kafka_place.hpp.

#include <weir/io/kafka_topic.hpp>
#include <weir/tests/support/kafka_place.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kafka_place;
using testing::messages_in;
using testing::read_everything;
using testing::send;
using testing::send_records;
using testing::sink_run;
using testing::source_driver;
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

using texts = std::vector<std::string>;

/// Payloads of the rows read, by kafka_topic's text format.
texts texts_of(const source_driver<note>& read) {
  EXPECT_FALSE(read.failure) << read.failure->message;
  texts found;
  for (const auto& row : read.rows) found.push_back(row.text.substr(0, row.text.size() - 1));
  return found;
}

texts notes_in(const std::string& topic, kafka_options options) {
  options.format = kafka_format::text;
  return texts_of(read_everything<note>(kafka<note>(topic, options).bounded().make()));
}

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

TEST(KafkaTopicTest, ReadsWhatItWroteEachRowOnce) {
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

TEST(KafkaTopicTest, RejectsWhatItCannotParseAtTopicPartitionOffset) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  const std::string good = R"({"id":1,"amount":2.5,"name":"x"})";
  send(place, name, {good, "{broken", std::nullopt, R"({"id":1})", good});
  const auto read =
      read_everything<order>(kafka<order>(name, {.brokers = place.brokers()}).bounded().make());
  ASSERT_FALSE(read.failure) << read.failure->message;
  ASSERT_EQ(read.rows.size(), 2U);
  EXPECT_EQ(read.rows[1].position, 1U) << "a rejected message takes no position";
  EXPECT_EQ(read.rows[1].partition, "0");
  ASSERT_EQ(read.rejects.size(), 3U);
  EXPECT_EQ(read.rejects[0].where, name + "/0/1");
  EXPECT_EQ(read.rejects[0].raw, "{broken");
  EXPECT_THAT(read.rejects[0].reason, HasSubstr("not valid JSON"));
  EXPECT_EQ(read.rejects[1].where, name + "/0/2");
  EXPECT_EQ(read.rejects[1].reason, "tombstone");
  EXPECT_EQ(read.rejects[2].where, name + "/0/3");
  EXPECT_EQ(read.rejects[2].reason, "field 'amount' is missing");
}

TEST(KafkaTopicTest, KeepsTheSourceContract) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  send(place, name,
       {R"({"id":1,"amount":1,"name":"a"})", "{", R"({"id":2,"amount":2,"name":"b"})",
        R"({"id":3,"amount":3,"name":"c"})", R"({"id":4,"amount":4,"name":"d"})"});
  testing::check_source_contract<order>(
      {.make = [&] { return kafka<order>(name, {.brokers = place.brokers()}).bounded().make(); },
       .rows = {{1, 1, "a"}, {2, 2, "b"}, {3, 3, "c"}, {4, 4, "d"}},
       .rejects = 1});
}

TEST(KafkaTopicTest, GoesOnExactlyBehindTheLastCommittedBarrier) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  const kafka<order> topic{name, {.brokers = place.brokers(), .group = place.name("group")}};
  send(place, name,
       {R"({"id":1,"amount":1,"name":"a"})", "{", R"({"id":2,"amount":2,"name":"b"})",
        R"({"id":3,"amount":3,"name":"c"})", R"({"id":4,"amount":4,"name":"d"})"});
  const auto ids_left = [&] {
    const auto rest = read_everything<order>(topic.bounded().make());
    EXPECT_FALSE(rest.failure) << rest.failure->message;
    std::vector<std::string> left;
    for (const auto& row : rest.rows)
      left.push_back(row.text.substr(0, 1) + "@" + std::to_string(row.position));
    return left;
  };
  {
    source_driver<order> driver{*topic.bounded().make()};
    ASSERT_TRUE(driver.open());
    driver.run({1, 1, false}, 2);
    driver.source().barrier(1);
  }
  EXPECT_THAT(ids_left(), ElementsAre("1@0", "2@1", "3@2", "4@3"))
      << "a barrier that nobody confirmed";
  {
    source_driver<order> driver{*topic.bounded().make()};
    ASSERT_TRUE(driver.open());
    driver.run({1, 1, false}, 2);
    driver.source().barrier(1);
    driver.run({1, 1, false}, 3);
    driver.source().barrier(2); // under way, not safe downstream
    ASSERT_TRUE(driver.source().committed(1));
  }
  EXPECT_THAT(ids_left(), ElementsAre("3@2", "4@3")) << "positions go on as well";
}

TEST(KafkaTopicTest, CommitsNothingWithoutAGroup) {
  kafka_place place;
  const auto name = place.add_topic("notes", 1);
  send(place, name, {"a", "b"});
  {
    source_driver<note> driver{
        *kafka<note>(name, {.brokers = place.brokers(), .format = kafka_format::text})
             .bounded()
             .make()};
    ASSERT_TRUE(driver.open());
    driver.run();
    driver.source().barrier(1);
    ASSERT_TRUE(driver.source().committed(1));
  }
  EXPECT_THAT(place.committed("weir", name, 1), ElementsAre(-1));
}

TEST(KafkaTopicTest, BeginsAtTheEarliestWhateverTheGroupCommitted) {
  kafka_place place;
  const auto name = place.add_topic("notes", 1);
  const auto group = place.name("group");
  send(place, name, {"a", "b"});
  {
    source_driver<note> driver{
        *kafka<note>(name,
                     {.brokers = place.brokers(), .format = kafka_format::text, .group = group})
             .bounded()
             .make()};
    ASSERT_TRUE(driver.open());
    driver.run();
    driver.source().barrier(1);
    ASSERT_TRUE(driver.source().committed(1));
  }
  EXPECT_THAT(place.committed(group, name, 1), ElementsAre(2));
  EXPECT_THAT(notes_in(name, {.brokers = place.brokers(), .group = group}), ElementsAre());
  EXPECT_THAT(
      notes_in(name, {.brokers = place.brokers(), .start = kafka_start::earliest, .group = group}),
      ElementsAre("a", "b"));
}

TEST(KafkaTopicTest, BeginsAtTheLatestWithWhatComesAfterIt) {
  kafka_place place;
  const auto name = place.add_topic("notes", 2);
  send(place, name, {"old", "older"});
  source_driver<note> driver{*kafka<note>(name, {.brokers = place.brokers(),
                                                 .format = kafka_format::text,
                                                 .start = kafka_start::latest})
                                  .make()};
  ASSERT_TRUE(driver.open());
  send(place, name, {"new"});
  driver.run({}, 1);
  EXPECT_THAT(texts_of(driver), ElementsAre("new"));
}

TEST(KafkaTopicTest, BeginsAtATime) {
  kafka_place place;
  const auto name = place.add_topic("notes", 1);
  using std::chrono::seconds;
  const timestamp noon{seconds{1'600'000'000}};
  std::vector<kafka_record> messages;
  for (const auto* text : {"a", "b", "c"}) {
    kafka_record message;
    message.time = noon + seconds{10 * messages.size()};
    message.value = text;
    messages.push_back(message);
  }
  send_records(place, name, messages);
  const auto read_from = [&](timestamp time) {
    return notes_in(
        name, {.brokers = place.brokers(), .start = kafka_start::timestamp, .start_time = time});
  };
  EXPECT_THAT(read_from(noon + seconds{21}), ElementsAre()) << "behind all there is";
  if (place.is_real()) {
    EXPECT_THAT(read_from(noon + seconds{5}), ElementsAre("b", "c"));
    EXPECT_THAT(read_from(noon + seconds{10}), ElementsAre("b", "c")) << "not older than";
  } else { // knows no times, as kafka_broker.hpp says
    EXPECT_THAT(read_from(noon + seconds{5}), ElementsAre());
  }
}

TEST(KafkaTopicTest, EndsEachPartitionWhereItIsTold) {
  kafka_place place;
  const auto name = place.add_topic("notes", 3);
  std::vector<kafka_record> messages(60);
  std::vector<std::string> keys;
  for (int i = 0; i < 60; ++i) keys.push_back(std::to_string(i));
  for (std::size_t i = 0; i < messages.size(); ++i) {
    messages[i].key = keys[i];
    messages[i].value = "x";
  }
  send_records(place, name, messages);
  const auto read = read_everything<note>(kafka<note>(name, {.brokers = place.brokers(),
                                                             .format = kafka_format::text,
                                                             .end_offsets = "0:3,2:1"})
                                              .bounded()
                                              .make());
  ASSERT_FALSE(read.failure) << read.failure->message;
  std::map<std::string, int> rows;
  for (const auto& row : read.rows) ++rows[row.partition];
  EXPECT_EQ(rows, (std::map<std::string, int>{{"0", 3}, {"2", 1}}));
}

TEST(KafkaTopicTest, ShowsKeyPlaceTimeAndHeadersOfAMessage) {
  kafka_place place;
  const auto name = place.add_topic("traced", 2);
  std::string headers;
  add_kafka_header(headers, "trace", "off");
  add_kafka_header(headers, "trace", "on");
  add_kafka_header(headers, "empty", "");
  kafka_record sent;
  sent.key = "k";
  sent.value = "payload";
  sent.time = timestamp{std::chrono::milliseconds{1'600'000'000'123}};
  sent.headers = headers;
  kafka_record tombstone;
  tombstone.key = "k";
  tombstone.time = sent.time;
  send_records(place, name, {sent, tombstone});

  testing::bell woken;
  auto source = *kafka<kafka_record>(name, {.brokers = place.brokers()}).bounded().make();
  ASSERT_TRUE(source->open({"traced", woken.ring()}));
  batch<kafka_record> rows;
  batch<reject> rejects;
  for (auto state = poll_state::rows; state != poll_state::end;) {
    const auto polled = source->poll(initial_credit(), rows, rejects);
    ASSERT_TRUE(polled) << polled.error().message;
    state = *polled;
    ASSERT_TRUE(state != poll_state::idle || woken.wait());
  }
  ASSERT_EQ(rows.size(), 2U);
  const auto& first = rows[0];
  EXPECT_EQ(first.topic, name);
  EXPECT_EQ(first.offset, 0);
  EXPECT_EQ(first.time, sent.time);
  EXPECT_EQ(first.key, "k");
  EXPECT_EQ(first.value, "payload");
  EXPECT_EQ(first.header("trace"), "on") << "the last of its name";
  EXPECT_EQ(first.header("empty"), "");
  EXPECT_EQ(first.header("none"), std::nullopt);
  EXPECT_EQ(rows[1].partition, first.partition) << "equal keys, one partition";
  EXPECT_EQ(rows[1].offset, 1);
  EXPECT_EQ(rows[1].key, "k");
  EXPECT_EQ(rows[1].value, std::nullopt) << "a tombstone is no empty text";
  EXPECT_EQ(rows[1].headers, "");
}

TEST(KafkaTopicTest, KeepsTheOrderOfRowsWithOneKey) {
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

TEST(KafkaTopicTest, RefusesAKeyTheRecordDoesNotHave) {
  const auto sink = kafka<order>("orders", {.key = "nmae"}).bind<order>().make();
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, errc::config);
  EXPECT_THAT(sink.error().message, HasSubstr("no field 'nmae'"));
}

TEST(KafkaTopicTest, TakesTheRestOnceAFullQueueHasRoom) {
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

TEST(KafkaTopicTest, TakesAMessageLargerThanWhatItMayHold) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  const kafka<order> topic{name, {.brokers = place.brokers(), .send_bytes = 1}};
  const auto run = write_orders(topic, 3, std::string(900'000, 'x'));
  ASSERT_FALSE(run.failure) << run.failure->message;
  EXPECT_EQ(messages_in(place, name).size(), 3U);
}

TEST(KafkaTopicTest, CallsRowsSafeOnlyWhenAllAreAcknowledged) {
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

TEST(KafkaTopicTest, HasDeliveredEverythingAtABarrier) {
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

TEST(KafkaTopicTest, WritesIdempotently) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  sink_run run{kafka<order>(name, {.brokers = place.brokers(), .properties = "acks=1"})
                   .bind<order>()
                   .make()};
  ASSERT_TRUE(run.failure) << "an idempotent producer can't do with one acknowledgement";
  EXPECT_EQ(run.failure->code, errc::config);
  EXPECT_THAT(run.failure->message, HasSubstr("idempotence"));
}

TEST(KafkaTopicTest, FailsForAMessageTheBrokerWillNotTake) {
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

TEST(KafkaTopicTest, ReadsAndWritesCsvLines) {
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

TEST(KafkaTopicTest, SaysThatATopicIsMissingAndWhichThereAre) {
  kafka_place place;
  const auto name = place.add_topic("orders", 1);
  const auto read = read_everything<order>(
      kafka<order>("kafka://" + place.brokers() + "/oders").bounded().make());
  ASSERT_TRUE(read.failure);
  EXPECT_EQ(read.failure->code, errc::config);
  EXPECT_THAT(read.failure->message, HasSubstr("no topic 'oders'; it has '"));
}

} // namespace
} // namespace weir
