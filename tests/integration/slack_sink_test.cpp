// SPDX-License-Identifier: Apache-2.0
//
// Alerts over sockets, to a server that plays Slack: well, unwell, and not there.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/io/slack_sink.hpp>
#include <weir/tests/support/http_place.hpp>
#include <weir/tests/support/scratch_directory.hpp>

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::http_answer;
using testing::http_asked;
using testing::http_place;
using ::testing::Not;

const std::string well = http_answer(200, R"({"ok":true,"ts":"1.2"})");
constexpr const char* token = "xoxb-not-a-real-one";

struct alarm_row {
  int card = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(alarm_row, (), (card, text))

/// Quick, so that a test does not wait for what it does not look at.
slack_options options_for(const std::string& address) {
  return {.channel = "#alerts",
          .token = secret{"WEIR_SLACK_TEST_TOKEN"},
          .address = address,
          .first_wait = 1ms,
          .longest_wait = 2ms};
}

/// What a job told while it gave alerts to Slack.
struct told {
  job_summary ended;
  std::string warnings;
  std::uint64_t lost = 0;
};

told alert(const slack_options& options, std::vector<alarm_row> rows) {
  ::setenv("WEIR_SLACK_TEST_TOKEN", token, 1);
  app graph{"alerts"};
  std::mutex mutex;
  told all;
  graph.on_warning([&](const std::string& text) {
    const std::lock_guard lock{mutex};
    all.warnings += text + "\n";
  });
  graph.from(memory_rows{std::move(rows)}) | to(slack(options));
  auto job = graph.start();
  EXPECT_TRUE(job) << (job ? "" : job.error().message);
  if (job) {
    all.ended = job->wait();
    for (const auto& actor : job->counters()) all.lost += actor.lost_rows.get();
  }
  EXPECT_EQ(all.ended.state, job_state::finished)
      << (all.ended.cause ? all.ended.cause->message : "");
  EXPECT_THAT(all.warnings, Not(HasSubstr(token)));
  return all;
}

std::vector<std::string> bodies(const http_place& place) {
  std::vector<std::string> all;
  for (const auto& asked : place.asked()) all.push_back(asked.body);
  return all;
}

/// The last answer again and again.
auto one_after_the_other(std::vector<std::optional<std::string>> answers) {
  return [answers, next = std::size_t{0}](const http_asked&) mutable {
    return answers[std::min(next++, answers.size() - 1)];
  };
}

TEST(SlackSinkTest, PostsEachTextWithChannelAndToken) {
  const http_place place{[](const http_asked&) { return well; }};
  const auto told = alert(options_for(place.address() + "/api/chat.postMessage"),
                          {{1, "one\n\"two\""}, {2, "<!channel> R&D -> 5"}, {3, "이상 거래"}});
  EXPECT_EQ(told.warnings, "");
  EXPECT_THAT(bodies(place),
              ElementsAre(R"({"channel":"#alerts","text":"one\n\"two\""})",
                          R"({"channel":"#alerts","text":"&lt;!channel> R&amp;D -> 5"})",
                          R"({"channel":"#alerts","text":"이상 거래"})"));
  const auto first = place.asked().front();
  EXPECT_EQ(first.method, "POST");
  EXPECT_EQ(first.target, "/api/chat.postMessage");
  EXPECT_EQ(first.headers.at("authorization"), std::string{"Bearer "} + token);
  EXPECT_EQ(first.headers.at("content-type"), "application/json; charset=utf-8");
}

TEST(SlackSinkTest, TellsSlacksWordForWhatItRefuses) {
  const http_place place{
      one_after_the_other({http_answer(200, R"({"ok":false,"error":"invalid_auth"})"), well})};
  const auto told = alert(options_for(place.address()), {{1, "a"}, {2, "b"}});
  EXPECT_THAT(told.warnings,
              HasSubstr("1 alert dropped: 1 refused: invalid_auth: give it the token "
                        "of a bot of this workspace"));
  EXPECT_THAT(told.warnings, HasSubstr("1 alert delivered; 1 dropped"));
  EXPECT_EQ(place.asked().size(), 2U) << "what is refused is not tried again";
  EXPECT_EQ(told.lost, 1U);
}

TEST(SlackSinkTest, ShowsNoTokenThatAServerRepeats) {
  const std::string echo = R"({"ok":false,"error":"who is )" + std::string{token} + "\"}";
  const http_place place{[&](const http_asked&) { return http_answer(200, echo); }};
  EXPECT_THAT(alert(options_for(place.address()), {{1, "a"}}).warnings,
              AllOf(HasSubstr("refused: who?is?????"), Not(HasSubstr("real"))));
}

TEST(SlackSinkTest, ComesAgainWhenSlackHasSaid) {
  const http_place place{one_after_the_other({http_answer(429, "", "Retry-After: 1\r\n"), well})};
  EXPECT_EQ(alert(options_for(place.address()), {{1, "a"}}).warnings, "");
  const auto asked = place.asked();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_GE(asked[1].at - asked[0].at, 1s);
}

TEST(SlackSinkTest, ComesAgainWhenSlackHasSaidSoWithinAnAnswerOf200) {
  const http_place place{one_after_the_other(
      {http_answer(200, R"({"ok":false,"error":"ratelimited"})", "Retry-After: 1\r\n"), well})};
  EXPECT_EQ(alert(options_for(place.address()), {{1, "a"}}).warnings, "");
  const auto asked = place.asked();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_GE(asked[1].at - asked[0].at, 1s);
}

TEST(SlackSinkTest, TriesAgainWhileSlackIsUnwell) {
  auto options = options_for("");
  options.answer_timeout = 50ms;
  for (const std::optional<std::string>& unwell : std::vector<std::optional<std::string>>{
           http_answer(500, ""), http_answer(200, "<html>"), "garbage\r\n\r\n", "", std::nullopt}) {
    SCOPED_TRACE(unwell.value_or("(silence)"));
    const http_place place{one_after_the_other({unwell, unwell, well})};
    options.address = place.address();
    EXPECT_EQ(alert(options, {{1, "a"}}).warnings, "");
    EXPECT_EQ(place.asked().size(), 3U);
  }
}

TEST(SlackSinkTest, DropsWhatCannotBeDeliveredAndSaysWhy) {
  const testing::closed_port nobody;
  auto options = options_for(nobody.address());
  options.tries = 3;
  const auto told = alert(options, {{1, "a"}, {2, "b"}});
  EXPECT_THAT(told.warnings,
              AllOf(HasSubstr("tried 3 times: cannot connect to " + nobody.address()),
                    HasSubstr("0 alerts delivered; 2 dropped")));
  EXPECT_EQ(told.lost, 2U);
}

TEST(SlackSinkTest, BlocksNobodyWhileSlackIsSilent) {
  const http_place place{[](const http_asked&) { return std::nullopt; }};
  auto options = options_for(place.address());
  options.waiting_alerts = 10;
  options.leave_within = 50ms;
  std::vector<alarm_row> rows(100'000, {1, "a"});
  const auto told = alert(options, std::move(rows));
  EXPECT_LT(told.ended.took, 5s) << "less than one timeout of an answer";
  EXPECT_THAT(told.warnings, AllOf(HasSubstr("0 alerts delivered; 100000 dropped"),
                                   HasSubstr("10 left behind, as they had 50ms"),
                                   HasSubstr("99990 not taken, as 10 were waiting")));
  EXPECT_EQ(told.lost, 100'000U);
}

TEST(SlackSinkTest, GivesWhatWaitsTimeToLeave) {
  const http_place place{[](const http_asked&) { return well; }};
  EXPECT_EQ(alert(options_for(place.address()), std::vector<alarm_row>(200, {1, "a"})).warnings,
            "");
  EXPECT_EQ(place.asked().size(), 200U);
  for (const auto& asked : place.asked()) EXPECT_EQ(asked.connection, 0);
}

TEST(SlackSinkTest, SendsOneAlertAKeyInItsTime) {
  const http_place place{[](const http_asked&) { return well; }};
  auto options = options_for(place.address());
  options.key = "card";
  const auto told = alert(options, {{1, "a"}, {2, "b"}, {1, "c"}, {1, "d"}});
  EXPECT_THAT(bodies(place), ElementsAre(HasSubstr("\"a\""), HasSubstr("\"b\"")));
  EXPECT_THAT(told.warnings, HasSubstr("2 alerts delivered; 2 held back, less than 1min behind"));
  EXPECT_EQ(told.lost, 0U) << "what is held back is so as asked for";
}

TEST(SlackSinkTest, LetsTheNextAlertOfAKeyGoWhenOneWasRefused) {
  const http_place place{
      one_after_the_other({http_answer(200, R"({"ok":false,"error":"no_text"})"), well})};
  auto options = options_for(place.address());
  options.key = "card";
  options.waiting_alerts = 1;
  ::setenv("WEIR_SLACK_TEST_TOKEN", token, 1);
  app graph{"alerts"};
  graph.on_warning([](const std::string&) {});
  memory_source<alarm_row> alarms;
  graph.from(alarms) | to(slack(options));
  auto job = graph.start();
  ASSERT_TRUE(job);
  const auto lost = [&] {
    std::uint64_t all = 0;
    for (const auto& actor : job->counters()) all += actor.lost_rows.get();
    return all;
  };
  alarms.push({1, "a"});
  while (lost() == 0) std::this_thread::yield();
  alarms.push({1, "b"});
  alarms.close();
  EXPECT_EQ(job->wait().state, job_state::finished);
  EXPECT_THAT(bodies(place), ElementsAre(HasSubstr("\"a\""), HasSubstr("\"b\"")));
  EXPECT_EQ(lost(), 1U);
}

TEST(SlackSinkTest, TrustsTheAuthorityItWasGivenAndNoOther) {
  const auto own = testing::make_certificate("IP:127.0.0.1");
  const testing::scratch_directory directory;
  const http_place place{[](const http_asked&) { return well; }, own};
  auto options = options_for(place.address());
  options.tries = 1;
  EXPECT_THAT(alert(options, {{1, "a"}}).warnings, HasSubstr("is not to be trusted"));
  EXPECT_TRUE(place.asked().empty());
  options.ca_file = directory.file("authority.pem");
  std::ofstream{options.ca_file} << own.pem;
  EXPECT_EQ(alert(options, {{1, "a"}}).warnings, "");
  EXPECT_EQ(place.asked().size(), 1U);
}

TEST(SlackSinkTest, CutsTextsThatAreTooLongBetweenCharacters) {
  const http_place place{[](const http_asked&) { return well; }};
  std::string text = "x";
  for (int i = 0; i < 20'000; ++i) text += "한";
  alert(options_for(place.address()), {{1, text}});
  const auto body = bodies(place).at(0);
  EXPECT_THAT(body, ::testing::EndsWith("한…\"}"));
  // 40,000 bytes hold one x and 13,333 characters of three bytes, of which the mark is the last.
  EXPECT_EQ(body.size(), std::string{R"({"channel":"#alerts","text":""})"}.size() + 40'000);
}

TEST(SlackSinkTest, CountsEscapesWhereItCutsAndCutsNone) {
  const http_place place{[](const http_asked&) { return well; }};
  alert(options_for(place.address()), {{1, std::string(8'000, '&')}, {2, std::string(8'001, '&')}});
  const auto sent = bodies(place);
  const auto around = std::string{R"({"channel":"#alerts","text":""})"}.size();
  EXPECT_THAT(sent.at(0), ::testing::EndsWith("&amp;\"}"));
  EXPECT_EQ(sent.at(0).size(), around + 40'000);
  EXPECT_THAT(sent.at(1), ::testing::EndsWith("&amp;…\"}"));
  EXPECT_EQ(sent.at(1).size(), around + 7'999 * 5 + 3);
}

TEST(SlackSinkTest, TellsWhatTheJobLeftBehindWhenItEndsAtOnce) {
  const http_place place{[](const http_asked&) { return std::nullopt; }};
  ::setenv("WEIR_SLACK_TEST_TOKEN", token, 1);
  std::string warnings;
  auto made = slack(options_for(place.address())).bind<alarm_row>().make();
  ASSERT_TRUE(made);
  ASSERT_TRUE((*made)->open({.name = "slack",
                             .wake = [] {},
                             .warn = [&](const std::string& text) { warnings += text; }}));
  batch<alarm_row> rows;
  rows.push_back({1, "a"});
  rows.push_back({2, "b"});
  EXPECT_EQ((*made)->write(rows, 0, true).has_value(), true);
  ASSERT_TRUE(place.wait_for(1));
  made->reset();
  EXPECT_EQ(warnings, "slack: 0 alerts delivered; 2 dropped: 2 left behind, as the job ended at "
                      "once");
}

std::string refusal(slack_options options) {
  const auto made = slack(std::move(options)).bind<alarm_row>().make();
  EXPECT_FALSE(made);
  EXPECT_TRUE(made || made.error().code == errc::config);
  return made ? "" : made.error().message;
}

TEST(SlackSinkTest, RefusesOptionsThatMakeNoSense) {
  const auto fine = options_for("http://127.0.0.1:1/");
  auto options = fine;
  options.channel = "";
  EXPECT_THAT(refusal(options), HasSubstr("which channel"));
  options = options_for("http://slack.example/api");
  EXPECT_THAT(refusal(options), HasSubstr("without TLS"));
  EXPECT_THAT(refusal(options_for("nowhere")), HasSubstr("'nowhere'"));
  options = fine;
  options.text = "txet";
  EXPECT_THAT(refusal(options), HasSubstr("no field 'txet'"));
  options.text = "card";
  EXPECT_THAT(refusal(options), HasSubstr("needs text"));
  options = fine;
  options.key = "crad";
  EXPECT_THAT(refusal(options), HasSubstr("no field 'crad'"));
  options = fine;
  options.tries = 0;
  EXPECT_THAT(refusal(options), HasSubstr("tries must be at least 1"));
  options = fine;
  options.every = -1s;
  EXPECT_THAT(refusal(options), HasSubstr("no times before now"));
}

TEST(SlackSinkTest, SaysThatThereIsNoToken) {
  ::unsetenv("WEIR_SLACK_TEST_TOKEN");
  app graph{"alerts"};
  graph.from(memory_rows{std::vector<std::string>{"a"}}) | to(slack(options_for("http://[::1]:1")));
  const auto job = graph.start();
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().code, errc::config);
  EXPECT_THAT(job.error().message, HasSubstr("WEIR_SLACK_TEST_TOKEN is not set"));
}

TEST(SlackSinkTest, SaysThatATokenCannotBeOne) {
  ::setenv("WEIR_SLACK_TEST_TOKEN", "xoxb-1\r\nX-Other: 2", 1);
  app graph{"alerts"};
  graph.from(memory_rows{std::vector<std::string>{"a"}}) | to(slack(options_for("http://[::1]:1")));
  const auto job = graph.start();
  ASSERT_FALSE(job);
  EXPECT_THAT(job.error().message,
              AllOf(HasSubstr("holds blanks or line breaks"), Not(HasSubstr("xoxb-1"))));
}

} // namespace
} // namespace weir
