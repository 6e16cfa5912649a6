// SPDX-License-Identifier: Apache-2.0
//
// Rows looked up in a table, as a program has them: the table's source beside the stream's.

#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct trip {
  int from = 0;
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(trip, (), (from, number))

struct zone {
  int id = 0;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(zone, (), (id, name))

struct named {
  std::string name;
  int number = 0;
  friend bool operator==(const named&, const named&) = default;
  friend void PrintTo(const named& row, std::ostream* to) { *to << row.name << " " << row.number; }
};
BOOST_DESCRIBE_STRUCT(named, (), (name, number))

constexpr auto with_name = [](const trip& t, const zone& z) { return named{z.name, t.number}; };
constexpr auto with_name_if_any = [](const trip& t, const zone* z) {
  return named{z == nullptr ? "?" : z->name, t.number};
};

const std::vector<zone> zones{{1, "Newark"}, {4, "Alphabet City"}, {7, "Astoria"}};
const std::vector<trip> trips{{4, 0}, {1, 1}, {5, 2}, {4, 3}, {7, 4}};

job_summary run_for_real(app& program) {
  auto running = program.start();
  if (!running) return {job_state::failed, running.error(), {}};
  return running->wait();
}

template <class Adaptor>
std::pair<job_summary, std::vector<named>> run(const std::vector<trip>& rows, const Adaptor& join) {
  app program{"test"};
  memory_sink<named> out;
  program.from(memory_rows{rows}) | join | to(out);
  auto ended = run_for_real(program);
  return {ended, out.rows()};
}

TEST(LookupRunTest, JoinsEachRowWithItsRowOfTheTable) {
  const auto [ended, rows] =
      run(trips, lookup(memory_rows{zones}, &zone::id, &trip::from, with_name));
  EXPECT_EQ(ended.state, job_state::finished);
  EXPECT_THAT(rows, ElementsAre(named{"Alphabet City", 0}, named{"Newark", 1},
                                named{"Alphabet City", 3}, named{"Astoria", 4}));
}

TEST(LookupRunTest, KeepsRowsWithoutOneWhereTheLeftOfAJoinIsWanted) {
  const auto [ended, rows] =
      run(trips, left_lookup(memory_rows{zones}, &zone::id, &trip::from, with_name_if_any));
  EXPECT_EQ(ended.state, job_state::finished);
  EXPECT_THAT(rows, ElementsAre(named{"Alphabet City", 0}, named{"Newark", 1}, named{"?", 2},
                                named{"Alphabet City", 3}, named{"Astoria", 4}));
}

TEST(LookupRunTest, TakesAnEmptyTable) {
  const memory_rows nothing{std::vector<zone>{}};
  EXPECT_THAT(run(trips, lookup(nothing, &zone::id, &trip::from, with_name)).second, ElementsAre());
  EXPECT_EQ(
      run(trips, left_lookup(nothing, &zone::id, &trip::from, with_name_if_any)).second.size(),
      trips.size());
}

TEST(LookupRunTest, FailsOnAKeyThatComesTwiceAndSaysWhere) {
  auto twice = zones;
  twice.push_back({4, "Bay Ridge"});
  const auto [ended, rows] =
      run(trips, lookup(memory_rows{twice}, &zone::id, &trip::from, with_name).named("places"));
  ASSERT_EQ(ended.state, job_state::failed);
  EXPECT_THAT(ended.cause->message,
              AllOf(HasSubstr("places table threw at memory(4 rows) memory@3: the key 4 is in the "
                              "table already, from memory(4 rows) memory@1"),
                    HasSubstr("duplicates")));
  EXPECT_THAT(rows, ElementsAre());
}

TEST(LookupRunTest, TakesTheFirstOrTheLastOfAKeyWhereItIsTold) {
  auto twice = zones;
  twice.push_back({4, "Bay Ridge"});
  const std::vector<trip> one{{4, 0}};
  const auto with = [&](duplicate_keys which) {
    return run(one,
               lookup(memory_rows{twice}, &zone::id, &trip::from, with_name, {.duplicates = which}))
        .second;
  };
  EXPECT_THAT(with(duplicate_keys::first), ElementsAre(named{"Alphabet City", 0}));
  EXPECT_THAT(with(duplicate_keys::last), ElementsAre(named{"Bay Ridge", 0}));
}

TEST(LookupRunTest, IsSetByName) {
  auto twice = zones;
  twice.push_back({4, "Bay Ridge"});
  app program{"test"};
  program.set("places.duplicates", "last");
  memory_sink<named> out;
  program.from(memory_rows{trips})
      | lookup(memory_rows{twice}, &zone::id, &trip::from, with_name).named("places") | to(out);
  EXPECT_EQ(run_for_real(program).state, job_state::finished);
  EXPECT_EQ(out.rows().front().name, "Bay Ridge");
}

TEST(LookupRunTest, FailsWithTheSourceOfTheTable) {
  const auto [ended, rows] =
      run(trips, lookup(memory_rows{zones, {.fail_after = 2}}, &zone::id, &trip::from, with_name));
  ASSERT_EQ(ended.state, job_state::failed);
  EXPECT_THAT(ended.cause->message, HasSubstr("told to fail after 2 rows"));
  EXPECT_THAT(rows, ElementsAre());
}

TEST(LookupRunTest, FailsWithTheTableAlsoWhenNoRowIsLookedUp) {
  const auto ended =
      run({}, lookup(memory_rows{zones, {.fail_after = 2}}, &zone::id, &trip::from, with_name))
          .first;
  EXPECT_EQ(ended.state, job_state::failed);
}

TEST(LookupRunTest, LooksUpTwiceInOneStream) {
  app program{"test"};
  memory_sink<named> out;
  program.from(memory_rows{trips})
      | lookup(memory_rows{zones}, &zone::id, &trip::from,
               [](const trip& t, const zone& z) {
                 return zone{t.number, z.name};
               })
      | lookup(memory_rows{trips}, &trip::number, &zone::id,
               [](const zone& z, const trip& t) {
                 return named{z.name, t.from};
               })
      | to(out);
  EXPECT_EQ(run_for_real(program).state, job_state::finished);
  EXPECT_THAT(out.rows(), ElementsAre(named{"Alphabet City", 4}, named{"Newark", 1},
                                      named{"Alphabet City", 4}, named{"Astoria", 7}));
}

struct reading {
  double key = 0;
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(reading, (), (key, number))

TEST(LookupRunTest, TakesAllNotANumbersForOneKey) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  app program{"test"};
  memory_sink<std::int64_t> out;
  program.from(memory_rows<reading>{{{-nan, 1}, {-0.0, 2}, {3.0, 3}}})
      | lookup(
          memory_rows<reading>{{{nan, 10}, {0.0, 20}}}, &reading::key, &reading::key,
          [](const reading& a, const reading& b) -> std::int64_t { return a.number + b.number; })
      | to(out);
  EXPECT_EQ(run_for_real(program).state, job_state::finished);
  EXPECT_THAT(out.rows(), ElementsAre(11, 22));
}

struct viewed {
  std::string_view name;
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(viewed, (), (name, number))

TEST(LookupRunTest, KeepsTheTableForResultsThatBorrowFromIt) {
  std::vector<trip> many;
  for (int i = 0; i < 20'000; ++i) many.push_back({i % 8, i});
  app program{"test"};
  memory_sink<named> out;
  program.from(memory_rows{many})
      | lookup(memory_rows{zones}, &zone::id, &trip::from,
               [](const trip& t, const zone& z) {
                 return viewed{z.name, t.number};
               })
      | map([](const viewed& v) {
          return named{std::string{v.name}, v.number};
        }).async()
      | to(out);
  EXPECT_EQ(run_for_real(program).state, job_state::finished);
  ASSERT_EQ(out.rows().size(), 7'500U);
  for (const auto& row : out.rows())
    ASSERT_EQ(row.name, row.number % 8 == 1   ? zones[0].name
                        : row.number % 8 == 4 ? zones[1].name
                                              : zones[2].name);
}

TEST(LookupRunTest, CountsTheRowsOfTheTableAgainstNothing) {
  std::vector<zone> many;
  for (int i = 0; i < 1000; ++i) many.push_back({i, std::to_string(i)});
  testing::for_each_seed([&](std::uint32_t seed) {
    app program{"test"};
    memory_sink<named> out;
    program.from(memory_rows{trips}) | lookup(memory_rows{many}, &zone::id, &trip::from, with_name)
        | to(out);
    job_options options;
    options.until_rows = 3;
    testing::seeded_job job{seed, program.plan()->what, options};
    ASSERT_TRUE(job.run()) << "the job hangs";
    ASSERT_EQ(out.rows().size(), 3U);
  });
}

/// Gives zones slowly, rejects as many rows as it gives, and sets bounds to neither.
struct slow_zones final : source<zone> {
  result<void> open(source_context) override { return {}; }
  result<poll_state> poll(credit, poll_out<zone> out) override {
    if (given == 40) return poll_state::end;
    out.rows.set_origin({intern_partition("zones", "zones"), given});
    out.rows.push_back({static_cast<int>(given), std::to_string(given)});
    for (int i = 0; i < 1000 && !out.rejects.is_full(); ++i)
      out.rejects.push_back({"zones", "zones:1", "of no use", "junk"});
    ++given;
    return poll_state::rows;
  }
  std::uint64_t given = 0;
};

TEST(LookupRunTest, FinishesWithTheSameRowsWhateverTheMachineDoes) {
  std::vector<trip> many;
  for (int i = 0; i < 3'000; ++i) many.push_back({i % 50, i});
  testing::for_each_seed([&](std::uint32_t seed) {
    app program{"test"};
    program.set("max-reject-ratio", "1");
    memory_sink<named> out;
    memory_sink<reject> rejects;
    memory_rows_options polls{.poll_rows = 1 + seed % 300};
    auto rows = program.from(history(memory_rows{many, polls}).then(memory_rows{trips, polls}));
    auto looked = rows | lookup(slow_zones{}, &zone::id, &trip::from, with_name);
    looked | to(out);
    auto planned = program.plan();
    ASSERT_TRUE(planned) << planned.error().message;
    job_options options;
    options.max_reject_ratio = 1;
    options.commit_every = std::chrono::milliseconds{1 + seed % 20};
    testing::seeded_job job{seed, planned->what, options};
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::finished) << (ended->cause ? ended->cause->message : "");
    ASSERT_EQ(out.rows().size(), 2'400U + trips.size());
  });
}

TEST(LookupRunTest, LooksUpWhatWasReadWhenTheJobIsStopped) {
  std::set<std::uint64_t> seen;
  std::vector<trip> many;
  for (int i = 0; i < 200; ++i) many.push_back({i % 9, i});
  testing::for_each_seed([&](std::uint32_t seed) {
    app program{"test"};
    memory_sink<named> out;
    program.from(memory_rows{many, {.poll_rows = 1}})
        | lookup(memory_rows{zones, {.poll_rows = 1}}, &zone::id, &trip::from, with_name) | to(out);
    auto planned = program.plan();
    ASSERT_TRUE(planned) << planned.error().message;
    testing::seeded_job job{seed, planned->what};
    job.happens_at(seed % 60, [&] { job.stop(); });
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_NE(ended->state, job_state::failed);
    const auto given = job.counters().front().rows_in.get();
    std::vector<int> expected, got;
    for (const auto& one : many)
      if (one.number < static_cast<int>(given) && one.from % 3 == 1) expected.push_back(one.number);
    for (const auto& row : out.rows()) got.push_back(row.number);
    ASSERT_EQ(got, expected);
    seen.insert(given);
  });
  EXPECT_GT(seen.size(), 4U) << "jobs are stopped at different rows";
}

/// A table whose rows are called by how often it was read: 1, 2, ...
struct counted_readings {
  std::unique_ptr<source<zone>> operator()() const {
    struct reading final : source<zone> {
      result<void> open(source_context) override { return {}; }
      result<poll_state> poll(credit, poll_out<zone> out) override {
        if (given == 9) return poll_state::end;
        out.rows.set_origin(
            {intern_partition("zones", "zones"), static_cast<std::uint64_t>(given)});
        out.rows.push_back({given++, std::to_string(number)});
        return poll_state::rows;
      }
      int number = 0, given = 0;
    };
    auto made = std::make_unique<reading>();
    made->number = ++*readings;
    return made;
  }
  std::shared_ptr<int> readings = std::make_shared<int>(0);
};

/// Runs with many seeds; gives how many readings were seen at most.
int most_readings_seen(lookup_options options, bool asks) {
  std::vector<trip> many;
  for (int i = 0; i < 2'000; ++i) many.push_back({i % 9, i});
  int most = 0;
  testing::for_each_seed([&](std::uint32_t seed) {
    app program{"test"};
    memory_sink<named> out;
    program.from(memory_rows{many, {.poll_rows = 1 + seed % 20}})
        | lookup(counted_readings{}, &zone::id, &trip::from, with_name, options) | to(out);
    auto planned = program.plan();
    ASSERT_TRUE(planned) << planned.error().message;
    testing::seeded_job job{seed, planned->what};
    for (std::size_t step = 5; asks && step < 200; step += 20)
      job.happens_at(step, [&] { planned->refresh_tables.front()(); });
    const auto ended = job.run();
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::finished);
    ASSERT_EQ(out.rows().size(), many.size());
    int before = 1;
    for (const auto& row : out.rows()) { // a new table counts from one row on, for all keys
      ASSERT_GE(std::stoi(row.name), before);
      before = std::stoi(row.name);
    }
    most = std::max(most, before);
  });
  return most;
}

TEST(LookupRunTest, ReadsItsTableAnewAsOftenAsItIsTold) {
  EXPECT_GT(most_readings_seen({.refresh_every = std::chrono::microseconds{1}}, false), 1);
}
TEST(LookupRunTest, ReadsItsTableAnewWhenItIsAsked) {
  EXPECT_GT(most_readings_seen({.refresh_on_request = true}, true), 1);
}
TEST(LookupRunTest, ReadsItsTableOnceUnlessItIsTold) { EXPECT_EQ(most_readings_seen({}, true), 1); }

TEST(LookupRunTest, RefusesToReadItsTableEveryLessThanNothing) {
  const auto ended = run(trips, lookup(memory_rows{zones}, &zone::id, &trip::from, with_name,
                                       {.refresh_every = std::chrono::seconds{-1}}))
                         .first;
  ASSERT_EQ(ended.state, job_state::failed);
  EXPECT_THAT(ended.cause->message, HasSubstr("refresh_every is -1s"));
}

} // namespace
} // namespace weir
