// SPDX-License-Identifier: Apache-2.0
//
// Windows of keys, as a program has them: from rows without order to results, in any number of
// instances.

#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include <weir/actors/operators/agg/count.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/tests/dsl/program_run.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <concepts>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct order {
  std::string name;
  std::int64_t amount = 0;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount, at))

struct total {
  std::int64_t create() const { return 0; }
  void add(std::int64_t& sum, const order& row) const { sum += row.amount; }
  void merge(std::int64_t& sum, std::int64_t other) const { sum += other; }
  std::int64_t result(std::int64_t sum) const { return sum; }
};
using result_row = windowed<std::string, std::int64_t>;
using count_row = windowed_rows<std::string, std::int64_t>;

std::vector<order> orders(int count, std::uint32_t seed, int disorder) {
  std::mt19937 random{seed};
  std::vector<order> all;
  for (int i = 0; i < count; ++i)
    all.push_back({"customer " + std::to_string(random() % 50), static_cast<int>(random() % 1000),
                   timestamp{std::chrono::milliseconds{i * 10 + random() % disorder}}});
  return all;
}

std::string mark_of(const result_row& row) {
  return std::string{row.is_update ? "!" : ""} + (row.is_early ? "?" : "");
}
std::string mark_of(const count_row& row) { return row.is_complete ? "" : "~"; }

template <class Row>
std::vector<std::string> texts_of(const std::vector<Row>& rows) {
  std::vector<std::string> all;
  for (const auto& row : rows)
    all.push_back(to_string(row.start) + " " + to_string(row.end) + " " + row.key + " "
                  + std::to_string(row.value) + mark_of(row));
  std::ranges::sort(all);
  return all;
}

struct outcome {
  job_summary ended;
  std::vector<std::string> results;
  std::vector<std::string> late;
};

template <class Run>
outcome run(const std::vector<order>& rows, std::uint32_t instances, window_options options,
            Run start, time_windows windows = tumbling(1s)) {
  app program{"test"};
  memory_sink<result_row> out;
  memory_sink<order> late;
  auto totals = program.from(memory_rows{rows}) | event_time(&order::at, out_of_order(200ms))
                | key_by(&order::name) | window(windows, total{}, options).parallel(instances);
  totals | to(out);
  totals.late() | to(late);
  outcome found;
  found.ended = start(program);
  found.results = texts_of(out.rows());
  for (const auto& row : late.rows())
    found.late.push_back(row.name + " " + to_string(row.at) + " " + std::to_string(row.amount));
  std::ranges::sort(found.late);
  return found;
}

outcome run_for_real(const std::vector<order>& rows, std::uint32_t instances,
                     window_options options = {}) {
  return run(rows, instances, options, [](app& program) {
    auto running = program.start();
    if (!running) throw std::runtime_error{running.error().message};
    return running->wait();
  });
}

TEST(WindowRunTest, GivesTheSameRowsWithAnyNumberOfInstances) {
  for (const int disorder : {150, 800}) { // the second brings late rows
    const auto rows = orders(20'000, 3, disorder);
    const auto one = run_for_real(rows, 1);
    ASSERT_EQ(one.ended.state, job_state::finished);
    EXPECT_GT(one.results.size(), 5'000U);
    EXPECT_EQ(one.late.empty(), disorder == 150);
    for (const std::uint32_t instances : {2U, 4U, 7U}) {
      const auto several = run_for_real(rows, instances);
      ASSERT_EQ(several.ended.state, job_state::finished);
      EXPECT_EQ(several.results, one.results) << instances;
      EXPECT_EQ(several.late, one.late) << instances;
    }
  }
}

/// Results of windows of any kind over rows with times or, as they come, without.
template <class Windows>
std::vector<std::string> results_of(Windows windows, const std::vector<order>& rows,
                                    std::uint32_t instances, bool has_times = true) {
  app program{"test"};
  using row = std::conditional_t<std::same_as<Windows, count_windows>, count_row, result_row>;
  memory_sink<row> out;
  auto given = program.from(memory_rows{rows});
  auto timed = has_times ? given | event_time(&order::at, out_of_order(1s)) : given;
  timed | key_by(&order::name) | window(windows, total{}).parallel(instances) | to(out);
  auto running = program.start();
  if (!running) throw std::runtime_error{running.error().message};
  if (const auto ended = running->wait(); ended.state != job_state::finished)
    throw std::runtime_error{ended.cause ? ended.cause->message : "not finished"};
  return texts_of(out.rows());
}

template <class Windows>
void expect_same_with_any_number_of_instances(Windows windows, bool has_times = true,
                                              int disorder = 800) {
  const auto rows = orders(20'000, 7, disorder);
  const auto one = results_of(windows, rows, 1, has_times);
  EXPECT_GE(one.size(), 50U);
  for (const std::uint32_t instances : {2U, 4U, 7U})
    EXPECT_EQ(results_of(windows, rows, instances, has_times), one) << instances;
}

TEST(WindowRunTest, OverlappingWindowsAndSessionsAreTheSameInAnyNumberOfInstances) {
  expect_same_with_any_number_of_instances(sliding(2s, 250ms));
  expect_same_with_any_number_of_instances(sliding(1s, 300ms));
  expect_same_with_any_number_of_instances(session(700ms));
}

job_summary run_seeded(std::uint32_t seed, app& program) {
  auto planned = program.plan();
  if (!planned) throw std::runtime_error{planned.error().message};
  testing::seeded_job job{seed, planned->what};
  return job.run().value_or(job_summary{});
}

TEST(WindowRunTest, OverlappingWindowsAreTheSameWhateverTheMachineDoes) {
  const auto rows = orders(500, 5, 800);
  const auto windows = sliding(300ms, 100ms);
  const auto run_it = [&](std::uint32_t seed, std::uint32_t instances) {
    return run(
        rows, instances, {.allow_late = 100ms},
        [&](app& program) { return run_seeded(seed, program); }, windows);
  };
  const auto expected = run_it(1, 1);
  ASSERT_FALSE(expected.late.empty());
  testing::for_each_seed([&](std::uint32_t seed) {
    const auto got = run_it(seed, 1 + seed % 3);
    ASSERT_EQ(got.ended.state, job_state::finished);
    ASSERT_EQ(got.results, expected.results);
    ASSERT_EQ(got.late, expected.late);
  });
}

/// Without what is early, and without saying what updates what.
std::vector<std::string> final_results(std::vector<std::string> results) {
  std::erase_if(results, [](const auto& text) { return text.ends_with('?'); });
  for (auto& text : results)
    if (text.ends_with('!')) text.pop_back();
  std::ranges::sort(results);
  return results;
}

TEST(WindowRunTest, FinalResultsDoNotDependOnEarlyOnes) {
  const auto rows = orders(500, 5, 800);
  const auto run_it = [&](std::uint32_t seed, window_options options) {
    return run(rows, 1 + seed % 3, options,
               [&](app& program) { return run_seeded(seed, program); });
  };
  const auto expected = run_it(1, {.allow_late = 300ms});
  std::size_t early = 0;
  testing::for_each_seed([&](std::uint32_t seed) {
    const auto got = run_it(seed, {.allow_late = 300ms, .every = 1ms});
    ASSERT_EQ(got.ended.state, job_state::finished);
    ASSERT_EQ(final_results(got.results), final_results(expected.results));
    ASSERT_EQ(got.late, expected.late);
    early += got.results.size() - expected.results.size();
  });
  EXPECT_GT(early, 0U);
}

TEST(WindowRunTest, GlobalWindowsNeedNoEventTimeInAnyNumberOfInstances) {
  expect_same_with_any_number_of_instances(global(), true);
  expect_same_with_any_number_of_instances(global(), false);
}

TEST(WindowRunTest, GlobalWindowsWithATriggerAreTheSameInAnyNumberOfInstances) {
  expect_same_with_any_number_of_instances(global(on_count(30)), false);
  expect_same_with_any_number_of_instances(global(on_time(5s)), true);
  expect_same_with_any_number_of_instances(global(on_time(500ms)), true, 1'200); // some are late
}

TEST(WindowRunTest, WindowsOfDaysAreTheSameInAnyNumberOfInstances) {
  auto rows = orders(20'000, 7, 1);
  for (auto& row : rows) row.at = timestamp{row.at.time_since_epoch() * 1'000}; // 55 hours
  const auto days = tumbling_days(1, "America/New_York");
  const auto one = results_of(days, rows, 1);
  EXPECT_EQ(one.size(), 4 * 50U);
  for (const std::uint32_t instances : {2U, 4U, 7U})
    EXPECT_EQ(results_of(days, rows, instances), one) << instances;
}

TEST(WindowRunTest, AnUnknownTimeZoneIsFoundBeforeAnyRow) {
  app program{"test"};
  program.from(memory_rows{orders(10, 1, 1)}) | event_time(&order::at) | key_by(&order::name)
      | window(tumbling_days(1, "Europe/Belrin"), total{}) | to(discard{});
  const auto running = program.start();
  ASSERT_FALSE(running);
  EXPECT_THAT(running.error().message,
              HasSubstr("window: there is no time zone 'Europe/Belrin'; did you mean"));
}

/// What is told on stderr of windows that were open when the job was stopped, behind 3 rows.
template <class Windows>
pieces::outcome stopped_run(const Windows& windows, const char* flag = "--no-quiet") {
  return pieces::run_program({"--until", "3 rows", flag}, [&](app& program) {
    const std::vector<order> rows{{"Alice", 1, timestamp{1s}},
                                  {"Bob", 2, timestamp{7s}},
                                  {"Alice", 4, timestamp{8s}},
                                  {"Carol", 8, timestamp{9s}}};
    program.from(memory_rows{rows}) | event_time(&order::at) | key_by(&order::name)
        | window(windows, total{}) | to(discard{});
  });
}

TEST(WindowRunTest, TellsOfWindowsThatWereOpenWhenItWasStopped) {
  const auto time = [](const char* second) {
    return "1970-01-01T00:00:" + std::string{second} + "Z";
  };
  const auto sentence = [&](const char* from, const char* to, const char* entries) {
    return "test: window: windows from " + time(from) + " to " + time(to)
           + " were not over: what they came to so far, " + entries + ", is left out\n";
  };
  const auto without_bounds = [](const std::string& entries) {
    return "test: window: its rows were not at their end: what they came to so far, " + entries
           + ", is left out\n";
  };
  EXPECT_THAT(stopped_run(tumbling(5s)).talk, HasSubstr(sentence("05", "10", "2 entries")));
  EXPECT_THAT(stopped_run(sliding(10s, 5s)).talk, HasSubstr(sentence("00", "15", "3 entries")));
  EXPECT_THAT(stopped_run(session(4s)).talk, HasSubstr(sentence("07", "12", "2 entries")));
  EXPECT_THAT(stopped_run(tumbling_days(1, "UTC")).talk,
              HasSubstr("test: window: windows from " + time("00") + " to 1970-01-02T00:00:00Z"));
  EXPECT_THAT(stopped_run(global()).talk, HasSubstr(without_bounds("2 entries")));
  EXPECT_THAT(stopped_run(global(on_count(2))).talk, HasSubstr(without_bounds("1 entry")));
  EXPECT_THAT(stopped_run(global(on_time(5s))).talk, HasSubstr(without_bounds("2 entries")));
  EXPECT_THAT(stopped_run(count_window(2)).talk, HasSubstr(without_bounds("1 entry")));
  EXPECT_THAT(stopped_run(count_window(4, 2)).talk, HasSubstr(without_bounds("1 entry")));
  EXPECT_THAT(stopped_run(tumbling(5s), "--json").out, HasSubstr(R"("open_entries":2)"));
  EXPECT_EQ(stopped_run(tumbling(5s), "--quiet").talk, "");
}

/// A run in which Bob's order comes too late, with windows of so many instances.
pieces::outcome late_run(std::vector<const char*> words, bool takes_late, std::uint32_t instances) {
  return pieces::run_program(std::move(words), [&](app& program) {
    const std::vector<order> rows{{"Alice", 1, timestamp{1s}},
                                  {"Alice", 4, timestamp{20s}},
                                  {"Bob", 2, timestamp{7s}},
                                  {"Carol", 2, timestamp{8s}}};
    auto totals = program.from(memory_rows{rows}) | event_time(&order::at) | key_by(&order::name)
                  | window(tumbling(5s), total{}).parallel(instances);
    totals | to(discard{});
    if (takes_late) totals.late() | to(discard{}).named("late");
  });
}

TEST(WindowRunTest, TellsOfLateRowsThatNobodyTakesHoweverQuietItIsToBe) {
  const std::string told = "test: window: 2 rows came too late and were dropped; late() takes such "
                           "rows, a longer out_of_order makes them fewer\n";
  for (const std::uint32_t instances : {1U, 3U}) {
    EXPECT_EQ(late_run({"--quiet"}, false, instances).talk, told) << instances;
    EXPECT_EQ(late_run({"--json", "--log-level", "error"}, false, instances).talk, told);
    EXPECT_THAT(late_run({}, false, instances).talk, ::testing::StartsWith(told));
    EXPECT_EQ(late_run({"--quiet"}, true, instances).talk, "");
  }
}

TEST(WindowRunTest, TellsItsHostOfLateRowsThatNobodyTakes) {
  const std::vector<order> rows{{"Alice", 4, timestamp{20s}}, {"Bob", 2, timestamp{7s}}};
  std::vector<std::string> heard;
  app program{"test"};
  program.on_warning([&](const std::string& text) { heard.push_back(text); });
  program.from(memory_rows{rows}) | event_time(&order::at) | key_by(&order::name)
      | window(tumbling(5s), total{}) | to(discard{});
  EXPECT_EQ(program.run(), 0);
  EXPECT_THAT(heard,
              ::testing::ElementsAre(HasSubstr("window: 1 row came too late and was dropped")));
}

TEST(WindowRunTest, TakesASideOutputThatNobodyTakesForNoLateRows) {
  const auto to_both = [](const order& row, auto& to) {
    to.give(row);
    to.template give_to<1>(row);
  };
  const auto ran = pieces::run_program({"--quiet"}, [&](app& program) {
    auto both = program.from(memory_rows{std::vector<order>(3)}) | key_by(&order::name)
                | process<order, order>(to_both).parallel(2);
    std::get<0>(both) | to(discard{});
  });
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.talk, "");
}

TEST(WindowRunTest, WindowsOfRowsAreTheSameInAnyNumberOfInstances) {
  expect_same_with_any_number_of_instances(count_window(7), false);
  expect_same_with_any_number_of_instances(count_window(100, 10), true);
}

TEST(WindowRunTest, GlobalWindowsGiveWhatHistoryCameToAndThenWhatChanges) {
  app program{"test"};
  memory_sink<result_row> out;
  const std::vector<order> before{{"a", 1, {}}, {"b", 2, {}}}, after{{"b", 4, {}}, {"c", 8, {}}};
  program.from(history(memory_rows{before}).then(memory_rows{after})) | key_by(&order::name)
      | window(global(), total{}) | to(out);
  auto running = program.start();
  ASSERT_TRUE(running) << running.error().message;
  EXPECT_EQ(running->wait().state, job_state::finished);
  const std::string zero = "1970-01-01T00:00:00Z 1970-01-01T00:00:00Z ";
  EXPECT_EQ(texts_of(out.rows()),
            (std::vector{zero + "a 1", zero + "b 2", zero + "b 6!", zero + "c 8"}));
}

TEST(WindowRunTest, GivesTheSameRowsWhateverTheMachineDoes) {
  const auto rows = orders(3'000, 5, 800);
  const auto expected = run_for_real(rows, 1, {.allow_late = 300ms});
  ASSERT_FALSE(expected.late.empty());
  ASSERT_TRUE(
      std::ranges::any_of(expected.results, [](const auto& t) { return t.ends_with("!"); }));
  testing::for_each_seed([&](std::uint32_t seed) {
    const auto got = run(rows, 1 + seed % 3, {.allow_late = 300ms}, [&](app& program) {
      auto planned = program.plan();
      if (!planned) throw std::runtime_error{planned.error().message};
      testing::seeded_job job{seed, planned->what};
      return job.run().value_or(job_summary{});
    });
    ASSERT_EQ(got.ended.state, job_state::finished);
    ASSERT_EQ(got.results, expected.results);
    ASSERT_EQ(got.late, expected.late);
  });
}

TEST(WindowRunTest, WaitsForTheSlowestOfStreamsThatAreMerged) {
  auto ahead = orders(2'000, 3, 150);
  for (auto& row : ahead) row.at += 1h;
  const auto behind = orders(2'000, 4, 150);
  testing::for_each_seed([&](std::uint32_t seed) {
    app program{"test"};
    memory_sink<result_row> out;
    memory_sink<order> late;
    const auto timed = event_time(&order::at, out_of_order(200ms));
    auto totals = merge(program.from(memory_rows{ahead}) | timed,
                        program.from(memory_rows{behind, {.poll_rows = 50}}) | timed)
                  | key_by(&order::name) | window(tumbling(1h), total{});
    totals | to(out);
    totals.late() | to(late);
    testing::seeded_job job{seed, program.plan()->what};
    ASSERT_EQ(job.run().value_or(job_summary{}).state, job_state::finished);
    ASSERT_EQ(late.rows().size(), 0U);
    ASSERT_EQ(out.rows().size(), 100U); // 50 customers in 2 hours
  });
}

TEST(WindowRunTest, IsSetByName) {
  app program{"test"};
  program.set("per second.parallel", "3");
  program.from(memory_rows{orders(10, 1, 1)}) | event_time(&order::at) | key_by(&order::name)
      | window(tumbling(1s), total{}).named("per second") | to(discard{});
  const auto made = program.plan();
  ASSERT_TRUE(made) << made.error().message;
  std::vector<std::string> names;
  for (const auto& actor : made->what.actors) names.push_back(actor.name);
  EXPECT_THAT(names, ::testing::IsSupersetOf({"event_time + per second by key", "per second 1",
                                              "per second 2", "per second 3"}));
}

TEST(WindowRunTest, RefusesMoreInstancesThanThereAreKeyGroups) {
  for (const std::uint32_t instances : {0U, 129U}) {
    app program{"test"};
    program.from(memory_rows{orders(10, 1, 1)}) | event_time(&order::at) | key_by(&order::name)
        | window(tumbling(1s), total{}).parallel(instances) | to(discard{});
    const auto made = program.plan();
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message, HasSubstr("1 to 128 instances, not"));
  }
}

struct measured {
  timestamp at;
  double key = 0;
};
BOOST_DESCRIBE_STRUCT(measured, (), (at, key))

TEST(WindowRunTest, TakesAllNotANumbersForOneKeyInAnyNumberOfInstances) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<measured> rows;
  for (int i = 0; i < 300; ++i)
    rows.push_back({timestamp{std::chrono::milliseconds{i}}, i % 3 == 0   ? nan
                                                             : i % 3 == 1 ? -nan
                                                                          : 0.5});
  for (const std::uint32_t instances : {1U, 2U, 7U}) {
    app program{"test"};
    memory_sink<windowed<double, std::uint64_t>> out;
    program.from(memory_rows{rows}) | event_time(&measured::at) | key_by(&measured::key)
        | window(tumbling(1s), agg::count()).parallel(instances) | to(out);
    ASSERT_EQ(program.run(), 0);
    auto found = out.rows();
    ASSERT_EQ(found.size(), 2U);
    std::ranges::sort(found, {}, &windowed<double, std::uint64_t>::value);
    EXPECT_EQ(found[0].value, 100U);
    EXPECT_EQ(found[1].value, 200U);
    EXPECT_TRUE(std::isnan(found[1].key));
  }
}

} // namespace
} // namespace weir
