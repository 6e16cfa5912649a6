// SPDX-License-Identifier: Apache-2.0
//
// What a program is told of an option that makes no sense begins with the name of what it is of,
// and says it once.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/follow_lines_source.hpp>
#include <weir/io/lines_source.hpp>
#include <weir/io/slack_sink.hpp>
#include <weir/io/tcp_lines_source.hpp>
#include <weir/tests/dsl/pieces.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace weir {
namespace {

struct reading {
  std::string text;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(reading, (), (text, at))

struct mistake {
  std::string set;      // what is told
  std::string sentence; // the whole answer
  std::function<void(app&)> describe;
};

void watch(app& program) {
  program.from(memory_rows<reading>{{}}) | event_time(&reading::at) | throttle(1)
      | key_by(&reading::text) | window(tumbling(std::chrono::seconds{5}), agg::count())
      | to(discard{});
}
void see_days(app& program) {
  program.from(memory_rows<reading>{{}}) | processing_time() | key_by(&reading::text)
      | window(tumbling_days(1, "UTC"), agg::count()) | to(discard{});
}
void follow(app& program) { program.from(follow_lines("a.log")) | to(discard{}); }
void read(app& program) { program.from(lines("*_test.none")) | to(discard{}); }
void listen(app& program) { program.from(tcp_lines(":0")) | to(discard{}); }
void alert(app& program) {
  program.from(memory_rows<reading>{{}})
      | to(slack({.channel = "", .address = "http://127.0.0.1:1/"}));
}

TEST(MistakesTest, AreToldWithTheNameOfWhatTheyAreOfOnce) {
  const mistake mistakes[]{
      {"event_time.out_of_order=-1s", "event_time: out_of_order is -1s; it can't be negative",
       watch},
      {"event_time.idle_after=0s", "event_time: idle_after is 0s; it must be above 0, or left out",
       watch},
      {"throttle.rows_per_second=-2", "throttle: rows_per_second is -2.000000; it must be above 0",
       watch},
      {"window.allow_late=-1s", "window: allow_late is -1s; it can't be negative", watch},
      {"window.every=1s",
       "window: every is 1s, but windows of days fire by the watermark alone; "
       "leave it out",
       see_days},
      {"watermark_every=0s", "processing_time: watermark_every is 0s; it must be above 0",
       see_days},
      {"max_row_bytes=0",
       "follow_lines(a.log): max_row_bytes is 0, which no line fits: say how many bytes "
       "a line may have",
       follow},
      {"max_row_bytes=0",
       "lines(*_test.none): max_row_bytes is 0, which no line fits: say how many bytes a line "
       "may have",
       read},
      {"max_row_bytes=0",
       "tcp_lines(:0): max_row_bytes and most_connections are 1 at least, or no line "
       "could come",
       listen},
      {"slack.every=1s", "slack(): say which channel, such as channel=#alerts", alert}};
  for (const auto& [set, sentence, describe] : mistakes) {
    app program{"test"};
    const auto equals = set.find('=');
    program.set(set.substr(0, equals), set.substr(equals + 1));
    describe(program);
    const auto running = program.start();
    ASSERT_FALSE(running) << set;
    EXPECT_EQ(running.error().code, errc::config) << set;
    EXPECT_EQ(running.error().message, sentence);
  }
}

/// What both apps say of streams that meet in `meet` though they are not of one app.
void expect_refused(
    const std::string& how,
    const std::function<void(const stream<reading>&, const stream<reading>&)>& meet) {
  app one{"one"}, other{"other"};
  meet(one.from(memory_rows<reading>{{}}) | event_time(&reading::at),
       other.from(memory_rows<reading>{{}}) | event_time(&reading::at));
  for (auto* program : {&one, &other}) {
    const auto running = program->start();
    ASSERT_FALSE(running) << how;
    EXPECT_EQ(running.error().code, errc::config);
    EXPECT_EQ(running.error().message,
              "'" + how
                  + "' takes streams of two apps: rows stay within one app; make both "
                    "streams by from(...) of the same");
  }
}

TEST(MistakesTest, StreamsOfTwoAppsThatMeetAreAnErrorOfBoth) {
  expect_refused("merge", [](const auto& a, const auto& b) { merge(a, b) | to(discard{}); });
  expect_refused("join", [](const auto& a, const auto& b) {
    a | key_by(&reading::text)
        | join(b | key_by(&reading::text), tumbling(std::chrono::seconds{5}),
               [](const reading& left, const reading&) { return left; })
        | to(discard{});
  });
}

} // namespace
} // namespace weir
