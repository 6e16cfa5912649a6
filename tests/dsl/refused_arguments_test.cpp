// SPDX-License-Identifier: Apache-2.0
//
// What operators can be told: nonsense is an error of configuration before the job starts, with a
// sentence that names the operator, never an exception or an abort while the graph is described;
// and what is extreme but makes sense runs.

#include <weir/actors/operators/agg/collect.hpp>
#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/distinct.hpp>
#include <weir/actors/operators/agg/greatest.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/quantile.hpp>
#include <weir/actors/operators/agg/top.hpp>
#include <weir/dsl/distinct.hpp>
#include <weir/dsl/ingestion_time.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/dsl/rebalance.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct order {
  std::string name;
  double amount = 0;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount, at))

struct total {
  double amount = 0;
};
BOOST_DESCRIBE_STRUCT(total, (), (amount))

struct both {
  std::uint64_t count = 0;
  double median = 0;
};
BOOST_DESCRIBE_STRUCT(both, (), (count, median))

constexpr auto most = std::numeric_limits<std::int64_t>::max();
constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto longest = duration::max();
constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
constexpr auto infinity = std::numeric_limits<double>::infinity();

/// Three rows of one key, half a year apart.
std::vector<order> year() {
  std::vector<order> rows;
  for (int i = 0; i < 3; ++i)
    rows.push_back({"Ann", i + 1.0, timestamp{std::chrono::days{18'000 + 180 * i}}});
  return rows;
}

auto timed(app& in) { return in.from(memory_rows{year()}) | event_time(&order::at); }
auto by_name(app& in) { return timed(in) | key_by(&order::name); }
const auto left_row = [](const order& row, const order&) { return row; };
const auto now_row = [](const order& now, const order*) { return now; };
const auto pass = [](const order& row, auto& to) { to.give(row); };

/// Describes a graph whose rows end in a sink that drops them.
using described = std::function<void(app&)>;
template <class Describe>
described drops(Describe describe) {
  return [describe](app& in) { describe(in) | to(discard()); };
}

error refusal_of(const described& describe) {
  app program{"test"};
  describe(program);
  auto started = program.start();
  if (started) {
    static_cast<void>(started->wait());
    return {errc::failed, "it ran"};
  }
  return started.error();
}

struct refused_case {
  std::string sentence; ///< How it begins.
  described describe;
};
void expect_refused(const std::vector<refused_case>& cases) {
  for (const auto& [sentence, describe] : cases) {
    const auto refusal = refusal_of(describe);
    EXPECT_THAT(refusal.message, HasSubstr(sentence));
    EXPECT_EQ(exit_code_of(refusal.code), 3) << sentence;
  }
}

template <class Windows>
described windows(Windows of, window_options options = {}) {
  return drops([of, options](app& in) { return by_name(in) | window(of, agg::count(), options); });
}
template <class Aggregation>
described aggregated(Aggregation a) {
  return drops(
      [a](app& in) { return by_name(in) | window(global(), a) | map([](auto&&) { return 1; }); });
}

TEST(RefusedArgumentsTest, OfWindows) {
  expect_refused({
      {"the size is 0s", windows(tumbling(0us))},
      {"the size is -1us", windows(tumbling(-1us))},
      {"the size is ", windows(tumbling(longest))},
      {"the size is -9223372036854775808us", windows(tumbling(duration::min()))},
      {"the offset is ", windows(tumbling(1s, longest))},
      {"the offset is -9223372036854775808us", windows(tumbling(1s, duration::min()))},
      {"the slide is 0s", windows(sliding(1s, 0us))},
      {"the slide is -1us", windows(sliding(1s, -1us))},
      {"is greater than the size", windows(sliding(1s, 2s))},
      {"the gap is 0s", windows(session(0us))},
      {"the gap is -1us", windows(session(-1us))},
      {"the gap is 9223372036854775807us", windows(session(longest))},
      {"tumbling_days has 0 days", windows(tumbling_days(0, "UTC"))},
      {"tumbling_days has -1 days", windows(tumbling_days(-1, "UTC"))},
      {"tumbling_days has 9223372036854775807 days", windows(tumbling_days(most, "UTC"))},
      {"count_window has 0 rows", windows(count_window(0))},
      {"count_window has -1 rows", windows(count_window(-1))},
      {"count_window", windows(count_window(5, 0))},
      {"count_window", windows(count_window(5, least))},
      {"count_window", windows(count_window(5, 6))},
      {"on_count says after every 0 rows", windows(global(on_count(0)))},
      {"on_count says after every -1 rows", windows(global(on_count(-1)))},
      {"the time of on_time is 0s", windows(global(on_time(0us)))},
      {"the time of on_time is -1us", windows(global(on_time(-1us)))},
      {"allow_late is -1us", windows(tumbling(1s), {.allow_late = -1us})},
      {"every is -1us", windows(tumbling(1s), {.every = -1us})},
      {"every is ", windows(tumbling(1s), {.every = longest})},
      {"timeout is -1us", windows(tumbling(1s), {.timeout = -1us})},
      {"timeout is ", windows(session(1s), {.timeout = longest})},
      {"instances, not 0", windows(tumbling(1s), {.parallel = 0})},
      {"instances, not 129", windows(tumbling(1s), {.parallel = 129})},
  });
}

TEST(RefusedArgumentsTest, OfSlidingWindowsWithoutEnd) {
  EXPECT_THAT(
      refusal_of(windows(sliding(2400h, 1us))).message,
      HasSubstr("have each row in 8640000000000 of them, and each gives a result; 100000 is "
                "the most: slide by 86400ms or more, or make them shorter"));
  expect_refused({
      {"have each row in 100001 of them", windows(sliding(100'001us, 1us))},
      {"have each row in 8640000000000 of them", drops([](app& in) {
         return by_name(in) | join(by_name(in), sliding(2400h, 1us), left_row);
       })},
  });
}

TEST(RefusedArgumentsTest, OfAggregations) {
  expect_refused({
      {"window: quantile: q is 2; it must lie between 0 and 1",
       aggregated(agg::quantile(&order::amount, 2.0))},
      {"quantile: q is -0.5;", aggregated(agg::quantile(&order::amount, -0.5))},
      {"quantile: q is nan;", aggregated(agg::quantile(&order::amount, nan))},
      {"quantile: its option `error` is 0;",
       aggregated(agg::quantile(&order::amount, 0.5, {.error = 0}))},
      {"quantile: its option `error` is nan;",
       aggregated(agg::quantile(&order::amount, 0.5, {.error = nan}))},
      {"greatest and least: 0 rows", aggregated(agg::greatest(0, &order::amount))},
      {"greatest and least: -1 rows", aggregated(agg::least(-1, &order::amount))},
      {"top: 0 values", aggregated(agg::top(0, &order::name))},
      {"top: -1 values", aggregated(agg::top(-1, &order::name))},
      {"top: 6 values are wanted; it must be 1 at least, and half of its option `counters`, which "
       "is 10, at most",
       aggregated(agg::top(6, &order::name, {.counters = 10}))},
      {"distinct: its option `error` is 0;", aggregated(agg::distinct(&order::name, {.error = 0}))},
      {"distinct: its option `error` is inf;",
       aggregated(agg::distinct(&order::name, {.error = infinity}))},
      {"collect: its option `most` is 0;", aggregated(agg::collect(&order::name, {.most = 0}))},
      {"window: quantile: q is 2;",
       aggregated(agg::into<both>(agg::count(), agg::quantile(&order::amount, 2.0)))},
      {"running: quantile: q is 2;",
       drops([](app& in) { return by_name(in) | running(agg::quantile(&order::amount, 2.0)); })},
  });
}

TEST(RefusedArgumentsTest, OfCopies) {
  const auto same = [](const auto& rows) { return rows | map(std::identity{}); };
  expect_refused({
      {"'rebalance' makes 1 to 1024 copies, not 0",
       drops([=](app& in) { return timed(in) | rebalance(0, same); })},
      {"'dealt' makes 1 to 1024 copies, not -1",
       drops([=](app& in) { return timed(in) | rebalance(-1, same).named("dealt"); })},
      {"'rebalance' makes 1 to 1024 copies, not 1025",
       drops([=](app& in) { return timed(in) | rebalance(1025, same); })},
      {"'broadcast' makes 1 to 1024 copies, not 0",
       drops([=](app& in) { return timed(in) | broadcast(0, same); })},
      {"'broadcast' makes 1 to 1024 copies, not -1",
       drops([=](app& in) { return timed(in) | broadcast(-1, same); })},
  });
}

TEST(RefusedArgumentsTest, OfJoinsAndLookups) {
  const auto joined = [](auto how) {
    return drops([how](app& in) { return by_name(in) | join(by_name(in), how, left_row); });
  };
  const auto looked_up = [](duration every) {
    return drops([every](app& in) {
      return timed(in)
             | lookup(memory_rows{year()}, &order::at, &order::at, left_row,
                      {.refresh_every = every});
    });
  };
  expect_refused({
      {"ends before it begins", joined(within(1s, -1s))},
      {"further back than time", joined(within(duration::min(), 0s))},
      {"latest(-1us)", joined(latest(-1us))},
      {"the size is 0s", joined(tumbling(0us))},
      {"refresh_every is -1us", looked_up(-1us)},
      {"refresh_every is ", looked_up(longest)},
  });
}

TEST(RefusedArgumentsTest, OfTimes) {
  const auto with = [](const out_of_order& late) {
    return drops(
        [late](app& in) { return in.from(memory_rows{year()}) | event_time(&order::at, late); });
  };
  const auto clocked = [](duration every) {
    return drops([every](app& in) {
      return in.from(memory_rows{year()}) | processing_time({.watermark_every = every});
    });
  };
  expect_refused({
      {"out_of_order is -1us", with(out_of_order(-1us))},
      {"idle_after is 0s", with(out_of_order(0s).idle_after(0s))},
      {"idle_after is -1us", with(out_of_order(0s).idle_after(-1us))},
      {"idle_after is ", with(out_of_order(0s).idle_after(longest))},
      {"max_drift is -1us", with(out_of_order(0s).max_drift(-1us))},
      {"watermark_every is 0s", clocked(0us)},
      {"watermark_every is -1us", clocked(-1us)},
      {"watermark_every is ", clocked(longest)},
      {"watermark_every is ", drops([](app& in) {
         return in.from(memory_rows{year()}) | ingestion_time({.watermark_every = longest});
       })},
  });
}

TEST(RefusedArgumentsTest, OfOperatorsThatKeepOrPassSome) {
  expect_refused({
      {"take: rows is -1", drops([](app& in) { return timed(in) | take(-1); })},
      {"rows_per_second is 0", drops([](app& in) { return timed(in) | throttle(0); })},
      {"rows_per_second is -1", drops([](app& in) { return timed(in) | throttle(-1); })},
      {"rows_per_second is nan", drops([](app& in) { return timed(in) | throttle(nan); })},
      {"at least one row of a key pass in a span, not 0",
       [](app& in) {
         auto [told, untold] = by_name(in) | rate_limit(0, 1s);
         told | to(discard());
       }},
      {"at least one row of a key pass in a span, not -1",
       [](app& in) {
         auto [told, untold] = by_name(in) | rate_limit(-1, 1s);
         told | to(discard());
       }},
      {"which must be longer than zero",
       [](app& in) {
         auto [told, untold] = by_name(in) | rate_limit(1, 0s);
         told | to(discard());
       }},
      {"lag needs a distance of at least one row, not 0",
       drops([](app& in) { return by_name(in) | lag(0, now_row); })},
      {"lag needs a distance of at least one row, not -1",
       drops([](app& in) { return by_name(in) | lag(-1, now_row); })},
      {"ttl", drops([](app& in) { return by_name(in) | lag(1, now_row, {.ttl = -1us}); })},
      {"ttl", drops([](app& in) { return by_name(in) | dedup({.ttl = -1us}); })},
      {"ttl", drops([](app& in) { return by_name(in) | running(agg::count(), {.ttl = -1us}); })},
      {"ttl", drops([](app& in) {
         return by_name(in) | with_state<total>(-1us)
                | process<order>([](const order& row, total&, auto& to) { to.give(row); });
       })},
      {"instances, not 0",
       drops([](app& in) { return by_name(in) | process<order>(pass).parallel(0); })},
  });
}

/// The rows that come out of an extreme that makes sense.
template <class Describe>
std::size_t rows_of(Describe describe) {
  app program{"test"};
  auto rows = describe(program);
  memory_sink<typename decltype(rows)::row> out;
  rows | to(out);
  EXPECT_EQ(program.run(), 0);
  return out.rows().size();
}
template <class Windows>
std::size_t results_of(Windows of, window_options options = {}) {
  return rows_of([&](app& in) { return by_name(in) | window(of, agg::count(), options); });
}

TEST(ExtremeArgumentsTest, WindowsRun) {
  EXPECT_EQ(results_of(tumbling(1us)), 3U) << "windows without rows cost nothing";
  EXPECT_EQ(results_of(tumbling(1s), {.allow_late = longest}), 3U);
  EXPECT_EQ(results_of(tumbling(1s), {.every = longest_told_wait, .timeout = longest_told_wait}),
            6U)
      << "the first early results are due at once";
  EXPECT_EQ(results_of(sliding(100'000us, 1us)), 300'000U);
  EXPECT_EQ(results_of(session(1us)), 3U);
  EXPECT_EQ(results_of(session(std::chrono::days{1'000'000})), 1U);
  EXPECT_EQ(results_of(tumbling_days(1'000'000, "UTC", longest)), 1U);
  EXPECT_EQ(results_of(count_window(most, 1)), 3U);
  EXPECT_EQ(results_of(count_window(most)), 1U);
  EXPECT_EQ(results_of(global(on_count(most))), 1U);
  EXPECT_EQ(results_of(global(on_time(1us))), 3U);
  EXPECT_EQ(results_of(global(on_time(longest))), 1U);
  EXPECT_EQ(results_of(tumbling(1s), {.parallel = 128}), 3U);
}

TEST(ExtremeArgumentsTest, JoinsRun) {
  const auto joined = [](auto how) {
    return rows_of([&](app& in) { return by_name(in) | join(by_name(in), how, left_row); });
  };
  EXPECT_EQ(joined(within(-longest, longest)), 9U);
  EXPECT_EQ(joined(within(0s, 0s)), 3U);
  EXPECT_EQ(joined(latest(0s)), 3U);
  EXPECT_EQ(joined(latest(longest)), 3U);
  EXPECT_EQ(joined(tumbling(1us)), 3U);
}

TEST(ExtremeArgumentsTest, OtherOperatorsRun) {
  const auto keyed = [](auto by) { return rows_of([&](app& in) { return by_name(in) | by; }); };
  EXPECT_EQ(keyed(dedup({.ttl = longest})), 1U);
  EXPECT_EQ(keyed(dedup({.ttl = 1us})), 3U);
  EXPECT_EQ(keyed(lag(most, now_row)), 3U);
  EXPECT_EQ(keyed(running(agg::count(), {.ttl = longest})), 3U);
  EXPECT_EQ(rows_of([](app& in) {
              return by_name(in) | window(global(), agg::greatest(most, &order::amount))
                     | map([](const auto& best) { return best.value.size(); });
            }),
            1U);
  EXPECT_EQ(keyed(window(global(), agg::quantile(&order::amount, 0))), 1U);
  EXPECT_EQ(keyed(window(global(), agg::quantile(&order::amount, 1))), 1U);
  EXPECT_EQ(rows_of([](app& in) { return std::get<0>(by_name(in) | rate_limit(most, longest)); }),
            3U);
  EXPECT_EQ(rows_of([](app& in) { return timed(in) | take(0); }), 0U);
  EXPECT_EQ(rows_of([](app& in) { return timed(in) | throttle(infinity); }), 3U);
  EXPECT_EQ(rows_of([](app& in) {
              return in.from(memory_rows{year()})
                     | event_time(
                         &order::at,
                         out_of_order(longest).idle_after(longest_told_wait).max_drift(longest))
                     | key_by(&order::name) | window(tumbling(1s), agg::count());
            }),
            3U);
  EXPECT_EQ(rows_of([](app& in) {
              return in.from(memory_rows{year()})
                     | processing_time({.watermark_every = longest_told_wait});
            }),
            3U);
}

TEST(ExtremeArgumentsTest, AlarmsRun) {
  for (const auto in_ns : {std::chrono::nanoseconds::max(), std::chrono::nanoseconds::min()})
    EXPECT_EQ(rows_of([in_ns](app& in) {
                return by_name(in) | process<order>([in_ns](const order& row, auto& to) {
                         to.set_alarm(in_ns);
                         to.give(row);
                       });
              }),
              3U);
}

} // namespace
} // namespace weir
