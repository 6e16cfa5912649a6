// SPDX-License-Identifier: Apache-2.0
//
// The embedded broker, and what source and sink do when a broker is away.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/kafka_broker.hpp>
#include <weir/io/kafka_topic.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/tests/support/kafka_place.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

struct order {
  int id = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (id))

/// A port that takes connections and never says a word.
class silent_port {
public:
  silent_port() : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic{};
    std::memcpy(&generic, &at, sizeof at);
    socklen_t size = sizeof generic;
    EXPECT_EQ(::bind(fd_, &generic, size), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    EXPECT_EQ(::getsockname(fd_, &generic, &size), 0);
    std::memcpy(&at, &generic, sizeof at);
    address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  }
  silent_port(const silent_port&) = delete;
  silent_port& operator=(const silent_port&) = delete;
  ~silent_port() { ::close(fd_); }
  [[nodiscard]] const std::string& address() const { return address_; }

private:
  int fd_;
  std::string address_;
};

/// Source and sink both give up in time, and say on whom.
void expect_unreachable(const std::string& address) {
  const auto begin = std::chrono::steady_clock::now();
  const kafka<order> topic{"orders", {.brokers = address, .connect_timeout = milliseconds{300}}};
  const auto read = testing::read_everything<order>(topic.make());
  const testing::sink_run written{topic.bind<order>().make()};
  for (const auto& failure : {read.failure, written.failure}) {
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, errc::cannot_connect);
    EXPECT_EQ(exit_code_of(failure->code), 4);
    EXPECT_THAT(failure->message, HasSubstr("'" + address + "'"));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds{10});
}

TEST(KafkaBrokerTest, IsGivenUpInTimeWhenItIsAway) {
  auto broker = kafka_broker::start();
  ASSERT_TRUE(broker);
  broker->set_reachable(false);
  expect_unreachable(broker->address());
}

TEST(KafkaBrokerTest, IsGivenUpInTimeWhenItNeverAnswers) {
  const silent_port port;
  expect_unreachable(port.address());
}

TEST(KafkaBrokerTest, RefusesAPortThatIsTaken) {
  auto first = kafka_broker::start();
  ASSERT_TRUE(first);
  const auto& address = first->address();
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  auto second = kafka_broker::start({.port = port});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::cannot_connect);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(port)));
}

TEST(KafkaBrokerTest, ThatDiesFailsAJobThatReadsFromIt) {
  auto broker = kafka_broker::start({.topics = {{"orders", 2}}});
  ASSERT_TRUE(broker);
  app job{"reader"};
  memory_sink<order> out;
  job.from(
      kafka<order>("orders", {.brokers = broker->address(), .away_timeout = milliseconds{300}}))
      | to(out);
  job.set("commit-every", "50ms");
  auto running = job.start();
  ASSERT_TRUE(running) << running.error().message;
  broker->set_reachable(false);
  const auto ended = running->wait_for(seconds{60});
  ASSERT_TRUE(ended) << "waits for ever";
  EXPECT_EQ(ended->state, job_state::failed);
  ASSERT_TRUE(ended->cause);
  EXPECT_EQ(ended->cause->code, errc::cannot_connect);
  EXPECT_THAT(ended->cause->message, HasSubstr("'" + broker->address() + "'"));
}

TEST(KafkaBrokerTest, ThatComesBackInTimeFailsNothing) {
  auto broker = kafka_broker::start({.topics = {{"in", 1}, {"out", 1}}});
  ASSERT_TRUE(broker);
  const kafka_options options{.brokers = broker->address(), .start = kafka_start::earliest};
  app job{"passing on"};
  memory_source<order> in;
  memory_sink<order> out;
  job.from(in) | to(kafka<order>("in", options));
  job.from(kafka<order>("in", options)) | to(out);
  job.set("commit-every", "50ms");
  auto running = job.start();
  ASSERT_TRUE(running) << running.error().message;
  in.push(order{1});
  ASSERT_TRUE(out.wait_for(1, seconds{30}));
  broker->set_reachable(false);
  in.push(order{2});
  // As long as one that comes now waits for it in vain.
  app newcomer{"newcomer"};
  auto short_of_patience = options;
  short_of_patience.connect_timeout = milliseconds{500};
  newcomer.from(kafka<order>("in", short_of_patience)) | to(discard{});
  EXPECT_FALSE(newcomer.start());
  EXPECT_EQ(out.count(), 1U);
  broker->set_reachable(true);
  in.push(order{3});
  ASSERT_TRUE(out.wait_for(3, seconds{60}));
  running->stop();
  EXPECT_EQ(running->wait().state, job_state::stopped);
  EXPECT_EQ(out.take().size(), 3U) << "nothing lost, nothing twice";
}

TEST(KafkaBrokerTest, ThatDiesFailsAJobThatWritesToIt) {
  auto broker = kafka_broker::start({.topics = {{"orders", 1}}});
  ASSERT_TRUE(broker);
  app job{"writer"};
  memory_source<order> in;
  job.from(in)
      | to(kafka<order>("orders",
                        {.brokers = broker->address(), .delivery_timeout = milliseconds{500}}));
  auto running = job.start();
  ASSERT_TRUE(running) << running.error().message;
  broker->set_reachable(false);
  for (int id = 0; id < 3; ++id) in.push(order{id});
  in.close(); // all rows are there: only their delivery can fail now
  const auto ended = running->wait_for(seconds{60});
  ASSERT_TRUE(ended) << "waits for ever";
  EXPECT_EQ(ended->state, job_state::failed);
  ASSERT_TRUE(ended->cause);
  EXPECT_EQ(ended->cause->code, errc::cannot_connect);
  EXPECT_THAT(ended->cause->message, HasSubstr("'" + broker->address() + "' did not acknowledge"));
  EXPECT_THAT(ended->cause->message,
              HasSubstr("of 3 messages it was given it did not acknowledge 3"));
}

/// What a job warns of, to be waited for.
class warnings {
public:
  std::function<void(const std::string&)> take() {
    return [this](const std::string& text) {
      const std::lock_guard lock{mutex_};
      all_.push_back(text);
      more_.notify_all();
    };
  }
  /// All there are, once there are so many.
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    more_.wait_for(lock, seconds{30}, [&] { return all_.size() >= count; });
    return all_;
  }

private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<std::string> all_;
};

TEST(KafkaBrokerTest, IsToldOfOnceWhenItIsAwayAndOnceWhenItIsBack) {
  auto broker = kafka_broker::start({.topics = {{"in", 1}, {"out", 1}}});
  ASSERT_TRUE(broker);
  const auto kafka_at = [&](const std::string& topic) {
    return kafka<order>(topic, {.brokers = broker->address(), .away_timeout = seconds{50}});
  };
  warnings told; // outlives the jobs
  app reading{"reading"};
  reading.from(kafka_at("in")) | to(discard{});
  app writing{"writing"};
  memory_source<order> rows;
  writing.from(rows) | to(kafka_at("out"));
  for (auto* each : {&reading, &writing}) each->on_warning(told.take()).set("commit-every", "50ms");
  auto reader = reading.start();
  auto writer = writing.start();
  ASSERT_TRUE(reader && writer);
  for (std::size_t outages = 1; outages <= 2; ++outages) {
    const auto before = 4 * (outages - 1);
    broker->set_reachable(false);
    rows.push(order{1});
    const auto away = told.wait_for(before + 2);
    ASSERT_EQ(away.size(), before + 2);
    EXPECT_THAT((std::vector<std::string>{away.end() - 2, away.end()}),
                ::testing::UnorderedElementsAre(
                    "Kafka at '" + broker->address()
                        + "' does not answer (topic 'in'); trying again for up to 50s",
                    "Kafka at '" + broker->address()
                        + "' does not answer (topic 'out'); trying again for up to 1min"));
    broker->set_reachable(true);
    const auto back = told.wait_for(before + 4);
    ASSERT_EQ(back.size(), before + 4);
    EXPECT_THAT((std::vector<std::string>{back.end() - 2, back.end()}),
                ::testing::UnorderedElementsAre(HasSubstr("' answers again (topic 'in')"),
                                                HasSubstr("' answers again (topic 'out')")));
  }
  reader->stop();
  writer->stop();
  EXPECT_EQ(reader->wait().state, job_state::stopped);
  EXPECT_EQ(writer->wait().state, job_state::stopped);
  EXPECT_EQ(told.wait_for(8).size(), 8U);
}

} // namespace
} // namespace weir
