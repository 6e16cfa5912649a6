// SPDX-License-Identifier: Apache-2.0
//
// What a topic gives, row by row. Runs against the broker of kafka_place.hpp.

#include <weir/io/kafka_topic.hpp>
#include <weir/tests/support/kafka_place.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kafka_place;
using testing::read_everything;
using testing::send;
using testing::send_records;
using testing::source_driver;

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

/// Payloads of the rows read, in the text format.
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

TEST(KafkaSourceTest, RejectsWhatItCannotParseAtTopicPartitionOffset) {
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

TEST(KafkaSourceTest, KeepsTheSourceContract) {
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

TEST(KafkaSourceTest, GoesOnExactlyBehindTheLastCommittedBarrier) {
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

TEST(KafkaSourceTest, CommitsNothingWithoutAGroup) {
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

TEST(KafkaSourceTest, BeginsAtTheEarliestWhateverTheGroupCommitted) {
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

TEST(KafkaSourceTest, BeginsAtTheLatestWithWhatComesAfterIt) {
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

TEST(KafkaSourceTest, BeginsAtATime) {
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

TEST(KafkaSourceTest, EndsEachPartitionWhereItIsTold) {
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

TEST(KafkaSourceTest, SaysWhenAPartitionHasEndedAndOthersGoOn) {
  kafka_place place;
  const auto name = place.add_topic("notes", 3);
  const texts keys{"a", "b", "c", "d", "e", "f", "g", "h"};
  std::vector<kafka_record> messages(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) messages[i].key = messages[i].value = keys[i];
  send_records(place, name, messages);
  std::map<std::string, std::size_t> expected;
  for (const auto& sent : testing::messages_in(place, name))
    ++expected[std::to_string(sent.partition)];
  ASSERT_GT(expected.size(), 1U);
  testing::bell woken;
  const kafka_options options{.brokers = place.brokers(), .format = kafka_format::text};
  auto source = *kafka<note>(name, options).bounded().make();
  ASSERT_TRUE(source->open({"notes", woken.ring()}));
  batch<note> rows;
  batch<reject> rejects;
  std::map<std::string, std::size_t> given, given_at_end;
  for (auto state = poll_state::rows; state != poll_state::end; rows.clear()) {
    const auto polled = source->poll({2, batch_bytes}, rows, rejects);
    ASSERT_TRUE(polled) << polled.error().message;
    state = *polled;
    const auto* const from = rows.first_origin().partition;
    if (from != nullptr) given[from->name] += rows.size();
    if (state == poll_state::partition_end) given_at_end[from->name] = given[from->name];
    ASSERT_TRUE(state != poll_state::idle || woken.wait());
  }
  EXPECT_EQ(given, expected);
  EXPECT_EQ(given_at_end.size(), expected.size() - 1) << "that of the last is the end of all";
  for (const auto& [partition, count] : given_at_end)
    EXPECT_EQ(count, expected[partition]) << partition;
}

TEST(KafkaSourceTest, ShowsKeyPlaceTimeAndHeadersOfAMessage) {
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

TEST(KafkaSourceTest, SaysThatATopicIsMissingAndWhichThereAre) {
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
