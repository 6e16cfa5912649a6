// SPDX-License-Identifier: Apache-2.0
//
// What does a window of a key cost? The mean of each of 1,000 keys in every second, from rows that
// are out of order by up to 2 s.
//
// The baseline is one loop: four hash tables of open addressing, one a second that is still open,
// with the same mixing of the key, sums and counts in the slots; the table of a second is read out
// and cleared once the newest time is 2 s past its end. It knows how many keys there are, and never
// grows. It adds without compensation, where Weir's sums are compensated.

#include <weir/actors/operators/agg/mean.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/readings.hpp>
#include <weir/dsl/pipeline.hpp>

#include <array>

namespace weir::bench {
namespace {

constexpr std::uint64_t full_rows = 20'000'000;
constexpr std::int64_t keys = 1'000;

/// What came out: how many means, and their sum.
struct means {
  std::uint64_t count = 0;
  double sum = 0;

  outcome result(std::uint64_t rows) const {
    return {.items = rows, .checksum = count, .answers = {sum}};
  }
};

class second_table {
public:
  static constexpr std::size_t places = 2048;

  void add(std::int64_t key, double value) {
    auto hash = static_cast<std::uint64_t>(key) + 0x9e3779b97f4a7c15U;
    hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
    hash ^= hash >> 31U;
    for (auto place = hash % places;; place = (place + 1) % places) {
      auto& slot = slots_[place];
      if (slot.count == 0) slot.key = key;
      if (slot.key != key) continue;
      slot.sum += value;
      ++slot.count;
      return;
    }
  }
  void read_out(means& to) {
    for (auto& slot : slots_) {
      if (slot.count == 0) continue;
      ++to.count;
      to.sum += slot.sum / static_cast<double>(slot.count);
      slot.sum = 0;
      slot.count = 0;
    }
  }

private:
  struct slot {
    std::int64_t key = 0;
    std::uint64_t count = 0;
    double sum = 0;
  };
  std::array<slot, places> slots_{};
};

__attribute__((noinline)) means by_hand(const std::vector<reading>& table, std::uint64_t rows) {
  means found;
  std::array<second_table, 4> open;
  std::int64_t first = 0;                 // the second that is read out next
  std::int64_t first_due = 3 * second_us; // when the newest time says so
  for (std::uint64_t done = 0; done < rows;) {
    const auto later = static_cast<std::int64_t>(done / table.size()) * 10 * second_us;
    const auto take = std::min<std::uint64_t>(rows - done, table.size());
    for (std::uint64_t i = 0; i < take; ++i) {
      const auto time = table[i].at.time_since_epoch().count() + later;
      while (time >= first_due) {
        open[static_cast<std::size_t>(first) % open.size()].read_out(found);
        ++first;
        first_due += second_us;
      }
      open[static_cast<std::size_t>(time / second_us) % open.size()].add(table[i].key,
                                                                         table[i].value);
    }
    done += take;
  }
  for (std::size_t i = 0; i < open.size(); ++i, ++first)
    open[static_cast<std::size_t>(first) % open.size()].read_out(found);
  return found;
}

outcome hand(trial& run) {
  const auto table = make_readings(keys);
  const auto rows = run.scaled(full_rows);
  means found;
  run.measure([&] { found = by_hand(table, rows); });
  return found.result(rows);
}

outcome weir_windows(trial& run) {
  const auto table = make_readings(keys);
  const auto rows = run.scaled(full_rows);
  means found;
  using result_row = windowed<std::int64_t, double>;
  const auto add = [&](std::span<const result_row> results) {
    found.count += results.size();
    for (const auto& row : results) found.sum += row.value;
  };
  run.measure([&] {
    app graph{"windows"};
    graph.from(readings_source{table, rows})
        | event_time(&reading::at, out_of_order(std::chrono::seconds{2})) | key_by(&reading::key)
        | window(tumbling(std::chrono::seconds{1}), agg::mean(&reading::value))
        | to(taking_sink<result_row, decltype(add)>{add});
    run_to_end(graph);
  });
  return found.result(rows);
}

const registration windows{{
    .name = "windows",
    .question = "What does a window of a key cost? (mean of 1,000 keys a second, 2 s out of order)",
    .contestants = {{"hand", hand}, {"weir", weir_windows}},
    .tolerance = 1e-9,
}};

} // namespace
} // namespace weir::bench
