// SPDX-License-Identifier: Apache-2.0
//
// Jobs from topic to topic: what is committed when, what a kill loses, how much memory a slow sink
// costs. Runs against the broker of kafka_place.hpp; jobs that are killed or measured run in a
// process of their own, which is this program with other arguments:
//
//   kafka_job_test JOB BROKERS TOPIC...

#include <weir/dsl/pipeline.hpp>
#include <weir/io/kafka_topic.hpp>
#include <weir/tests/support/kafka_place.hpp>

#include <gmock/gmock.h>
#include <spawn.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Each;
using ::testing::HasSubstr;
using testing::kafka_place;
using testing::messages_in;
using testing::send_records;

constexpr int partitions = 16;

struct item {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(item, (), (text))

kafka_options text_at(const std::string& brokers, std::string group = {}) {
  return {.brokers = brokers, .format = kafka_format::text, .group = std::move(group)};
}

/// Writes `rows` different items of `bytes` bytes each, spread over all partitions.
std::set<std::string> fill(const kafka_place& place, const std::string& topic, int rows,
                           std::size_t bytes) {
  std::set<std::string> written;
  std::vector<kafka_record> messages;
  for (int i = 0; i < rows; ++i) {
    auto text = std::to_string(i);
    text.resize(std::max(bytes, text.size()), '.');
    auto& message = messages.emplace_back();
    message.value = message.key = *written.insert(std::move(text)).first;
  }
  send_records(place, topic, messages);
  return written;
}

std::set<std::string> values_in(const kafka_place& place, const std::string& topic) {
  std::set<std::string> found;
  for (const auto& message : messages_in(place, topic)) found.insert(message.value.value_or(""));
  return found;
}

std::int64_t sum(const std::vector<std::int64_t>& offsets) {
  return std::accumulate(offsets.begin(), offsets.end(), std::int64_t{0});
}

/// Passes a topic on, slowly and without end.
int pass_on_slowly(const std::string& brokers, const std::string& in, const std::string& out,
                   const std::string& group) {
  app job{"passing on"};
  job.from(kafka<item>(in, text_at(brokers, group))) | throttle(5'000)
      | to(kafka<item>(out, text_at(brokers)));
  job.set("commit-every", "20ms");
  auto running = job.start();
  return running && running->wait().state == job_state::finished ? 0 : 1;
}

std::size_t status_kib(std::string_view name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return std::stoul(line.substr(name.size() + 1));
  return 0;
}

/// Reads a topic at less speed than it can be fetched, and prints by how much memory grew, in KiB.
int read_slowly(const std::string& brokers, const std::string& in, std::uint64_t fetch_bytes) {
  struct slow_sink final : sink<item> {
    result<void> open(sink_context) override { return {}; }
    result<std::size_t> write(batch_view<item> in) override { return in.size(); }
  };
  const auto before = status_kib("VmRSS:");
  app job{"reading slowly"};
  auto options = text_at(brokers);
  options.fetch_bytes = fetch_bytes;
  job.from(kafka<item>(in, options)) | throttle(2'000) | to(slow_sink{});
  auto running = job.start();
  if (!running || running->wait_for(milliseconds{1500})) return 1;
  running->stop();
  if (running->wait().state != job_state::stopped) return 1;
  std::printf("%zu\n", status_kib("VmHWM:") - before);
  return 0;
}

/// This program again, as one of the jobs above; its stdout goes to a file.
class child {
public:
  explicit child(std::vector<std::string> words, const std::string& out = "/dev/null") {
    words.insert(words.begin(), "/proc/self/exe");
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    EXPECT_EQ(::posix_spawn(&pid_, words[0].c_str(), &files, nullptr, arguments.data(), environ),
              0);
    posix_spawn_file_actions_destroy(&files);
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    if (pid_ > 0) {
      kill();
      wait();
    }
  }
  void kill() const { ::kill(pid_, SIGKILL); }
  /// The status of waitpid.
  int wait() {
    int status = -1;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

private:
  pid_t pid_ = -1;
};

/// A file that is gone with the test.
struct scratch_file {
  std::string path = "/tmp/weir-kafka-job-" + std::to_string(::getpid());
  ~scratch_file() { ::unlink(path.c_str()); }
};

TEST(KafkaJobTest, LosesNothingWhenItIsKilledAndStartedAgain) {
  kafka_place place;
  const auto in = place.add_topic("in", partitions);
  const auto out = place.add_topic("out", partitions);
  const auto group = place.name("group");
  const auto written = fill(place, in, 50'000, 0);
  const auto committed = [&] { return place.committed(group, in, partitions); };
  {
    child job{{"pass_on_slowly", place.brokers(), in, out, group}};
    const auto give_up = std::chrono::steady_clock::now() + seconds{60};
    while (sum(committed()) <= 0 && std::chrono::steady_clock::now() < give_up) {
    }
    job.kill();
    const int status = job.wait();
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: this test shows nothing";
  }
  const auto safe = sum(committed());
  ASSERT_GT(safe, 0);
  ASSERT_LT(safe, 50'000);
  EXPECT_GE(static_cast<std::int64_t>(values_in(place, out).size()), safe)
      << "committed before it was safe";

  app rest{"the rest"};
  std::atomic<std::int64_t> rows{0};
  rest.from(kafka<item>(in, text_at(place.brokers(), group)).bounded())
      | tap([&](const item&) { ++rows; }) | to(kafka<item>(out, text_at(place.brokers())));
  auto running = rest.start();
  ASSERT_TRUE(running) << running.error().message;
  ASSERT_EQ(running->wait().state, job_state::finished);
  EXPECT_LE(rows, 50'000 - safe) << "goes on behind what was committed";
  EXPECT_GT(rows, 0);
  EXPECT_TRUE(values_in(place, out) == written);
  EXPECT_EQ(sum(committed()), 50'000);
}

/// Takes all rows, but never makes them safe.
struct failing_sink final : sink<item> {
  result<void> open(sink_context) override { return {}; }
  result<std::size_t> write(batch_view<item> in) override { return in.size(); }
  result<bool> prepare(std::uint64_t) override { return error{errc::failed, "the disk is full"}; }
};

TEST(KafkaJobTest, CommitsNothingWhileASinkHasNotMadeItSafe) {
  kafka_place place;
  const auto in = place.add_topic("in", partitions);
  const auto group = place.name("group");
  fill(place, in, 1'000, 0);
  app job{"stuck"};
  job.from(kafka<item>(in, text_at(place.brokers(), group))) | to(failing_sink{});
  job.set("commit-every", "50ms");
  auto running = job.start();
  ASSERT_TRUE(running) << running.error().message;
  const auto ended = running->wait_for(seconds{60});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->state, job_state::failed);
  EXPECT_THAT(ended->cause->message, HasSubstr("the disk is full"));
  EXPECT_THAT(place.committed(group, in, partitions), Each(-1));
}

/// By how much a process grew that read the topic slowly.
std::size_t growth_bytes(const kafka_place& place, const std::string& topic,
                         std::uint64_t fetch_bytes) {
  const scratch_file grown;
  child job{{"read_slowly", place.brokers(), topic, std::to_string(fetch_bytes)}, grown.path};
  EXPECT_EQ(job.wait(), 0);
  std::size_t kib = 0;
  std::ifstream{grown.path} >> kib;
  return kib * 1024;
}

TEST(KafkaJobTest, HoldsLittleWhenTheBrokerIsFasterThanTheSink) {
  kafka_place place;
  const auto little = place.add_topic("little", partitions);
  const auto much = place.add_topic("much", partitions);
  constexpr std::uint64_t mib = 1024 * 1024;
  constexpr std::uint64_t fetch_bytes = 4 * mib;
  fill(place, little, partitions, 1024);
  fill(place, much, 48'000, 1024); // 48 MiB
  const auto idle = growth_bytes(place, little, fetch_bytes);
  const auto grown = growth_bytes(place, much, fetch_bytes);
  constexpr std::uint64_t batch = batch_bytes + batch_capacity<item> * sizeof(item);
  const auto link = static_cast<std::uint64_t>(initial_credit().bytes) + 8 * batch;
  std::printf("grew by %.1f MiB, an idle one by %.1f MiB\n", static_cast<double>(grown) / mib,
              static_cast<double>(idle) / mib);
  EXPECT_GT(grown, idle + mib) << "read nothing: this test shows nothing";
  // What was fetched, as much again in answers of which a part is still to be read, and for each of
  // two links its credit and eight batches that go round; a quarter of it for the allocator, as
  // text is freed by other threads than those that asked for it.
  EXPECT_LT(grown, idle + (2 * fetch_bytes + 2 * link) * 5 / 4);
}

} // namespace
} // namespace weir

int main(int argc, char** argv) {
  const std::vector<std::string> words{argv + 1, argv + argc};
  if (!words.empty() && words[0] == "pass_on_slowly")
    return weir::pass_on_slowly(words.at(1), words.at(2), words.at(3), words.at(4));
  if (!words.empty() && words[0] == "read_slowly")
    return weir::read_slowly(words.at(1), words.at(2), std::stoull(words.at(3)));
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
