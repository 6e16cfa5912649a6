// SPDX-License-Identifier: Apache-2.0

#include "../../support/keyed_run.hpp"
#include "../../support/operator_contract.hpp"
#include <weir/actors/operators/process.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::keyed_run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct reading {
  int sensor = 0;
  std::int64_t value = 0;
};
BOOST_DESCRIBE_STRUCT(reading, (), (sensor, value))

struct last_seen {
  timestamp at{};
  std::int64_t rows = 0;
};
BOOST_DESCRIBE_STRUCT(last_seen, (), (at, rows))

/// `text at second` of what was given.
std::vector<std::string> texts(const std::vector<test::at_second<std::string>>& rows) {
  std::vector<std::string> all;
  for (const auto& [second, row] : rows)
    all.push_back(row + (second ? " at " + std::to_string(*second) : ""));
  return all;
}

/// Counts rows; when a sensor was silent for ten seconds, tells how many there were.
struct silence {
  void on_row(const reading&, last_seen& seen, auto& to) {
    to.cancel_timer(seen.at + 10s);
    seen.at = to.time();
    ++seen.rows;
    to.set_timer(seen.at + 10s);
  }
  void on_timer(int sensor, last_seen& seen, auto& to) {
    to.give(std::to_string(sensor) + " fell silent after " + std::to_string(seen.rows));
    to.forget();
  }
};

struct in_the_past {
  void on_row(const reading&, auto& to) { to.set_timer(timestamp{1s}); }
  void on_timer(int sensor, auto& to) { to.give(std::to_string(sensor)); }
};

struct for_ever {
  void on_row(const reading&, auto& to) { to.set_timer(to.time() + 1s); }
  void on_timer(int, auto& to) {
    to.give(std::string{"tick"});
    to.set_timer(to.time() + 1s);
  }
};

struct spread {
  void on_row(const reading& row, auto& to) {
    for (std::int64_t i = 0; i < row.value; ++i) to.give(row.sensor * 100 + i);
    to.template give_to<1>(std::to_string(row.sensor));
  }
};

struct ring {
  void on_row(const reading&, last_seen& seen, auto& to) {
    ++seen.rows;
    to.set_alarm(5s);
  }
  void on_alarm(int sensor, last_seen& seen, auto& to) {
    to.give(std::to_string(sensor) + " has " + std::to_string(seen.rows));
  }
};

template <class S, class... Out, class F>
auto make_process(F f, duration ttl = {}) {
  return process<Out...>(f).template bind_state<reading, S>(&reading::sensor, ttl).make;
}

TEST(ProcessTest, CallsATimerWhenTheWatermarkIsThere) {
  keyed_run<reading, std::string> run{make_process<last_seen, std::string>(silence{})};
  run.rows({{1, {7, 0}}, {2, {8, 0}}, {5, {7, 0}}});
  run.watermark(11);
  EXPECT_THAT(run.given(), IsEmpty()) << "7 was heard at 5, 8 at 2";
  run.watermark(15);
  EXPECT_THAT(texts(run.given()),
              ElementsAre("8 fell silent after 1 at 12", "7 fell silent after 2 at 15"));
  run.rows({{16, {7, 0}}});
  run.end();
  EXPECT_THAT(texts(run.given()), ElementsAre("7 fell silent after 1 at 26"))
      << "its state was forgotten; the end calls what is set";
}

TEST(ProcessTest, GivesATimerSetInThePastAtTheNextWatermarkAndNotLate) {
  keyed_run<reading, std::string> run{
      process<std::string>(in_the_past{}).bind_keyed<reading>(&reading::sensor).make};
  run.watermark(50);
  run.rows({{60, {7, 0}}});
  EXPECT_THAT(run.given(), IsEmpty());
  run.watermark(55);
  EXPECT_THAT(texts(run.given()), ElementsAre("7 at 50")) << "not before the watermark that passed";
}

TEST(ProcessTest, EndsAlthoughATimerAlwaysSetsAnother) {
  keyed_run<reading, std::string> run{
      process<std::string>(for_ever{}).bind_keyed<reading>(&reading::sensor).make};
  run.rows({{0, {7, 0}}});
  run.watermark(3);
  EXPECT_THAT(texts(run.given()), ElementsAre("tick at 1", "tick at 2", "tick at 3"));
  run.end();
  EXPECT_THAT(texts(run.given()), ElementsAre("tick at 4"));
}

TEST(ProcessTest, GivesMoreRowsThanFitAndToSideOutputs) {
  const auto make =
      process<std::int64_t, std::string>(spread{}).bind_keyed<reading>(&reading::sensor).make;
  keyed_run<reading, std::int64_t, std::string> run{make, 2};
  run.rows({{1, {1, 5}}, {2, {2, 0}}, {3, {3, 3}}});
  std::vector<std::int64_t> numbers;
  for (const auto& [second, row] : run.given<0>()) {
    EXPECT_EQ(second, row / 100) << "the time of the row it was made of";
    numbers.push_back(row);
  }
  EXPECT_THAT(numbers, ElementsAre(100, 101, 102, 103, 104, 300, 301, 302));
  EXPECT_THAT(texts(run.given<1>()), ElementsAre("1 at 1", "2 at 2", "3 at 3"));
}

moment alarm_time{};

TEST(ProcessTest, RingsAlarmsInProcessingTimeAlsoAfterARestart) {
  using op = process_operator<reading, int reading::*, last_seen, ring, std::string>;
  alarm_time = moment{100s};
  keyed_run<reading, std::string> run{[](const state_place& place) {
    return result<std::unique_ptr<any_operator>>{std::make_unique<op>(
        &reading::sensor, ring{}, process_options{}, place, +[] { return alarm_time; })};
  }};
  EXPECT_EQ(run.runs().wakes_at(), std::nullopt);
  run.rows({{{}, {7, 0}}, {{}, {7, 0}}});
  EXPECT_EQ(run.runs().wakes_at(), moment{105s});
  run.wake(moment{104s});
  EXPECT_THAT(run.given(), IsEmpty());
  alarm_time = moment{102s};
  run.restart(); // three seconds are left
  alarm_time = moment{200s};
  run.wake(moment{105s});
  EXPECT_THAT(texts(run.given()), ElementsAre("7 has 2")) << "once for one moment";
  EXPECT_EQ(run.runs().wakes_at(), std::nullopt);
}

TEST(ProcessTest, ForgetsStateThatWasNotUsedForItsTtl) {
  const auto count = [](const reading&, last_seen& seen, auto& to) {
    to.give(std::to_string(++seen.rows));
  };
  keyed_run<reading, std::string> run{make_process<last_seen, std::string>(count, 10s)};
  run.rows({{1, {7, 0}}, {10, {7, 0}}, {20, {7, 0}}, {19, {7, 0}}, {29, {7, 0}}});
  EXPECT_THAT(texts(run.given()),
              ElementsAre("1 at 1", "2 at 10", "1 at 20", "2 at 19", "3 at 29"));
  run.watermark(45);
  EXPECT_EQ(run.runs().usage().entries, 0U) << "what is gone holds no memory";
}

TEST(ProcessTest, RefusesWhatNeedsEventTimeWithoutIt) {
  const auto timer = [](const reading&, auto& to) { to.set_timer(timestamp{1s}); };
  keyed_run<reading, std::string> run{
      process<std::string>(timer).bind_keyed<reading>(&reading::sensor).make};
  EXPECT_THROW(
      {
        try {
          run.rows({{{}, {7, 0}}});
        } catch (const row_failure& failure) {
          EXPECT_THAT(text_of(failure.cause), HasSubstr("event_time(...)"));
          throw;
        }
      },
      row_failure);
  const auto none = [](const reading&, last_seen&, auto&) {};
  keyed_run<reading, std::string> forgets{make_process<last_seen, std::string>(none, 1s)};
  EXPECT_THROW(forgets.rows({{{}, {7, 0}}}), std::runtime_error);
}

TEST(ProcessTest, RefusesANegativeTtl) {
  const auto none = [](const reading&, last_seen&, auto&) {};
  const auto made = make_process<last_seen, std::string>(none, -1s)(state_place{});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("ttl"));
}

/// Tells every row, and a timer a second behind each, with what the state has come to.
struct tells_all {
  void on_row(const reading& row, last_seen& seen, auto& to) {
    to.give("row " + std::to_string(row.value) + " as " + std::to_string(++seen.rows));
    to.set_timer(to.time() + 1s);
  }
  void on_timer(int, last_seen& seen, auto& to) {
    to.give("timer behind " + std::to_string(seen.rows));
  }
};

TEST(ProcessTest, InOrderTakesRowsAndTimersAsTheirTimesSay) {
  const auto make = process<std::string>(tells_all{})
                        .in_order()
                        .bind_state<reading, last_seen>(&reading::sensor, duration{0})
                        .make;
  keyed_run<reading, std::string> run{make, 1};
  run.rows({{5, {7, 5}}, {2, {7, 2}}, {3, {7, 3}}});
  EXPECT_THAT(run.given(), IsEmpty()) << "they wait for the watermark";
  EXPECT_EQ(run.runs().open().entries, 3U) << "a stop tells of them";
  run.restart();
  run.watermark(4);
  EXPECT_THAT(texts(run.given()), ElementsAre("row 2 as 1 at 2", "timer behind 1 at 3",
                                              "row 3 as 2 at 3", "timer behind 2 at 4"));
  run.rows({{3, {7, 33}}});
  EXPECT_THAT(texts(run.given()), ElementsAre("row 33 as 3 at 3")) << "a late row does not wait";
  run.rows({{9, {7, 9}}, {6, {7, 6}}});
  run.end();
  EXPECT_THAT(texts(run.given()),
              ElementsAre("timer behind 3 at 4", "row 5 as 4 at 5", "timer behind 4 at 6",
                          "row 6 as 5 at 6", "timer behind 5 at 7", "row 9 as 6 at 9",
                          "timer behind 6 at 10"));
}

TEST(ProcessTest, InOrderDoesNotDependOnTheOrderInWhichRowsCome) {
  const auto make = process<std::string>(tells_all{})
                        .in_order()
                        .bind_state<reading, last_seen>(&reading::sensor, duration{0})
                        .make;
  test::expect_for_many_seeds([&](test::chance& by) {
    std::vector<test::at_second<reading>> rows;
    for (int i = 0; i < 50; ++i) rows.push_back({i, {static_cast<int>(by() % 3), i}});
    keyed_run<reading, std::string> sorted{make}, mixed{make, 1 + by() % 4};
    sorted.rows(rows);
    sorted.end();
    for (std::size_t from = 0; from < rows.size(); from += 10) {
      std::vector<test::at_second<reading>> some{rows.begin() + static_cast<int>(from),
                                                 rows.begin() + static_cast<int>(from) + 10};
      std::ranges::shuffle(some, by);
      mixed.rows(some);
      mixed.watermark(static_cast<int>(from + by() % 11));
      if (by() % 3 == 0) mixed.restart();
    }
    mixed.end();
    test::require(texts(mixed.given()) == texts(sorted.given()), "the same in the same order");
  });
}

TEST(ProcessTest, InOrderRefusesRowsThatBorrow) {
  const auto none = [](std::string_view, auto&) {};
  const auto made = process<std::string>(none)
                        .in_order()
                        .bind_keyed<std::string_view>(std::identity{})
                        .make(state_place{});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("own their text"));
}

/// A timer at the second that the row's value says, and one behind each.
struct ticks {
  void on_row(const reading& row, auto& to) {
    to.set_timer(timestamp{std::chrono::seconds{row.value}});
  }
  void on_timer(int sensor, auto& to) {
    to.give(std::to_string(sensor));
    to.set_timer(to.time() + 1s);
  }
};

/// Each row and each alarm gives so many rows; a row sets an alarm that is due at once.
struct gives_many {
  int rows, alarms;

  void on_row(const reading& row, auto& to) {
    for (int i = 0; i < rows; ++i) to.give("row " + std::to_string(row.value));
    to.set_alarm(0s);
  }
  void on_alarm(int, auto& to) {
    for (int i = 0; i < alarms; ++i) to.give(std::string{"alarm"});
  }
};

TEST(ProcessTest, LosesAndDoublesNothingWhereAlarmsMeetOutletsWithoutRoom) {
  for (int rows = 0; rows < 7; ++rows)
    for (int alarms = 0; alarms < 5; ++alarms)
      for (std::size_t room = 1; room < 4; ++room) {
        keyed_run<reading, std::string> run{process<std::string>(gives_many{rows, alarms})
                                                .bind_keyed<reading>(&reading::sensor)
                                                .make,
                                            room};
        // As a shell does: between two calls with rows it calls at the time that was asked for.
        run.rows({{0, {7, 0}}, {1, {8, 1}}, {2, {9, 2}}}, [&] { run.wake(moment::max()); });
        run.wake(moment::max());
        std::map<std::string, int> count;
        for (const auto& one : run.given()) ++count[one.row];
        for (const auto* row : {"row 0", "row 1", "row 2"})
          EXPECT_EQ(count[row], rows) << rows << ' ' << alarms << ' ' << room;
        EXPECT_EQ(count["alarm"], 3 * alarms) << rows << ' ' << alarms << ' ' << room;
      }
}

TEST(ProcessTest, CallsAllTimersThatAreSetWhenTheStreamFinishes) {
  keyed_run<reading, std::string> run{
      process<std::string>(ticks{}).bind_keyed<reading>(&reading::sensor).make};
  run.rows({{1, {9, 9}}, {1, {99, 99}}});
  run.end();
  EXPECT_THAT(texts(run.given()), ElementsAre("9 at 9", "99 at 99"));
}

TEST(ProcessTest, SaysWhenTimersOrRowsThatWaitAreTooMany) {
  const auto make = process<std::string>(tells_all{})
                        .in_order()
                        .bind_state<reading, last_seen>(&reading::sensor, duration{0})
                        .make;
  keyed_run<reading, std::string> run{make, 3, {.name = "told", .memory_bytes = 50'000}};
  std::vector<test::at_second<reading>> rows;
  for (int i = 0; i < 3'000; ++i) rows.push_back({i, {i, i}});
  try {
    run.rows(rows);
    FAIL() << "3,000 rows wait";
  } catch (const std::runtime_error& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("what waits in 'told' does not fit into memory"));
  }
}

TEST(ProcessTest, GivesTheSameWhereverItIsSavedAndLoaded) {
  // Timers, state and what is forgotten, against a run without a restart.
  test::expect_for_many_seeds([](test::chance& by) {
    const auto make = make_process<last_seen, std::string>(silence{}, 30s);
    keyed_run<reading, std::string> whole{make, 100}, restarted{make, 1 + by() % 3};
    int now = 0;
    for (int step = 0; step < 40; ++step) {
      std::vector<test::at_second<reading>> rows;
      for (auto i = by() % 8; i > 0; --i)
        rows.push_back({now + static_cast<int>(by() % 12), {static_cast<int>(by() % 5), 0}});
      now += static_cast<int>(by() % 9);
      for (auto* run : {&whole, &restarted}) {
        run->rows(rows);
        run->watermark(now);
      }
      if (by() % 4 == 0) restarted.restart();
    }
    whole.end();
    restarted.end();
    const auto expected = texts(whole.given());
    test::require(expected.size() > 5, "timers fire");
    test::require(texts(restarted.given()) == expected, "a restart changes nothing");
  });
}

TEST(ProcessTest, KeepsTheOperatorContract) {
  const auto make =
      make_process<last_seen, std::int64_t>([](const reading& row, last_seen& seen, auto& to) {
        for (auto i = ++seen.rows % 4; i > 0; --i) to.give(row.value + i);
      });
  test::expect_operator_contract<reading, std::int64_t>(
      [make] { return make(state_place{}); },
      [](test::chance& by) {
        return reading{static_cast<int>(by() % 7), static_cast<int>(by() % 100)};
      });
}

/// Gives rows, some more when an alarm rings, and more when a timer is due.
struct restless {
  void on_row(const reading& row, last_seen& seen, auto& to) {
    to.set_alarm(std::chrono::milliseconds{1 + row.value % 40});
    to.set_timer(to.time() + std::chrono::seconds{row.value % 20});
    for (auto i = ++seen.rows % 3; i > 0; --i) to.give(row.value);
  }
  void on_alarm(int sensor, last_seen& seen, auto& to) {
    for (auto i = seen.rows % 5; i > 0; --i) to.give(std::int64_t{-1} - sensor);
  }
  void on_timer(int sensor, last_seen& seen, auto& to) {
    for (auto i = seen.rows % 4; i > 0; --i) to.give(std::int64_t{-100} - sensor);
  }
};

void expect_contract_of_restless(process_options options) {
  using op = process_operator<reading, int reading::*, last_seen, restless, std::int64_t>;
  test::expect_operator_contract<reading, std::int64_t>(
      [options]() -> result<std::unique_ptr<any_operator>> {
        return std::unique_ptr<any_operator>{std::make_unique<op>(
            &reading::sensor, restless{}, options, state_place{}, test::driven_time)};
      },
      [](test::chance& by) {
        return reading{static_cast<int>(by() % 7), static_cast<int>(by() % 100)};
      },
      true);
}

TEST(ProcessTest, KeepsTheOperatorContractWithAlarmsAndTimers) { expect_contract_of_restless({}); }

TEST(ProcessTest, KeepsTheOperatorContractInOrder) {
  expect_contract_of_restless({.ttl = 30s, .in_order = true});
}

} // namespace
} // namespace weir
