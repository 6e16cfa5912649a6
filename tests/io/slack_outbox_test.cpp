// SPDX-License-Identifier: Apache-2.0

#include <weir/io/slack_outbox.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using verdict = slack_outcome::verdict;
using moment = slack_outbox::moment;

constexpr moment begin{std::chrono::hours{1000}};
const slack_outcome delivered{};
const slack_outcome again{verdict::again, "no luck"};
const slack_outcome refused{verdict::refused, "refused: invalid_auth"};

std::string sent_at(slack_outbox& outbox, moment now) {
  const auto* text = outbox.next(now);
  return text == nullptr ? "(nothing)" : *text;
}

TEST(SlackOutboxTest, GivesAlertsInOrderOneAtATime) {
  slack_outbox outbox{{}};
  outbox.put({}, "one", begin);
  outbox.put({}, "two", begin);
  EXPECT_EQ(sent_at(outbox, begin), "one");
  EXPECT_EQ(sent_at(outbox, begin), "(nothing)") << "one is out";
  EXPECT_EQ(outbox.due(), std::nullopt);
  outbox.answered(delivered, begin);
  EXPECT_EQ(sent_at(outbox, begin), "two");
  outbox.answered(delivered, begin);
  EXPECT_TRUE(outbox.is_empty());
  EXPECT_EQ(outbox.delivered(), 2U);
  EXPECT_EQ(outbox.last_warning(), std::nullopt);
}

TEST(SlackOutboxTest, TriesAgainAfterWaitsThatDoubleWithinChance) {
  slack_outbox outbox{{.tries = 6, .first_wait = 1s, .longest_wait = 5s, .seed = 7}};
  outbox.put({}, "one", begin);
  auto now = begin;
  for (const auto whole : {1s, 2s, 4s, 5s, 5s}) {
    ASSERT_EQ(sent_at(outbox, now), "one");
    outbox.answered(again, now);
    const auto due = outbox.due();
    ASSERT_TRUE(due);
    EXPECT_GE(*due - now, whole / 2);
    EXPECT_LE(*due - now, whole);
    EXPECT_EQ(sent_at(outbox, *due - 1us), "(nothing)");
    now = *due;
  }
  EXPECT_EQ(sent_at(outbox, now), "one");
}

TEST(SlackOutboxTest, TakesItsChanceFromTheSeed) {
  const auto waits = [](std::uint64_t seed) {
    slack_outbox outbox{{.tries = 10, .seed = seed}};
    outbox.put({}, "one", begin);
    std::vector<moment> dues;
    for (auto now = begin; dues.size() < 5; now = dues.back()) {
      EXPECT_NE(outbox.next(now), nullptr);
      outbox.answered(again, now);
      dues.push_back(outbox.due().value_or(now));
    }
    return dues;
  };
  EXPECT_EQ(waits(1), waits(1));
  EXPECT_NE(waits(1), waits(2));
}

TEST(SlackOutboxTest, WaitsAsLongAsSlackSays) {
  slack_outbox outbox{{}};
  outbox.put({}, "one", begin);
  static_cast<void>(outbox.next(begin));
  outbox.answered({verdict::again, "too many", 42s}, begin);
  EXPECT_EQ(outbox.due(), begin + 42s);
  EXPECT_EQ(sent_at(outbox, begin + 42s - 1us), "(nothing)");
  EXPECT_EQ(sent_at(outbox, begin + 42s), "one");
}

TEST(SlackOutboxTest, DropsWhatWasTriedOftenEnoughAndSaysSo) {
  slack_outbox outbox{{.tries = 3, .first_wait = 0s}};
  outbox.put({}, "one", begin);
  outbox.put({}, "two", begin);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(sent_at(outbox, begin), "one");
    outbox.answered(again, begin);
  }
  EXPECT_EQ(outbox.dropped(), 1U);
  EXPECT_EQ(outbox.take_warning(begin), "1 alert dropped: 1 tried 3 times: no luck");
  EXPECT_EQ(sent_at(outbox, begin), "two") << "the next has its turn";
}

TEST(SlackOutboxTest, DropsWhatIsRefusedAtOnce) {
  slack_outbox outbox{{}};
  outbox.put({}, "one", begin);
  static_cast<void>(outbox.next(begin));
  outbox.answered(refused, begin);
  EXPECT_TRUE(outbox.is_empty());
  EXPECT_EQ(outbox.take_warning(begin), "1 alert dropped: 1 refused: invalid_auth");
}

TEST(SlackOutboxTest, DropsWhatFindsNoRoom) {
  slack_outbox outbox{{.waiting_alerts = 2}};
  for (int i = 0; i < 5; ++i) outbox.put({}, std::to_string(i), begin);
  EXPECT_EQ(outbox.dropped(), 3U);
  EXPECT_EQ(sent_at(outbox, begin), "0") << "what came first stays";
  EXPECT_THAT(outbox.take_warning(begin).value_or(""), HasSubstr("3 not taken, as 2 were waiting"));
}

TEST(SlackOutboxTest, WarnsOnceAMinuteAndOfAllAtTheEnd) {
  slack_outbox outbox{{.waiting_alerts = 1}};
  outbox.put({}, "kept", begin);
  EXPECT_EQ(outbox.take_warning(begin), std::nullopt);
  outbox.put({}, "too many", begin);
  EXPECT_TRUE(outbox.take_warning(begin));
  for (int i = 0; i < 9; ++i) outbox.put({}, "too many", begin);
  EXPECT_EQ(outbox.take_warning(begin + 59s), std::nullopt);
  EXPECT_THAT(outbox.take_warning(begin + 60s).value_or(""), HasSubstr("9 alerts dropped"));
  EXPECT_EQ(outbox.take_warning(begin + 500s), std::nullopt);
  static_cast<void>(outbox.next(begin));
  outbox.answered(delivered, begin);
  EXPECT_EQ(outbox.last_warning(),
            "1 alert delivered; 10 dropped: 10 not taken, as 1 were waiting");
}

TEST(SlackOutboxTest, TakesOneAlertOfAKeyInItsTime) {
  slack_outbox outbox{{.every = 60s}};
  outbox.put("a", "a at 0", begin);
  outbox.put("b", "b at 0", begin);
  outbox.put("a", "a at 59", begin + 59s);
  outbox.put({}, "of no key", begin + 59s);
  outbox.put({}, "of no key", begin + 59s);
  outbox.put("a", "a at 60", begin + 60s);
  outbox.put("a", "a at 61", begin + 61s);
  std::vector<std::string> sent;
  while (const auto* text = outbox.next(begin + 61s)) {
    sent.push_back(*text);
    outbox.answered(delivered, begin + 61s);
  }
  EXPECT_EQ(sent,
            (std::vector<std::string>{"a at 0", "b at 0", "of no key", "of no key", "a at 60"}));
  EXPECT_EQ(outbox.held_back(), 2U);
  EXPECT_EQ(outbox.last_warning(),
            "5 alerts delivered; 2 held back, less than 1min behind one of the same key");
}

TEST(SlackOutboxTest, LetsAKeyThatFoundNoRoomComeAgain) {
  slack_outbox outbox{{.waiting_alerts = 1}};
  outbox.put("a", "a", begin);
  outbox.put("b", "no room", begin);
  static_cast<void>(outbox.next(begin));
  outbox.answered(delivered, begin);
  outbox.put("b", "b", begin);
  EXPECT_EQ(sent_at(outbox, begin), "b");
}

TEST(SlackOutboxTest, LetsAKeyComeAgainAfterOneThatWasRefused) {
  slack_outbox outbox{{.every = 60s}};
  outbox.put("a", "refused", begin);
  outbox.put("b", "b", begin);
  static_cast<void>(outbox.next(begin));
  outbox.put("a", "behind one that is out", begin + 1s);
  outbox.answered(refused, begin + 1s);
  outbox.put("a", "next", begin + 2s);
  outbox.put("b", "behind b", begin + 2s);
  std::vector<std::string> sent;
  for (const auto* text = outbox.next(begin + 2s); text; text = outbox.next(begin + 2s)) {
    sent.push_back(*text);
    outbox.answered(delivered, begin + 2s);
  }
  EXPECT_EQ(sent, (std::vector<std::string>{"b", "next"}));
  EXPECT_EQ(outbox.held_back(), 2U);
  outbox.put("a", "its own minute", begin + 61s);
  EXPECT_EQ(sent_at(outbox, begin + 61s), "(nothing)") << "the minute of the one that arrived";
  outbox.put("a", "after it", begin + 62s);
  EXPECT_EQ(sent_at(outbox, begin + 62s), "after it");
}

TEST(SlackOutboxTest, LetsAKeyComeAgainAfterOneThatWasTriedOftenEnough) {
  slack_outbox outbox{{.tries = 2, .first_wait = 0s, .every = 60s}};
  outbox.put("a", "one", begin);
  for (int i = 0; i < 2; ++i) {
    outbox.put("a", "held back", begin);
    ASSERT_EQ(sent_at(outbox, begin), "one");
    outbox.answered(again, begin);
  }
  outbox.put("a", "two", begin);
  EXPECT_EQ(sent_at(outbox, begin), "two");
  EXPECT_EQ(outbox.held_back(), 2U);
}

TEST(SlackOutboxTest, KeepsTheMinuteOfANewerAlertWhenAnOlderOneOfItsKeyIsDropped) {
  slack_outbox outbox{{.every = 60s}};
  outbox.put("a", "old", begin);
  static_cast<void>(outbox.next(begin));
  outbox.put("a", "new", begin + 60s);
  outbox.answered(refused, begin + 61s);
  outbox.put("a", "behind new", begin + 62s);
  EXPECT_EQ(outbox.held_back(), 1U);
  EXPECT_EQ(sent_at(outbox, begin + 62s), "new");
}

TEST(SlackOutboxTest, GivesUpWhatWaitsAndIgnoresLateAnswers) {
  slack_outbox outbox{{}};
  outbox.put({}, "one", begin);
  outbox.put({}, "two", begin);
  static_cast<void>(outbox.next(begin));
  outbox.give_up("left behind");
  outbox.answered(delivered, begin);
  EXPECT_TRUE(outbox.is_empty());
  EXPECT_EQ(outbox.delivered(), 0U);
  EXPECT_EQ(outbox.last_warning(), "0 alerts delivered; 2 dropped: 2 left behind");
}

RC_GTEST_PROP(SlackOutboxTest, AccountsForEveryAlertWhateverHappens, ()) {
  slack_outbox outbox{{.waiting_alerts = 3, .tries = 2, .first_wait = 3s, .every = 5s}};
  std::uint64_t put = 0;
  auto now = begin;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7));
  for (const int step : steps) {
    now += std::chrono::seconds{step};
    if (step < 3) {
      outbox.put(step == 2 ? std::optional<std::string>{} : std::to_string(step), "x", now);
      ++put;
    } else if (outbox.next(now) != nullptr) {
      outbox.answered(step == 3 ? delivered : step == 4 ? refused : again, now);
    }
    RC_ASSERT(outbox.delivered() + outbox.dropped() + outbox.held_back() <= put);
    RC_ASSERT(outbox.is_empty() || outbox.due());
  }
  outbox.give_up("the end");
  RC_ASSERT(outbox.delivered() + outbox.dropped() + outbox.held_back() == put);
}

slack_outcome of(int status, std::string body, std::vector<http_header> headers = {}) {
  return read_slack_answer(http_response{status, std::move(headers), std::move(body)});
}

TEST(SlackAnswerTest, IsDeliveredOnlyBySlacksOwnWord) {
  EXPECT_EQ(of(200, R"({"ok":true,"channel":"C1","ts":"1.2","message":{"text":"x"}})").what,
            verdict::delivered);
  for (const auto* garbage : {"", "ok", "<html>", "{}", R"({"ok":1})", R"({"ok":true)", "null"})
    EXPECT_EQ(of(200, garbage).what, verdict::again) << garbage;
}

TEST(SlackAnswerTest, TellsSlacksErrorWord) {
  const auto said = of(200, R"({"ok":false,"error":"channel_not_found"})");
  EXPECT_EQ(said.what, verdict::refused);
  EXPECT_EQ(said.why, "refused: channel_not_found: name a channel that the bot can see");
  EXPECT_EQ(of(200, R"({"ok":false,"error":"no_text"})").why, "refused: no_text");
  EXPECT_EQ(of(200, R"({"ok":false,"error":"\u001b[31m"})").why, "refused: ??31m");
  EXPECT_EQ(of(200, R"({"ok":false})").what, verdict::refused);
}

TEST(SlackAnswerTest, TriesNothingAgainThatIsWrongWithTokenOrChannelAndSaysWhatToDo) {
  for (const auto* word : {"invalid_auth", "not_authed", "token_revoked", "token_expired",
                           "account_inactive", "missing_scope", "channel_not_found",
                           "not_in_channel", "is_archived", "restricted_action"}) {
    const auto said = of(200, R"({"ok":false,"error":")" + std::string{word} + R"("})");
    EXPECT_EQ(said.what, verdict::refused) << word;
    EXPECT_THAT(said.why, ::testing::StartsWith("refused: " + std::string{word} + ": "));
  }
}

TEST(SlackAnswerTest, TriesAgainWhatMayPass) {
  EXPECT_EQ(of(200, R"({"ok":false,"error":"internal_error"})").what, verdict::again);
  EXPECT_EQ(of(500, "").what, verdict::again);
  EXPECT_EQ(of(503, R"({"ok":true})").what, verdict::again);
  EXPECT_EQ(of(408, "").what, verdict::again);
  EXPECT_EQ(of(200, R"({"ok":false,"error":"team_added_to_org"})").what, verdict::again);
  EXPECT_EQ(of(404, "").what, verdict::refused);
  EXPECT_EQ(of(302, "").what, verdict::refused);
  EXPECT_EQ(read_slack_answer(error{errc::cannot_connect, "nobody"}).what, verdict::again);
  EXPECT_EQ(read_slack_answer(error{errc::failed, "silence"}).why, "silence");
}

TEST(SlackAnswerTest, ReadsHowLongToWait) {
  const auto wait = [](std::string text) {
    return of(429, "", {{"retry-after", std::move(text)}}).wait;
  };
  EXPECT_EQ(wait("30"), 30s);
  EXPECT_EQ(wait("0"), 0s);
  EXPECT_EQ(of(429, "").wait, std::nullopt);
  for (const auto* text : {"", "-1", "soon", "3.5", "Wed, 21 Oct 2015 07:28:00 GMT"})
    EXPECT_EQ(wait(text), std::nullopt) << text;
  for (const auto* text : {"99999", "99999999999999999999999"})
    EXPECT_EQ(wait(text), duration{1h}) << text << " is an hour";
}

} // namespace
} // namespace weir
