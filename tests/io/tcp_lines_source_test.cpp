// SPDX-License-Identifier: Apache-2.0

#include <weir/io/tcp_lines_source.hpp>
#include <weir/tests/support/source_contract.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <poll.h>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace weir;
using boost::asio::ip::tcp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using weir::testing::given_end;
using weir::testing::given_row;
using weir::testing::read_everything;
using weir::testing::source_driver;

/// A sender on loopback. Whether the other side still reads is not its concern.
class client {
public:
  explicit client(std::uint16_t port) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    socket_.set_option(tcp::no_delay{true});
  }
  void send(std::string_view text) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(text.data(), text.size()), ignored);
  }
  void close() { socket_.close(); }
  /// Ends it as a process that is killed with data unread would.
  void reset() {
    socket_.set_option(boost::asio::socket_base::linger{true, 0});
    socket_.close();
  }
  tcp::socket& socket() { return socket_; }

private:
  boost::asio::io_context context_;
  tcp::socket socket_{context_};
};

struct opened {
  std::unique_ptr<source_driver<line>> driver;
  std::uint16_t port = 0;
};

opened open(tcp_lines_options options) {
  opened made;
  auto source =
      tcp_lines(":0", options).on_listening([&](std::uint16_t port) { made.port = port; }).make();
  EXPECT_TRUE(source);
  made.driver = std::make_unique<source_driver<line>>(*std::move(source));
  EXPECT_TRUE(made.driver->open());
  EXPECT_NE(made.port, 0);
  return made;
}

TEST(TcpLinesSourceTest, KeepsTheSourceContract) {
  std::vector<std::jthread> senders;
  const auto make = [&] {
    return tcp_lines(":0", {.connections = 1})
        .on_listening([&](std::uint16_t port) {
          senders.emplace_back([port] {
            try {
              client one{port};
              one.send("first\r\nsec");
              one.send("ond\n\nlast, ");
            } catch (const boost::system::system_error&) { // one that is closed at once refuses
            }
          });
        })
        .make();
  };
  weir::testing::check_source_contract<line>(
      {.make = make, .rows = {{"first"}, {"second"}, {""}, {"last, "}}, .seeks = false});
}

TEST(TcpLinesSourceTest, GivesEachConnectionAPartitionAndReusesIt) {
  auto [driver, port] = open({.connections = 3});
  client first{port};
  first.send("a\n");
  driver->run({}, 1);
  client second{port};
  second.send("b\nc");
  second.close();
  driver->run({}, 3);
  first.send("d\n");
  driver->run({}, 4);
  first.close();
  client third{port};
  third.send("e\n");
  third.close();
  driver->run();
  EXPECT_TRUE(driver->has_ended);
  ASSERT_EQ(driver->rows.size(), 5U);
  EXPECT_THAT(std::vector<given_row>(driver->rows.begin(), driver->rows.begin() + 4),
              ElementsAre(given_row{"a|", "0", 0}, given_row{"b|", "1", 0}, given_row{"c|", "1", 1},
                          given_row{"d|", "0", 1}));
  EXPECT_EQ(driver->rows[4].text, "e|");
  EXPECT_EQ(driver->rows[4].position, 2U) << "positions of a place go on";
}

TEST(TcpLinesSourceTest, EndsThePartitionOfAConnectionThatClosesBehindItsLastRow) {
  auto [driver, port] = open({.connections = 2});
  client first{port};
  first.send("a\n");
  driver->run({}, 1);
  client second{port};
  second.send("b\n");
  driver->run({}, 2);
  EXPECT_THAT(driver->ends, ElementsAre()) << "both are open";
  first.send("c\nd");
  first.close();
  driver->run({.rows = 1, .batch_limit = 1}, 4);
  second.send("e\n");
  driver->run({.rows = 1, .batch_limit = 1}, 5);
  second.close();
  driver->run({.rows = 1, .batch_limit = 1});
  EXPECT_TRUE(driver->has_ended);
  std::vector<std::string> ended;
  for (const auto& end : driver->ends) {
    ended.push_back(end.partition);
    for (auto row = end.rows_before; row < driver->rows.size(); ++row)
      EXPECT_NE(driver->rows[row].partition, end.partition) << driver->rows[row] << " came behind";
  }
  EXPECT_THAT(ended, UnorderedElementsAre("0", "1"));
}

TEST(TcpLinesSourceTest, TakesAConnectionThatReusesAPlaceForANewPartition) {
  auto [driver, port] = open({.most_connections = 1, .connections = 3});
  for (const auto* const text : {"a\nb\n", "", "c\n"}) client{port}.send(text);
  driver->run();
  EXPECT_THAT(driver->rows, ElementsAre(given_row{"a|", "0", 0}, given_row{"b|", "0", 1},
                                        given_row{"c|", "0", 2}));
  EXPECT_THAT(driver->ends, ElementsAre(given_end{"0", 2}, given_end{"0", 2}, given_end{"0", 3}));
}

TEST(TcpLinesSourceTest, RejectsLongLinesAndGoesOn) {
  auto [driver, port] = open({.max_row_bytes = 100, .connections = 1});
  std::jthread sender{[port = port] {
    client one{port};
    one.send("a\n" + std::string(1'000'000, 'x') + "\nb\n");
  }};
  driver->run();
  EXPECT_THAT(driver->rows, ElementsAre(given_row{"a|", "0", 0}, given_row{"b|", "0", 1}));
  ASSERT_EQ(driver->rejects.size(), 1U);
  EXPECT_THAT(driver->rejects[0].where, StartsWith("127.0.0.1:"));
  EXPECT_TRUE(driver->rejects[0].where.ends_with(":2"));
  EXPECT_EQ(driver->rejects[0].raw, std::string(100, 'x'));
}

TEST(TcpLinesSourceTest, KeepsWhatCameBeforeAConnectionBroke) {
  auto [driver, port] = open({.connections = 1});
  client one{port};
  one.send("a\nhal");
  driver->run({}, 1);
  one.reset();
  driver->run();
  EXPECT_TRUE(driver->has_ended);
  EXPECT_THAT(driver->rows, ElementsAre(given_row{"a|", "0", 0}, given_row{"hal|", "0", 1}));
  EXPECT_THAT(driver->ends, ElementsAre(given_end{"0", 2}));
  EXPECT_THAT(driver->warnings(), ElementsAre(HasSubstr("broke off")));
}

TEST(TcpLinesSourceTest, MakesSendersWaitWhileNobodyPolls) {
  auto [driver, port] = open({.connections = 1});
  client one{port};
  one.socket().non_blocking(true);
  const std::string piece = std::string(999, 'x') + "\n";
  std::string rest;
  std::size_t sent = 0;
  for (pollfd until{one.socket().native_handle(), POLLOUT, 0}; ::poll(&until, 1, 300) == 1;) {
    if (rest.empty()) rest = piece;
    boost::system::error_code full;
    const auto bytes = one.socket().write_some(boost::asio::buffer(rest), full);
    rest.erase(0, bytes);
    sent += bytes;
    ASSERT_LT(sent, 64U << 20) << "the system holds some, we hold one block";
  }
  one.socket().non_blocking(false);
  std::jthread sender{[&] {
    one.send(rest);
    one.close();
  }};
  driver->run();
  EXPECT_EQ(driver->rows.size(), (sent + rest.size()) / piece.size());
}

TEST(TcpLinesSourceTest, TakesNoMoreConnectionsAtOnceThanAllowed) {
  auto [driver, port] = open({.most_connections = 1, .connections = 2});
  client first{port}, second{port}; // the system accepts both
  second.send("second\n");
  second.close();
  first.send("first\n");
  driver->run({}, 1);
  first.close();
  driver->run();
  EXPECT_THAT(driver->rows, ElementsAre(given_row{"first|", "0", 0}, given_row{"second|", "0", 1}));
}

TEST(TcpLinesSourceTest, SaysWhereItCanNotListen) {
  const auto [driver, port] = open({});
  auto taken = tcp_lines("127.0.0.1:" + std::to_string(port)).make();
  ASSERT_TRUE(taken);
  const auto opened = (*taken)->open({.name = "x", .wake = [] {}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::cannot_connect);
  EXPECT_THAT(opened.error().message, HasSubstr("cannot listen on 127.0.0.1:"));
  for (const auto* const bad : {"9000", ":", ":70000", ":http", "nowhere.example:1", "[::1:1"}) {
    const auto made = tcp_lines(bad).make();
    ASSERT_FALSE(made) << bad;
    EXPECT_EQ(made.error().code, errc::config);
    EXPECT_THAT(made.error().message, HasSubstr(bad));
  }
  for (const auto* const good : {":0", "tcp://:0", "localhost:0", "tcp://127.0.0.1:0", "[::1]:0"})
    EXPECT_TRUE(tcp_lines(good).make()) << good;
}

TEST(TcpLinesSourceTest, EndsWhileSendersAreStillThere) {
  auto [driver, port] = open({});
  client one{port};
  one.send("a\nb");
  driver->run({}, 1);
  driver.reset();
  one.send("nobody reads this\n");
  SUCCEED() << "and nothing hangs";
}

RC_GTEST_PROP(TcpLinesSourceTest, KeepsTheLinesOfManySendersHoweverTheyAreCut, ()) {
  const auto texts = *rc::gen::nonEmpty(rc::gen::resize(
      6, rc::gen::container<std::vector<std::vector<std::string>>>(
             rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                 "a", "\n", "word", "\r\n", "x\ny", std::string(700, 'l'))))));
  std::uint16_t port = 0;
  auto made = tcp_lines(":0", {.connections = texts.size()})
                  .on_listening([&](std::uint16_t found) { port = found; })
                  .make();
  source_driver<line> driver{*std::move(made)};
  RC_ASSERT(static_cast<bool>(driver.open()));
  std::multiset<std::vector<std::string>> expected, got;
  std::vector<std::jthread> senders;
  for (const auto& pieces : texts) {
    senders.emplace_back([pieces, port] {
      client one{port};
      for (const auto& piece : pieces) one.send(piece);
    });
    std::string all;
    for (const auto& piece : pieces) all += piece;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < all.size();) {
      const auto end = std::min(all.find('\n', at), all.size());
      auto text = all.substr(at, end - at);
      if (text.ends_with('\r')) text.pop_back();
      lines.push_back(text + "|");
      at = end + 1;
    }
    expected.insert(std::move(lines));
  }
  driver.run({.rows = 3, .batch_limit = 2, .keeps_batch = true});
  RC_ASSERT(driver.has_ended);
  // A place may have several senders in turn: the end of each parts its lines from the next one's.
  std::map<std::string, std::vector<std::string>> open_lines;
  std::map<std::string, std::uint64_t> next;
  std::size_t row = 0;
  for (const auto& end : driver.ends) {
    for (; row < end.rows_before; ++row) {
      const auto& [text, partition, position] = driver.rows[row];
      open_lines[partition].push_back(text);
      RC_ASSERT(position == next[partition]++);
    }
    got.insert(std::exchange(open_lines[end.partition], {}));
  }
  RC_ASSERT(row == driver.rows.size());
  RC_ASSERT(got == expected);
}

} // namespace
