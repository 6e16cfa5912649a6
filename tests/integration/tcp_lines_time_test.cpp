// SPDX-License-Identifier: Apache-2.0
//
// Event time over connections that come and go: windows wait for those that are open, no others.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/tcp_lines_source.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::UnorderedElementsAre;

/// How long a test waits for what must come.
constexpr auto patience = 20s;

struct tick {
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(tick, (), (at))

result<tick> parse_tick(std::string_view text) {
  int second = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), second);
  if (parsed.ec != std::errc{}) return error{errc::failed, "no number"};
  return tick{timestamp{std::chrono::seconds{second}}};
}

constexpr auto alike = [](const tick&) { return 0; };
using result_row = windowed<int, std::uint64_t>;

/// Ticks that come over TCP, counted in windows of ten seconds.
struct counting {
  explicit counting(tcp_lines_options options) {
    auto timed =
        program.from(tcp_lines(":0", parse_tick, options).on_listening([this](std::uint16_t found) {
          port = found;
        }))
        | event_time(&tick::at);
    timed | to(seen);
    timed | key_by(alike) | window(tumbling(10s), agg::count()) | to(counts);
    auto started = program.start();
    if (!started) throw std::runtime_error{started.error().message};
    job.emplace(*std::move(started));
  }
  [[nodiscard]] boost::asio::ip::tcp::iostream connect() const {
    return boost::asio::ip::tcp::iostream{"127.0.0.1", std::to_string(port)};
  }
  /// True: it has been given its time.
  [[nodiscard]] bool takes(std::iostream& from, int second) {
    from << second << '\n' << std::flush;
    return seen.wait_for(++sent, patience);
  }
  /// `start: rows` of each window.
  [[nodiscard]] std::vector<std::string> windows() const {
    std::vector<std::string> all;
    for (const auto& row : counts.rows())
      all.push_back(std::to_string(row.start.time_since_epoch() / 1s) + ": "
                    + std::to_string(row.value));
    return all;
  }

  app program{"test"};
  memory_sink<tick> seen;
  memory_sink<result_row> counts;
  std::uint16_t port = 0;
  std::uint64_t sent = 0;
  std::optional<running_job> job;
};

TEST(TcpLinesTimeTest, WindowsDoNotWaitForAConnectionThatClosed) {
  counting c{{.connections = 2}};
  auto early = c.connect();
  ASSERT_TRUE(c.takes(early, 5));
  auto other = c.connect();
  ASSERT_TRUE(c.takes(other, 6));
  ASSERT_TRUE(c.takes(early, 7));
  early.close();
  ASSERT_TRUE(c.takes(other, 25));
  EXPECT_TRUE(c.counts.wait_for(1, patience)) << "while the other is still open";
  EXPECT_THAT(c.windows(), UnorderedElementsAre("0: 3"));
  other.close();
  EXPECT_EQ(c.job->wait().state, job_state::finished);
  EXPECT_THAT(c.windows(), UnorderedElementsAre("0: 3", "20: 1"));
}

TEST(TcpLinesTimeTest, AConnectionIsNotJudgedByTheOneWhosePlaceItTook) {
  counting c{{.most_connections = 2, .connections = 3}};
  auto ahead = c.connect();
  ASSERT_TRUE(c.takes(ahead, 40));
  auto other = c.connect();
  ASSERT_TRUE(c.takes(other, 41));
  ASSERT_TRUE(c.takes(ahead, 100));
  ahead.close();
  auto next = c.connect(); // there is no other place for it
  ASSERT_TRUE(c.takes(next, 50));
  ASSERT_TRUE(c.takes(other, 90));
  ASSERT_TRUE(c.takes(next, 51)) << "it is at 50, so this is not late";
  other.close();
  next.close();
  EXPECT_EQ(c.job->wait().state, job_state::finished);
  EXPECT_THAT(c.windows(), UnorderedElementsAre("40: 2", "50: 2", "90: 1", "100: 1"));
}

} // namespace
} // namespace weir
