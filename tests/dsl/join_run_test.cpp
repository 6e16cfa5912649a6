// SPDX-License-Identifier: Apache-2.0
//
// Joins of two streams, as a program has them: from rows without order to pairs, in any number of
// instances, however the two streams interleave.

#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include "program_run.hpp"
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct order {
  std::string id;
  int number = 0;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, number, at))

struct payment {
  timestamp at;
  std::string order;
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(payment, (), (at, order, number))

std::string text_of(const order* o, const payment* p) {
  return (o == nullptr ? "-" : o->id + " " + std::to_string(o->number)) + " + "
         + (p == nullptr ? "-" : std::to_string(p->number));
}
constexpr auto of_pair = [](const order& o, const payment& p) { return text_of(&o, &p); };
constexpr auto of_left = [](const order& o, const payment* p) { return text_of(&o, p); };
constexpr auto of_either = [](const order* o, const payment* p) { return text_of(o, p); };

/// Some come later than the 300 ms that are allowed.
template <class Row>
std::vector<Row> rows_of(int count, std::uint32_t seed) {
  std::mt19937 random{seed};
  std::vector<Row> all;
  for (int i = 0; i < count; ++i) {
    const timestamp at{std::chrono::milliseconds{i * 10 + random() % 400}};
    const auto id = "order " + std::to_string(random() % 40);
    if constexpr (std::is_same_v<Row, order>)
      all.push_back({id, i, at});
    else
      all.push_back({at, id, i});
  }
  return all;
}

struct outcome {
  job_summary ended;
  std::vector<std::string> results;
  std::vector<int> late, late_right;
};

/// Runs `join` of two streams; `polls`: how their sources give them.
template <class Join, class Run>
outcome run(int count, memory_rows_options polls, const Join& join, Run start) {
  app program{"test"};
  memory_sink<std::string> out;
  memory_sink<order> late;
  memory_sink<payment> late_right;
  auto payments = program.from(memory_rows{rows_of<payment>(count, 2), polls})
                  | event_time(&payment::at, out_of_order(300ms)) | key_by(&payment::order);
  auto joined = program.from(memory_rows{rows_of<order>(count, 1)})
                | event_time(&order::at, out_of_order(300ms)) | key_by(&order::id) | join(payments);
  joined | to(out);
  joined.late() | to(late);
  joined.late_right() | to(late_right);
  outcome found;
  found.ended = start(program);
  found.results = out.rows();
  for (const auto& row : late.rows()) found.late.push_back(row.number);
  for (const auto& row : late_right.rows()) found.late_right.push_back(row.number);
  std::ranges::sort(found.results);
  std::ranges::sort(found.late);
  std::ranges::sort(found.late_right);
  return found;
}

job_summary for_real(app& program) {
  auto running = program.start();
  if (!running) return {job_state::failed, running.error(), {}};
  return running->wait();
}

template <class Join>
void expect_same_rows_of_all_instances(const Join& join) {
  const auto of = [&](std::uint32_t instances) {
    return run(
        10'000, {}, [&](const auto& right) { return join(right).parallel(instances); }, for_real);
  };
  const auto one = of(1);
  ASSERT_EQ(one.ended.state, job_state::finished);
  EXPECT_GT(one.results.size(), 1'000U);
  EXPECT_FALSE(one.late.empty());
  EXPECT_FALSE(one.late_right.empty());
  for (const std::uint32_t instances : {2U, 4U, 7U}) {
    const auto several = of(instances);
    ASSERT_EQ(several.ended.state, job_state::finished);
    EXPECT_EQ(several.results, one.results) << instances;
    EXPECT_EQ(several.late, one.late) << instances;
    EXPECT_EQ(several.late_right, one.late_right) << instances;
  }
}

template <class Join>
void expect_same_rows_whatever_happens(const Join& join) {
  const auto expected = run(400, {}, join, for_real);
  ASSERT_FALSE(expected.results.empty());
  ASSERT_FALSE(expected.late.empty());
  ASSERT_FALSE(expected.late_right.empty());
  testing::for_each_seed([&](std::uint32_t seed) {
    const auto got = run(
        400, {.poll_rows = 1 + seed % 90},
        [&](const auto& right) { return join(right).parallel(1 + seed % 3); },
        [&](app& program) {
          auto planned = program.plan();
          if (!planned) throw std::runtime_error{planned.error().message};
          testing::seeded_job job{seed, planned->what};
          return job.run().value_or(job_summary{});
        });
    ASSERT_EQ(got.ended.state, job_state::finished);
    ASSERT_EQ(got.results, expected.results);
    ASSERT_EQ(got.late, expected.late);
    ASSERT_EQ(got.late_right, expected.late_right);
  });
}

constexpr auto paid = [](const auto& payments) {
  return outer_join(payments, within(-500ms, 1s), of_either);
};

TEST(JoinRunTest, JoinsWithinAnIntervalAlikeWithAnyNumberOfInstances) {
  expect_same_rows_of_all_instances(paid);
}
TEST(JoinRunTest, JoinsWithinAnIntervalAlikeWhateverTheMachineDoes) {
  expect_same_rows_whatever_happens(paid);
}

constexpr auto answered = [](const auto& payments) {
  return left_join(payments, latest(), of_left);
};

TEST(JoinRunTest, JoinsWithTheLatestRowAlikeWithAnyNumberOfInstances) {
  expect_same_rows_of_all_instances(answered);
}
TEST(JoinRunTest, JoinsWithTheLatestRowAlikeWhateverTheMachineDoes) {
  expect_same_rows_whatever_happens(answered);
}

constexpr auto together = [](const auto& payments) {
  return outer_join(payments, sliding(40ms, 20ms), of_either);
};

TEST(JoinRunTest, JoinsInWindowsAlikeWithAnyNumberOfInstances) {
  expect_same_rows_of_all_instances(together);
}
TEST(JoinRunTest, JoinsInWindowsAlikeWhateverTheMachineDoes) {
  expect_same_rows_whatever_happens(together);
}

TEST(JoinRunTest, GivesTheRowsOfEachKindOfJoin) {
  const auto count = [](const auto& join) { return run(100, {}, join, for_real).results.size(); };
  const auto interval = within(-50ms, 50ms);
  const auto inner = count([&](const auto& p) { return join(p, interval, of_pair); });
  const auto left = count([&](const auto& p) { return left_join(p, interval, of_left); });
  const auto outer = count([&](const auto& p) { return outer_join(p, interval, of_either); });
  EXPECT_GT(inner, 0U);
  EXPECT_GT(left, inner);
  EXPECT_GT(outer, left);
}

/// What a program says that is stopped while rows wait for partners.
template <class Join>
std::string stopped_run(const Join& join) {
  return pieces::run_program({"--until", "1 rows", "--no-quiet"},
                             [&](app& program) {
                               auto payments = program.from(memory_rows{rows_of<payment>(3, 2)})
                                               | event_time(&payment::at) | key_by(&payment::order);
                               program.from(memory_rows{rows_of<order>(3, 1)})
                                   | event_time(&order::at) | key_by(&order::id) | join(payments)
                                   | to(discard{});
                             })
      .talk;
}

TEST(JoinRunTest, TellsOfRowsThatWaitedWhenItWasStopped) {
  const auto told = HasSubstr("test: join: its rows were not at their end");
  for (const auto& said : {stopped_run(paid), stopped_run(together), stopped_run(answered)})
    EXPECT_THAT(said, told);
}

TEST(JoinRunTest, RefusesAnIntervalThatEndsBeforeItBegins) {
  const auto refused = run(
      1, {}, [](const auto& p) { return join(p, within(1s, 0s), of_pair); }, for_real);
  ASSERT_EQ(refused.ended.state, job_state::failed);
  EXPECT_THAT(refused.ended.cause->message, HasSubstr("ends before it begins"));
}

TEST(JoinRunTest, AsksForEventTime) {
  app program{"test"};
  auto payments = program.from(memory_rows{rows_of<payment>(9, 2)}) | key_by(&payment::order);
  program.from(memory_rows{rows_of<order>(9, 1)}) | key_by(&order::id)
      | join(payments, within(0s, 1s), of_pair) | to(discard{});
  const auto ended = for_real(program);
  ASSERT_EQ(ended.state, job_state::failed);
  EXPECT_THAT(ended.cause->message, HasSubstr("put event_time(...) before it"));
}

struct measured {
  timestamp at;
  double key = 0;
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(measured, (), (at, key, number))

/// Two that are not numbers, told apart by their sign alone, and two that are.
std::vector<measured> not_all_numbers(std::int64_t first) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  return {{timestamp{1s}, first == 1 ? nan : -nan, first}, {timestamp{2s}, 0.5, first + 1}};
}

TEST(JoinRunTest, TakesAllNotANumbersForOneKeyInAnyJoin) {
  const auto numbers = [](const auto& join) {
    app program{"test"};
    memory_sink<std::int64_t> out;
    auto right = program.from(memory_rows{not_all_numbers(10)}) | event_time(&measured::at)
                 | key_by(&measured::key);
    program.from(memory_rows{not_all_numbers(1)}) | event_time(&measured::at)
        | key_by(&measured::key) | join(right).parallel(2) | to(out);
    EXPECT_EQ(for_real(program).state, job_state::finished);
    auto rows = out.rows();
    std::ranges::sort(rows);
    return rows;
  };
  const auto sum = [](const measured& a, const measured& b) { return a.number + b.number; };
  const std::vector<std::int64_t> expected{11, 13};
  EXPECT_EQ(numbers([&](const auto& r) { return join(r, within(0s, 1s), sum); }), expected);
  EXPECT_EQ(numbers([&](const auto& r) { return join(r, tumbling(5s), sum); }), expected);
  EXPECT_EQ(numbers([&](const auto& r) { return join(r, latest(), sum); }), expected);
}

} // namespace
} // namespace weir
