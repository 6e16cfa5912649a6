// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_broker.hpp>
#include <weir/io/kafka_topic.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace {

struct order {
  int id = 0;
  double amount = 0;
  std::string_view name;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, amount, name))

/// Waits for `wake` the way a shell does.
class bell {
public:
  std::function<void()> ring() {
    return [this] {
      const std::lock_guard lock{mutex_};
      rung_ = true;
      changed_.notify_one();
    };
  }
  bool wait() {
    std::unique_lock lock{mutex_};
    const bool rung = changed_.wait_for(lock, std::chrono::seconds{20}, [this] { return rung_; });
    rung_ = false;
    return rung;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

TEST(KafkaTopicTest, ReadsWhatItWrote) {
  auto broker = kafka_broker::start({.topics = {{"orders", 4}}});
  ASSERT_TRUE(broker);
  const kafka<order> topic{"orders", {.brokers = broker->address()}};

  bell sink_bell;
  auto sink = topic.keyed_by(&order::id).bind<order>().make();
  ASSERT_TRUE(sink) << sink.error().message;
  auto opened = (*sink)->open({"orders", sink_bell.ring()});
  ASSERT_TRUE(opened) << opened.error().message;
  constexpr int count = 100'000;
  batch<order> rows;
  for (int id = 0; id < count;) {
    rows.clear();
    for (; id < count && !rows.is_full(); ++id) rows.push_back({id, id / 8.0, "é\n\"x\""});
    for (std::size_t done = 0; done < rows.size();) {
      auto taken = (*sink)->write(rows, done, false);
      ASSERT_TRUE(taken) << taken.error().message;
      done += *taken;
      if (done < rows.size()) {
        ASSERT_TRUE(sink_bell.wait());
      }
    }
  }
  for (;;) {
    auto done = (*sink)->close();
    ASSERT_TRUE(done) << done.error().message;
    if (*done) break;
    ASSERT_TRUE(sink_bell.wait());
  }
  sink->reset();

  bell source_bell;
  auto source = topic.bounded().make();
  ASSERT_TRUE(source) << source.error().message;
  opened = (*source)->open({"orders", source_bell.ring()});
  ASSERT_TRUE(opened) << opened.error().message;
  batch<reject> rejects;
  std::vector<int> seen(count, 0);
  for (;;) {
    rows.clear();
    auto state = (*source)->poll(initial_credit(), rows, rejects);
    ASSERT_TRUE(state) << state.error().message;
    for (const auto& row : rows.rows()) {
      ++seen[static_cast<std::size_t>(row.id)];
      ASSERT_EQ(row.amount, row.id / 8.0);
      ASSERT_EQ(row.name, "é\n\"x\"");
    }
    if (*state == poll_state::end) break;
    if (*state == poll_state::idle) {
      ASSERT_TRUE(source_bell.wait());
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), count);
  EXPECT_EQ(rejects.size(), 0);
}

/// Sends payloads as they are; a payload without value is a tombstone.
void send(const std::string& brokers, const std::string& topic,
          const std::vector<std::optional<std::string_view>>& payloads) {
  bell sent;
  auto sink = kafka<kafka_record>(topic, {.brokers = brokers}).bind<kafka_record>().make();
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->open({topic, sent.ring()}));
  batch<kafka_record> rows;
  for (const auto& payload : payloads) {
    kafka_record message;
    message.key = "k";
    message.value = payload;
    rows.push_back(message);
  }
  auto taken = (*sink)->write(rows, 0, false);
  ASSERT_TRUE(taken) << taken.error().message;
  ASSERT_EQ(*taken, payloads.size());
  for (;;) {
    auto done = (*sink)->close();
    ASSERT_TRUE(done) << done.error().message;
    if (*done) return;
    ASSERT_TRUE(sent.wait());
  }
}

TEST(KafkaTopicTest, RejectsWhatItCannotParse) {
  auto broker = kafka_broker::start({.topics = {{"orders", 1}}});
  ASSERT_TRUE(broker);
  const std::string good = R"({"id":1,"amount":2.5,"name":"x"})";
  send(broker->address(), "orders", {good, "{broken", std::nullopt, good});
  const kafka<order> topic{"orders", {.brokers = broker->address()}};
  const auto read = testing::read_everything<order>(topic.bounded().make());
  ASSERT_FALSE(read.failure) << read.failure->message;
  ASSERT_EQ(read.rows.size(), 2U);
  EXPECT_EQ(read.rows[1].position, 1U) << "a rejected message takes no position";
  EXPECT_EQ(read.rows[1].partition, "0");
  ASSERT_EQ(read.rejects.size(), 2U);
  EXPECT_EQ(read.rejects[0].where, "orders/0/1");
  EXPECT_EQ(read.rejects[0].raw, "{broken");
  EXPECT_EQ(read.rejects[1].where, "orders/0/2");
  EXPECT_EQ(read.rejects[1].reason, "tombstone");
}

TEST(KafkaTopicTest, KeepsTheSourceContract) {
  auto broker = kafka_broker::start({.topics = {{"orders", 1}}});
  ASSERT_TRUE(broker);
  send(broker->address(), "orders",
       {R"({"id":1,"amount":1,"name":"a"})", "{", R"({"id":2,"amount":2,"name":"b"})",
        R"({"id":3,"amount":3,"name":"c"})", R"({"id":4,"amount":4,"name":"d"})"});
  testing::check_source_contract<order>(
      {.make =
           [&] { return kafka<order>("orders", {.brokers = broker->address()}).bounded().make(); },
       .rows = {{1, 1, "a"}, {2, 2, "b"}, {3, 3, "c"}, {4, 4, "d"}},
       .rejects = 1});
}

TEST(KafkaTopicTest, GoesOnWhereTheGroupCommitted) {
  auto broker = kafka_broker::start({.topics = {{"orders", 1}}});
  ASSERT_TRUE(broker);
  send(broker->address(), "orders",
       {R"({"id":1,"amount":1,"name":"a"})", "{", R"({"id":2,"amount":2,"name":"b"})",
        R"({"id":3,"amount":3,"name":"c"})"});
  const kafka<order> topic{"orders", {.brokers = broker->address(), .group = "g"}};
  {
    testing::source_driver<order> driver{*topic.bounded().make()};
    ASSERT_TRUE(driver.open());
    driver.run({1, 1, false}, 2);
    driver.source().barrier(1);
    driver.run({1, 1, false}, 3); // read, but not safe downstream: not committed
    ASSERT_TRUE(driver.source().committed(1));
  }
  const auto rest = testing::read_everything<order>(topic.bounded().make());
  ASSERT_FALSE(rest.failure) << rest.failure->message;
  ASSERT_EQ(rest.rows.size(), 1U);
  EXPECT_EQ(rest.rows[0].text, testing::text_of(order{3, 3, "c"}));
  EXPECT_EQ(rest.rows[0].position, 2U);
}

TEST(KafkaTopicTest, ReadsAndWritesCsvLines) {
  auto broker = kafka_broker::start({.topics = {{"orders", 1}}});
  ASSERT_TRUE(broker);
  send(broker->address(), "orders", {"1,2.5,\"a,b\"", "1,2.5", "2,x,c"});
  const kafka<order> topic{"orders", {.brokers = broker->address(), .format = kafka_format::csv}};
  const auto read = testing::read_everything<order>(topic.bounded().make());
  ASSERT_FALSE(read.failure) << read.failure->message;
  ASSERT_EQ(read.rows.size(), 1U);
  EXPECT_EQ(read.rows[0].text, testing::text_of(order{1, 2.5, "a,b"}));
  EXPECT_EQ(read.rejects.size(), 2U);
}

TEST(KafkaTopicTest, SaysThatATopicIsMissing) {
  auto broker = kafka_broker::start({.topics = {{"orders", 1}}});
  ASSERT_TRUE(broker);
  const auto read = testing::read_everything<order>(
      kafka<order>("kafka://" + broker->address() + "/oders").bounded().make());
  ASSERT_TRUE(read.failure);
  EXPECT_EQ(read.failure->code, errc::config);
  EXPECT_NE(read.failure->message.find("no topic 'oders'; it has 'orders'"), std::string::npos)
      << read.failure->message;
}

TEST(KafkaTopicTest, GivesUpOnABrokerThatIsAway) {
  auto broker = kafka_broker::start();
  ASSERT_TRUE(broker);
  broker->set_reachable(false);
  const auto begin = std::chrono::steady_clock::now();
  const kafka<order> topic{
      "orders", {.brokers = broker->address(), .connect_timeout = std::chrono::milliseconds{500}}};
  const auto read = testing::read_everything<order>(topic.make());
  ASSERT_TRUE(read.failure);
  EXPECT_EQ(read.failure->code, errc::cannot_connect);
  EXPECT_NE(read.failure->message.find(broker->address()), std::string::npos);
  auto sink = topic.bind<order>().make();
  ASSERT_TRUE(sink);
  auto opened = (*sink)->open({"orders", [] {}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::cannot_connect);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{10});
}

TEST(KafkaBrokerTest, RefusesAPortThatIsTaken) {
  auto first = kafka_broker::start();
  ASSERT_TRUE(first);
  const auto& address = first->address();
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  auto second = kafka_broker::start({.port = port});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::cannot_connect);
}

} // namespace
} // namespace weir
