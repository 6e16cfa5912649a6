// SPDX-License-Identifier: Apache-2.0
//
// What does a session of a key cost, of a thousand keys and of a million? Counts of rows that are
// less than 2 s apart, where a key has a row a second by chance: some seven rows a session.
//
// The baseline is one loop and one flat table, with the sessions of a key that are open in its
// slot. It looks at a key only when a row of it comes, and at all of them in the end: results leave
// late, and no timer is kept.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/bench/hand_table.hpp>
#include <weir/bench/many_keys.hpp>
#include <weir/dsl/pipeline.hpp>

#include <array>

namespace weir::bench {
namespace {

constexpr std::int64_t gap_us = 2 * second_us;

/// What a session adds to the checksum.
std::uint64_t digest(std::int64_t key, std::int64_t first, std::int64_t end, std::uint64_t rows) {
  return detail::mix(static_cast<std::uint64_t>(key * 31 + first * 7 + end) + rows);
}

/// The sessions of a key that may still take rows. Those that the watermark has not passed lie
/// within 3 s and 2 s apart: two, and the row at hand may be a third.
class open_sessions {
public:
  void add(std::int64_t key, std::int64_t time, std::int64_t watermark, std::uint64_t& sum) {
    session found{time, time, 1};
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const auto& each = open_[i];
      if (time < each.last + gap_us && each.first < time + gap_us)
        found = {std::min(found.first, each.first), std::max(found.last, each.last),
                 found.rows + each.rows};
      else if (each.last + gap_us <= watermark)
        sum += digest(key, each.first, each.last + gap_us, each.rows);
      else
        open_[kept++] = each;
    }
    open_.at(kept) = found;
    size_ = kept + 1;
  }
  void finish(std::int64_t key, std::uint64_t& sum) const {
    for (std::size_t i = 0; i < size_; ++i)
      sum += digest(key, open_[i].first, open_[i].last + gap_us, open_[i].rows);
  }

private:
  struct session {
    std::int64_t first, last;
    std::uint64_t rows;
  };
  std::array<session, 3> open_{};
  std::size_t size_ = 0;
};

std::uint64_t hand(const std::vector<std::vector<reading>>& tables) {
  hand_table<open_sessions> keys;
  std::uint64_t sum = 0;
  std::int64_t newest = 0;
  for (const auto& row : tables.front()) {
    const auto time = row.at.time_since_epoch().count();
    newest = std::max(newest, time);
    keys.at(row.key).add(row.key, time, newest - many_keys_disorder_us, sum);
  }
  keys.each([&](std::int64_t key, const open_sessions& open) { open.finish(key, sum); });
  return sum;
}

std::uint64_t weir_sessions(const std::vector<std::vector<reading>>& tables) {
  using result_row = windowed<std::int64_t, std::uint64_t>;
  std::uint64_t sum = 0;
  const auto add = [&](std::span<const result_row> results) {
    for (const auto& row : results)
      sum += digest(row.key, row.start.time_since_epoch().count(),
                    row.end.time_since_epoch().count(), row.value);
  };
  app graph{"sessions"};
  graph.from(readings_source{tables.front(), tables.front().size()})
      | event_time(&reading::at, out_of_order(duration{many_keys_disorder_us}))
      | key_by(&reading::key) | window(session(duration{gap_us}), agg::count())
      | to(taking_sink<result_row, decltype(add)>{add});
  run_to_end(graph);
  return sum;
}

const registration sessions{
    many_keys("sessions", "What does a session of a key cost? (counts, gap 2 s, 1 k and 1 M keys)",
              {.full_rows = 10'000'000, .tables = 1, .hand = hand, .weir = weir_sessions})};

} // namespace
} // namespace weir::bench
