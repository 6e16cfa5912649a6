// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/event_time.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

struct click {
  timestamp when;
  int user = 0;
  friend bool operator==(const click&, const click&) = default;
};
BOOST_DESCRIBE_STRUCT(click, (), (when, user))

click at(int second) { return {timestamp{std::chrono::seconds{second}}, second}; }

std::unique_ptr<any_operator> make() {
  return *event_time(&click::when, out_of_order(5s)).bind<click>().make();
}

TEST(EventTimeTest, KeepsTheContract) {
  expect_operator_contract<click, click>(
      make, [](chance& by) { return at(static_cast<int>(by() % 1000)); });
}

struct order {
  std::string_view name;
  std::optional<timestamp> when;
  friend bool operator==(const order&, const order&) = default;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, when))

TEST(EventTimeTest, KeepsTheContractWhereTimesAreMissing) {
  static const std::array<std::optional<timestamp>, 4> odd{
      std::nullopt, timestamp::max(), earliest_event_time - 1us, latest_event_time + 1us};
  expect_operator_contract<order, order>(
      [] { return event_time(&order::when, out_of_order(60s)).bind<order>().make(); },
      [](chance& by) {
        const auto when = timestamp{std::chrono::seconds{by() % 1000}};
        return order{"somebody", by() % 3 == 0 ? odd[by() % odd.size()] : when};
      });
}

template <class Time>
struct timed {
  Time when;
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(timed<timestamp>, (), (when, number))
BOOST_DESCRIBE_STRUCT(timed<std::optional<timestamp>>, (), (when, number))

/// What becomes of rows with these times: numbers of those that pass, and the rejects.
template <class Time>
std::pair<std::vector<int>, std::vector<std::string>> outcome_of(const std::vector<Time>& times) {
  using row = timed<Time>;
  auto op = *event_time(&row::when).template bind<row>().make();
  batch<row> in, out;
  batch<reject> rejects;
  in.set_origin({intern_partition("orders", "2020"), 100});
  for (const auto& when : times) in.push_back({when, static_cast<int>(in.size())});
  std::vector<batch_base*> open{&out};
  std::pair<std::vector<int>, std::vector<std::string>> found;
  for (std::size_t done = 0; done < in.size(); out.clear()) {
    done += op->on_batch(0, any_view{&in, done, false}, outlets{open, &rejects});
    for (std::size_t i = 0; i < out.size(); ++i) {
      found.first.push_back(out[i].number);
      EXPECT_EQ(out.time_of(i), Time{out[i].when});
      EXPECT_EQ(out.origin_of(i).position, 100U + static_cast<unsigned>(out[i].number));
    }
  }
  for (const auto& one : rejects.rows())
    found.second.push_back(one.source + "/" + one.where + ": " + one.reason + " {" + one.raw + "}");
  return found;
}

TEST(EventTimeTest, RejectsRowsWhoseTimeIsMissingOrOutOfRange) {
  using std::chrono::year;
  const auto first_of = [](int of) {
    return timestamp{std::chrono::sys_days{year{of} / std::chrono::January / 1}};
  };
  const auto [passed, rejected] = outcome_of<std::optional<timestamp>>(
      {std::nullopt, first_of(1), first_of(2020), std::nullopt, first_of(9998), first_of(0)});
  EXPECT_THAT(passed, ElementsAre(1, 2, 4));
  EXPECT_THAT(rejected, ElementsAre("orders/2020@100: no event time {when: -, number: 0}",
                                    "orders/2020@103: no event time {when: -, number: 3}",
                                    "orders/2020@105: event time 0000-01-01T00:00:00Z is out of "
                                    "range {when: 0000-01-01T00:00:00Z, number: 5}"));
}

TEST(EventTimeTest, KeepsTheWatermarkOutOfReachOfTimesThatAreNone) {
  const auto [passed, rejected] = outcome_of<timestamp>(
      {timestamp::max(), at(10).when, timestamp::min(), latest_event_time + 1us, at(11).when});
  EXPECT_THAT(passed, ElementsAre(1, 4));
  ASSERT_EQ(rejected.size(), 3U);
  EXPECT_THAT(rejected[2], HasSubstr("event time 9999-01-01T00:00:00Z is out of range"));
}

TEST(EventTimeTest, TakesNoMoreRowsThanThereIsRoomForRejects) {
  auto op = *event_time(&order::when).bind<order>().make();
  batch<order> in, out;
  batch<reject> rejects;
  rejects.set_limit(2);
  for (int i = 0; i < 5; ++i) in.push_back({"nobody", std::nullopt});
  std::vector<batch_base*> open{&out};
  EXPECT_EQ(op->on_batch(0, any_view{&in, 0, false}, outlets{open, &rejects}), 2U);
  EXPECT_EQ(rejects.size(), 2U);
  EXPECT_TRUE(out.empty());
}

TEST(EventTimeTest, GivesEachRowItsTimeAndTheBatchAWatermark) {
  for (const bool exclusive : {false, true}) {
    auto op = make();
    batch<click> in;
    batch<click> out;
    for (int second : {10, 30, 25}) in.push_back(at(second));
    std::vector<batch_base*> open{&out};
    ASSERT_EQ(op->on_batch(0, any_view{&in, 0, exclusive}, outlets{open}), 3U);
    ASSERT_TRUE(out.has_times());
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(out.time_of(i), out[i].when);
    EXPECT_EQ(out.watermark(), at(25).when);
  }
}

TEST(EventTimeTest, LetsTheWatermarkLeaveBeforeARowItMakesLate) {
  for (const bool exclusive : {false, true}) {
    auto op = make();
    batch<click> in;
    batch<click> out;
    for (int second : {10, 30, 24, 20, 26}) in.push_back(at(second));
    std::vector<batch_base*> open{&out};
    ASSERT_EQ(op->on_batch(0, any_view{&in, 0, exclusive}, outlets{open}), 2U);
    EXPECT_TRUE(out.is_full()) << "what follows is for the next batch";
    EXPECT_EQ(out.watermark(), at(25).when);
    out.clear();
    ASSERT_EQ(op->on_batch(0, any_view{&in, 2, exclusive}, outlets{open}), 3U)
        << "they were late before";
    EXPECT_EQ(out.watermark(), std::nullopt);
    EXPECT_EQ(out.time_of(0), at(24).when);
  }
}

TEST(EventTimeTest, SaysOfLateRowsWhatTheirPartitionHadPromised) {
  auto op = make();
  batch<click> out;
  std::vector<batch_base*> open{&out};
  const auto pass = [&](const char* partition, std::vector<int> seconds, std::size_t done = 0) {
    batch<click> in;
    in.set_origin({intern_partition("topic", partition), 0});
    for (int second : seconds) in.push_back(at(second));
    out.clear();
    return op->on_batch(0, any_view{&in, done, false}, outlets{open});
  };
  EXPECT_EQ(pass("slow", {10}), 1U);
  EXPECT_EQ(pass("fast", {100}), 1U);
  EXPECT_EQ(pass("slow", {11}), 1U);
  EXPECT_EQ(out.own_watermark(), timestamp::min());
  EXPECT_EQ(pass("fast", {50, 94, 99, 120, 114}), 4U) << "the last is late by the one before it";
  EXPECT_EQ(out.own_watermark(), at(95).when);
  EXPECT_EQ(pass("fast", {50, 94, 99, 120, 114}, 4), 1U);
  EXPECT_EQ(out.own_watermark(), at(115).when);
  EXPECT_EQ(pass("slow", {12}), 1U);
  EXPECT_EQ(out.own_watermark(), timestamp::min());
}

std::optional<int> watermark_after(any_operator& op, const partition* of, int second) {
  batch<click> in, out;
  in.set_origin({of, 0});
  in.push_back(at(second));
  std::vector<batch_base*> open{&out};
  op.on_batch(0, any_view{&in, 0, false}, outlets{open});
  if (!out.watermark()) return std::nullopt;
  return static_cast<int>(out.watermark()->time_since_epoch() / 1s);
}

/// Behind files that end, a log whose history does, and a topic that never does.
event_time_operator<click, timestamp click::*> behind_three() {
  using enum source_before::sure;
  return {&click::when,
          {},
          std::chrono::steady_clock::now,
          nullptr,
          {{.name = "files", .is_sure = always},
           {.name = "log", .is_sure = in_history},
           {.name = "topic", .is_sure = never}}};
}

TEST(EventTimeTest, AwaitsNobodyOnceRowsComeOfASourceThatItDoesNotKnow) {
  for (const auto* const unknown :
       {static_cast<const partition*>(nullptr), intern_partition("something else", "0")}) {
    auto op = behind_three();
    batch<click> out;
    std::vector<batch_base*> open{&out};
    EXPECT_EQ(watermark_after(op, intern_partition("topic", "0"), 10), std::nullopt);
    EXPECT_EQ(watermark_after(op, intern_partition("log", ""), 20), std::nullopt);
    EXPECT_EQ(watermark_after(op, unknown, 8), 8);
    EXPECT_TRUE(op.on_mark(any_operator::mark::phase, 1, outlets{open}));
    EXPECT_EQ(watermark_after(op, intern_partition("topic", "0"), 10), 10);
  }
}

TEST(EventTimeTest, AwaitsAfterAHistoryWhoWillEndAlone) {
  auto op = behind_three();
  batch<click> out;
  std::vector<batch_base*> open{&out};
  EXPECT_EQ(watermark_after(op, intern_partition("files", ""), 5), std::nullopt) << "of the log";
  EXPECT_EQ(watermark_after(op, intern_partition("log", ""), 6), 5);
  EXPECT_TRUE(op.on_mark(any_operator::mark::phase, 1, outlets{open}));
  EXPECT_EQ(watermark_after(op, intern_partition("topic", "0"), 10), std::nullopt)
      << "of the files";
  EXPECT_EQ(watermark_after(op, intern_partition("files", ""), 9), 9);
}

/// Which rows are behind a watermark that is later than they are. `gathers`: an outlet batch leaves
/// when it is full alone, as it may where rows had times before.
std::vector<int> late_rows(const std::vector<int>& seconds, std::size_t cut, bool gathers = false) {
  auto op = make();
  std::vector<int> late;
  std::optional<timestamp> watermark;
  batch<click> out;
  const auto flush = [&] {
    for (const auto& row : out.rows())
      if (watermark && row.when < *watermark) late.push_back(row.user);
    if (out.watermark()) watermark = out.watermark();
    out.clear();
  };
  for (std::size_t from = 0; from < seconds.size();) {
    batch<click> in;
    in.set_origin({nullptr, from});
    if (gathers) static_cast<void>(in.times_for_writing()); // another time, chosen before
    while (in.size() < cut && from < seconds.size()) in.push_back(at(seconds[from++]));
    for (std::size_t done = 0; done < in.size();) {
      std::vector<batch_base*> open{&out};
      done += op->on_batch(0, any_view{&in, done, false}, outlets{open});
      if (!gathers || out.is_full()) flush();
    }
  }
  flush();
  return late;
}

TEST(EventTimeTest, MakesTheSameRowsLateInAnyCut) {
  std::mt19937 random{7};
  for (int round = 0; round < 200; ++round) {
    std::vector<int> seconds;
    for (int i = 0; i < 60; ++i) seconds.push_back(i / 2 + static_cast<int>(random() % 12));
    const auto whole = late_rows(seconds, seconds.size());
    for (const std::size_t cut : {1U, 2U, 7U, 30U}) {
      ASSERT_EQ(late_rows(seconds, cut), whole);
      ASSERT_EQ(late_rows(seconds, cut, true), whole) << "gathered";
    }
  }
}

TEST(EventTimeTest, TakesACallableForWhatIsNoPlainField) {
  const auto later = [](const click& c) { return c.when + 1h; };
  auto op = *event_time(later).bind<click>().make();
  batch<click> in;
  batch<click> out;
  in.push_back(at(0));
  std::vector<batch_base*> open{&out};
  op->on_batch(0, any_view{&in, 0, false}, outlets{open});
  EXPECT_EQ(out.time_of(0), timestamp{1h});
}

TEST(EventTimeTest, StartsAnewAfterAPhase) {
  auto op = make();
  const auto watermark_of = [&](const char* source, int second) {
    batch<click> in;
    batch<click> out;
    in.push_back(at(second));
    in.set_origin({intern_partition(source, "0"), 0});
    std::vector<batch_base*> open{&out};
    op->on_batch(0, any_view{&in, 0, false}, outlets{open});
    return out.watermark();
  };
  batch<click> none;
  std::vector<batch_base*> open{&none};
  EXPECT_EQ(watermark_of("history", 100), at(95).when);
  EXPECT_TRUE(op->on_mark(any_operator::mark::phase, 1, outlets{open}));
  EXPECT_EQ(watermark_of("live", 200), at(195).when); // history's last file holds nothing back
}

} // namespace
} // namespace weir::test
