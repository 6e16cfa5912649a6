// SPDX-License-Identifier: Apache-2.0
//
// Which rows are late follows from the order of each partition alone: whole jobs over random rows
// in random disorder, in any interleaving of partitions and sources, with stalls, against a slow
// reference that knows nothing of batches nor of watermarks over several partitions.

#include "../support/drifting_source.hpp"
#include "../support/seeded_job.hpp"
#include "../support/seeds.hpp"
#include <weir/actors/operators/agg/sum.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::drifting_source;
using testing::stalls;

struct event {
  std::int64_t id = 0;
  int key = 0;
  timestamp at;
};
BOOST_DESCRIBE_STRUCT(event, (), (id, key, at))

/// What a row's partition had promised before it: it is late if it is older.
struct judged {
  event row;
  timestamp own = timestamp::min();

  [[nodiscard]] bool is_late() const { return row.at < own; }
};

// No two partitions have rows of one time, nor promise one: of such the order would count in which
// they come.
constexpr auto unit = 8ms;
constexpr auto allowed = 6 * unit;
using partitions = std::vector<std::vector<event>>;

partitions any_partitions(std::mt19937& random, int first) {
  partitions all(1 + random() % 4);
  std::int64_t id = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const int rows = static_cast<int>(random() % 120), speed = 1 + static_cast<int>(random() % 3);
    const int disorder = 1 + static_cast<int>(random() % 40);
    for (int row = 0; row < rows; ++row) {
      const auto units = 100 + row * speed - static_cast<int>(random() % disorder);
      all[i].push_back({first * 1'000'000 + id++, static_cast<int>(random() % 3),
                        timestamp{units * unit + (first + static_cast<int>(i)) * 1ms}});
    }
  }
  return all;
}

std::vector<judged> judge(const partitions& all) {
  std::vector<judged> rows;
  for (const auto& part : all) {
    auto own = timestamp::min();
    for (const auto& row : part) {
      rows.push_back({row, own});
      own = std::max(own, row.at - allowed);
    }
  }
  return rows;
}

/// The rows in the order in which they are to be looked at: those in time by their time, a late one
/// when everything has come to what its partition had promised.
std::vector<judged> in_turn(std::vector<judged> rows) {
  const auto turn = [](const judged& one) { return one.is_late() ? one.own : one.row.at; };
  std::ranges::stable_sort(rows, [&](const judged& a, const judged& b) {
    return std::tuple{turn(a), !a.is_late()} < std::tuple{turn(b), !b.is_late()};
  });
  return rows;
}

// --- jobs

using pauses = std::vector<std::shared_ptr<stalls>>;

/// The partitions as one source, as a source each before one event_time, or each with its own.
stream<event> events_of(app& program, const partitions& all, std::uint32_t seed, pauses& paused) {
  const auto from = [&](const partitions& some) {
    auto& pause = paused.emplace_back(std::make_shared<stalls>());
    const drifting_source<event>::options how{.most_rows = 1 + seed % 50};
    return program.from([=, number = seed + static_cast<std::uint32_t>(paused.size())] {
      return std::make_unique<drifting_source<event>>(some, number, pause, how);
    });
  };
  const auto late = out_of_order(allowed);
  std::optional<stream<event>> merged;
  const auto add = [&](const stream<event>& one) { merged = merged ? merge(*merged, one) : one; };
  switch (seed % 3) {
    case 0:
      return from(all) | event_time(&event::at, seed % 2 == 0 ? late : late.max_drift(20 * unit));
    case 1:
      for (const auto& part : all) add(from({part}));
      return *merged | event_time(&event::at, late);
    default:
      for (const auto& part : all) add(from({part}) | event_time(&event::at, late));
      return *merged;
  }
}

void run_seeded(app& program, std::uint32_t seed, const pauses& paused) {
  auto planned = program.plan();
  if (!planned) throw std::runtime_error{planned.error().message};
  testing::seeded_job job{seed, planned->what};
  for (const auto& pause : paused) job.may_happen([pause] { pause->end(); });
  const auto ended = job.run();
  if (!ended) throw std::runtime_error{"the job hangs"};
  if (ended->state != job_state::finished) throw std::runtime_error{"the job fails"};
}

std::set<std::int64_t> ids_of(const memory_sink<event>& sink) {
  std::set<std::int64_t> ids;
  for (const auto& row : sink.rows())
    if (!ids.insert(row.id).second) throw std::runtime_error{"a row came twice"};
  return ids;
}

/// Rows of three seeds each, so that each is seen in all shapes that `events_of` makes.
std::mt19937 rows_for(std::uint32_t seed) { return std::mt19937{seed / 3}; }
std::uint32_t instances(std::uint32_t seed) { return std::array{1U, 2U, 4U}[seed % 5 % 3]; }
auto late_in_windows(std::mt19937& random) {
  return random() % 2 * static_cast<int>(random() % 20);
}

// --- windows

using result_row = windowed<int, std::int64_t>;
/// Of a key and window: what it comes to in the end.
using finals = std::map<std::tuple<int, timestamp, timestamp>, std::int64_t>;

struct outcome {
  finals results;
  std::set<std::int64_t> late;
  friend bool operator==(const outcome&, const outcome&) = default;
};

template <class Windows>
outcome run_windows(const partitions& all, std::uint32_t seed, Windows windows,
                    window_options options) {
  app program{"test"};
  pauses paused;
  memory_sink<result_row> out;
  memory_sink<event> late;
  auto sums = events_of(program, all, seed, paused) | key_by(&event::key)
              | window(windows, agg::sum(&event::id), options).parallel(instances(seed));
  sums | to(out);
  sums.late() | to(late);
  run_seeded(program, seed, paused);
  outcome found{{}, ids_of(late)};
  for (const auto& row : out.rows()) {
    // An update of a session stands for all of its key between its start and its end.
    if (row.is_update)
      std::erase_if(found.results, [&](const auto& before) {
        const auto& [key, start, end] = before.first;
        return std::is_same_v<Windows, session_windows> && key == row.key && start >= row.start
               && end <= row.end;
      });
    const bool is_new =
        found.results.insert_or_assign({row.key, row.start, row.end}, row.value).second;
    if (is_new && row.is_update && !std::is_same_v<Windows, session_windows>)
      throw std::runtime_error{"an update of nothing"};
  }
  return found;
}

outcome windows_by_hand(const partitions& all, duration size, duration slide, duration allow_late) {
  outcome made;
  for (const auto& [row, own] : judge(all)) {
    bool is_taken = false;
    const auto first = timestamp{row.at.time_since_epoch() / slide * slide};
    for (auto start = first; start > row.at - size; start -= slide)
      if (start + size + allow_late > own) {
        made.results[{row.key, start, start + size}] += row.id;
        is_taken = true;
      }
    if (!is_taken) made.late.insert(row.id);
  }
  return made;
}

TEST(LateRowsRunTest, WindowsTakeWhatTheirPartitionHadNotPassed) {
  testing::for_each_seed([](std::uint32_t seed) {
    auto random = rows_for(seed);
    const auto all = any_partitions(random, 0);
    const duration slide = (1 + random() % 12) * unit;
    const duration size = slide * (1 + random() % 4);
    const duration allow_late = late_in_windows(random) * unit;
    ASSERT_EQ(run_windows(all, seed, sliding(size, slide), {.allow_late = allow_late}),
              windows_by_hand(all, size, slide, allow_late));
  });
}

outcome sessions_by_hand(const partitions& all, duration gap, duration allow_late) {
  struct session {
    timestamp first, last;
    std::int64_t sum;
  };
  std::map<int, std::vector<session>> open;
  outcome made;
  for (const auto& [row, own] : in_turn(judge(all))) {
    auto& of_key = open[row.key];
    if (row.at < own) { // what is over by then can't be joined
      for (const auto& one : of_key)
        if (one.last + gap + allow_late <= own)
          made.results[{row.key, one.first, one.last + gap}] = one.sum;
      std::erase_if(of_key, [&](const session& one) { return one.last + gap + allow_late <= own; });
    }
    session joined{row.at, row.at, row.id};
    std::vector<session> others;
    for (const auto& one : of_key) {
      const bool is_near = one.first - gap < row.at && row.at < one.last + gap;
      if (!is_near) {
        others.push_back(one);
        continue;
      }
      joined = {std::min(joined.first, one.first), std::max(joined.last, one.last),
                joined.sum + one.sum};
    }
    if (joined.last + gap + allow_late <= own) {
      made.late.insert(row.id);
      continue;
    }
    others.push_back(joined);
    of_key = std::move(others);
  }
  for (const auto& [key, of_key] : open)
    for (const auto& one : of_key) made.results[{key, one.first, one.last + gap}] = one.sum;
  return made;
}

/// Late rows can lead a session around one that had been over for too long to be joined. Whether an
/// update wipes that out, as is done here, is beside the point.
outcome without_enclosed(outcome made) {
  const auto all = made.results;
  std::erase_if(made.results, [&](const auto& one) {
    const auto& [key, start, end] = one.first;
    return std::ranges::any_of(all, [&](const auto& other) {
      const auto& [of, from, to] = other.first;
      return of == key && from <= start && end <= to && other.first != one.first;
    });
  });
  return made;
}

TEST(LateRowsRunTest, SessionsTakeWhatTheirPartitionHadNotPassed) {
  testing::for_each_seed([](std::uint32_t seed) {
    auto random = rows_for(seed);
    const auto all = any_partitions(random, 0);
    const duration gap = (1 + random() % 12) * unit;
    const duration allow_late = late_in_windows(random) * unit;
    ASSERT_EQ(without_enclosed(run_windows(all, seed, session(gap), {.allow_late = allow_late})),
              without_enclosed(sessions_by_hand(all, gap, allow_late)));
  });
}

TEST(LateRowsRunTest, WindowsOverWindowsComeToTheSameInAnyInterleaving) {
  testing::for_each_seed([](std::uint32_t seed) {
    auto random = rows_for(seed);
    const auto all = any_partitions(random, 0);
    const duration size = (1 + random() % 12) * unit;
    const auto run = [&](std::uint32_t how) {
      app program{"test"};
      pauses paused;
      memory_sink<windowed<int, std::int64_t>> out;
      memory_sink<result_row> late;
      const window_options first{.allow_late = 30 * unit}, second{.allow_late = 5 * unit};
      auto sums = events_of(program, all, how, paused) | key_by(&event::key)
                  | window(tumbling(size), agg::sum(&event::id), first).parallel(instances(how))
                  | key_by(&result_row::key)
                  | window(tumbling(2 * size), agg::sum(&result_row::value), second);
      sums | to(out);
      sums.late() | to(late);
      run_seeded(program, how, paused);
      std::multiset<std::tuple<int, timestamp, std::int64_t, bool>> got;
      for (const auto& row : out.rows()) got.insert({row.key, row.start, row.value, row.is_update});
      for (const auto& row : late.rows()) got.insert({-1 - row.key, row.start, row.value, true});
      return got;
    };
    ASSERT_EQ(run(seed), run(seed + 1));
  });
}

// --- process

TEST(LateRowsRunTest, ProcessInOrderTakesLateRowsInTheirTurn) {
  testing::for_each_seed([](std::uint32_t seed) {
    auto random = rows_for(seed);
    const auto all = any_partitions(random, 0);
    app program{"test"};
    pauses paused;
    memory_sink<event> out;
    const auto as_they_come = [](const event& row, auto& to) { to.give(row); };
    events_of(program, all, seed, paused) | key_by(&event::key)
        | process<event>(as_they_come).in_order().parallel(instances(seed)) | to(out);
    run_seeded(program, seed, paused);
    std::map<int, std::vector<std::int64_t>> got, expected;
    for (const auto& row : out.rows()) got[row.key].push_back(row.id);
    for (const auto& one : in_turn(judge(all))) expected[one.row.key].push_back(one.row.id);
    ASSERT_EQ(got, expected);
  });
}

// --- joins

using pair = std::pair<std::int64_t, std::int64_t>; // 0: there is none
struct joined {
  std::multiset<pair> pairs;
  std::set<std::int64_t> late, late_right;
  friend bool operator==(const joined&, const joined&) = default;
};
struct pair_row {
  std::int64_t left = 0;
  std::int64_t right = 0;
};
BOOST_DESCRIBE_STRUCT(pair_row, (), (left, right))

template <class Join>
joined run_join(const partitions& left, const partitions& right, std::uint32_t seed,
                const Join& join_with) {
  app program{"test"};
  pauses paused;
  memory_sink<pair_row> out;
  memory_sink<event> late, late_right;
  auto rights = events_of(program, right, seed + 1, paused) | key_by(&event::key);
  auto pairs = events_of(program, left, seed, paused) | key_by(&event::key)
               | join_with(rights).parallel(instances(seed));
  pairs | to(out);
  pairs.late() | to(late);
  pairs.late_right() | to(late_right);
  run_seeded(program, seed, paused);
  joined found{{}, ids_of(late), ids_of(late_right)};
  for (const auto& row : out.rows()) found.pairs.insert({row.left, row.right});
  return found;
}

/// Late rows join nothing; of the others `matches(left, right)`.
template <class Matches>
joined join_by_hand(const partitions& left, const partitions& right, const Matches& matches) {
  joined made;
  for (const auto& b : judge(right))
    if (b.is_late()) made.late_right.insert(b.row.id);
  for (const auto& a : judge(left)) {
    if (a.is_late()) {
      made.late.insert(a.row.id);
      continue;
    }
    for (const auto& b : judge(right))
      if (!b.is_late() && a.row.key == b.row.key && matches(a.row, b.row))
        made.pairs.insert({a.row.id, b.row.id});
  }
  return made;
}

constexpr auto of_pair = [](const event& a, const event& b) { return pair_row{a.id, b.id}; };

TEST(LateRowsRunTest, IntervalJoinsLeaveOutWhatIsLateInItsPartition) {
  testing::for_each_seed([](std::uint32_t seed) {
    auto random = rows_for(seed);
    const auto left = any_partitions(random, 0), right = any_partitions(random, 4);
    const auto from = -static_cast<int>(random() % 5) * unit;
    const auto to = static_cast<int>(random() % 5) * unit;
    ASSERT_EQ(run_join(left, right, seed,
                       [&](const auto& with) { return join(with, within(from, to), of_pair); }),
              join_by_hand(left, right, [&](const event& a, const event& b) {
                return a.at + from <= b.at && b.at <= a.at + to;
              }));
  });
}

TEST(LateRowsRunTest, LatestJoinsLeaveOutWhatIsLateInItsPartition) {
  testing::for_each_seed([](std::uint32_t seed) {
    auto random = rows_for(seed);
    const auto left = any_partitions(random, 0);
    auto right = any_partitions(random, 4);
    for (auto& part : right) { // of rows of one time the last counts: it is the only one here
      std::set<timestamp> seen;
      std::erase_if(part, [&](const event& row) { return !seen.insert(row.at).second; });
    }
    const auto rights = judge(right);
    ASSERT_EQ(
        run_join(left, right, seed, [](const auto& with) { return join(with, latest(), of_pair); }),
        join_by_hand(left, right, [&](const event& a, const event& b) {
          return b.at <= a.at && std::ranges::none_of(rights, [&](const judged& other) {
                   return !other.is_late() && other.row.key == a.key && other.row.at > b.at
                          && other.row.at <= a.at;
                 });
        }));
  });
}

TEST(LateRowsRunTest, WindowJoinsTakeWhatTheirPartitionHadNotPassed) {
  testing::for_each_seed([](std::uint32_t seed) {
    auto random = rows_for(seed);
    const auto left = any_partitions(random, 0), right = any_partitions(random, 4);
    const duration slide = (1 + random() % 12) * unit;
    const duration size = slide * (1 + random() % 3);
    const auto windows_of = [&](const judged& one) {
      std::set<timestamp> starts;
      const auto first = timestamp{one.row.at.time_since_epoch() / slide * slide};
      for (auto start = first; start > one.row.at - size; start -= slide)
        if (start + size > one.own) starts.insert(start);
      return starts;
    };
    joined expected;
    for (const auto& b : judge(right))
      if (windows_of(b).empty()) expected.late_right.insert(b.row.id);
    for (const auto& a : judge(left)) {
      const auto starts = windows_of(a);
      if (starts.empty()) expected.late.insert(a.row.id);
      for (const auto& b : judge(right))
        for (const auto start : windows_of(b))
          if (a.row.key == b.row.key && starts.contains(start))
            expected.pairs.insert({a.row.id, b.row.id});
    }
    ASSERT_EQ(run_join(left, right, seed,
                       [&](const auto& with) { return join(with, sliding(size, slide), of_pair); }),
              expected);
  });
}

} // namespace
} // namespace weir
