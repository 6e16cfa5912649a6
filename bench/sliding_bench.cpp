// SPDX-License-Identifier: Apache-2.0
//
// What does a window cost that slides by a sixtieth of its size? How many rows each of 1,000 keys
// had in the last 60 s, every second, from rows that are out of order by up to 2 s.
//
// `hand_slices` counts the seconds of each key and keeps, a key, what the last sixty come to: it
// adds the newest and takes away the oldest, which counts allow and most aggregations do not.
// `hand_dense` numbers the keys, and adds each row to the sixty windows it lies in, which are
// arrays: sixty additions without a search, possible as long as keys never go.
// `hand_naive` is one state a key and window: sixty tables such as the baseline of `windows` has,
// and a row is looked up in each of those it lies in.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/readings.hpp>
#include <weir/dsl/pipeline.hpp>

#include <array>
#include <utility>

namespace weir::bench {
namespace {

constexpr std::uint64_t full_rows = 12'000'000;
constexpr std::int64_t keys = 1'000;
constexpr std::int64_t size_s = 60;

/// What came out: how many counts, and their sum weighed by where their windows end.
struct counts {
  std::uint64_t results = 0;
  std::uint64_t sum = 0;

  void add(std::int64_t end_s, std::uint64_t count) {
    if (count == 0) return;
    ++results;
    sum += count * static_cast<std::uint64_t>(end_s % 1009);
  }
  outcome result(std::uint64_t rows) const {
    return {.items = rows, .checksum = sum + results, .answers = {}};
  }
};

std::uint64_t mixed(std::int64_t key) {
  auto hash = static_cast<std::uint64_t>(key) + 0x9e3779b97f4a7c15U;
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
  return hash ^ hash >> 31U;
}

constexpr std::size_t places = 2048;

/// A number a key, by open addressing.
class key_table_by_hand {
public:
  /// 0 if it was never given another.
  std::uint64_t& of(std::int64_t key) {
    for (auto place = mixed(key) % places;; place = (place + 1) % places) {
      auto& slot = slots_[place];
      if (slot.value == 0) slot.key = key;
      if (slot.key == key) return slot.value;
    }
  }
  void read_out(std::int64_t end, counts& to) {
    for (auto& slot : slots_) to.add(end, std::exchange(slot.value, 0));
  }

private:
  struct slot {
    std::int64_t key = 0;
    std::uint64_t value = 0;
  };
  std::vector<slot> slots_ = std::vector<slot>(places);
};

/// Numbers keys from 0, in the order in which they come.
class key_numbers {
public:
  std::size_t of(std::int64_t key) {
    auto& number = numbers_.of(key); // from 1
    if (number == 0) number = ++last_;
    return number - 1;
  }

private:
  key_table_by_hand numbers_;
  std::uint64_t last_ = 0;
};

using of_keys = std::array<std::uint64_t, keys>;

/// A table a window.
class naive_windows {
public:
  void add(std::int64_t second, std::int64_t key) {
    for (auto end = second + 1; end <= second + size_s; ++end)
      ++open_[static_cast<std::size_t>(end) % open_.size()].of(key);
  }
  void fire(std::int64_t end, counts& to) {
    open_[static_cast<std::size_t>(end) % open_.size()].read_out(end, to);
  }

private:
  std::vector<key_table_by_hand> open_ = std::vector<key_table_by_hand>(64);
};

/// An array a window.
class dense_windows {
public:
  void add(std::int64_t second, std::int64_t key) {
    const auto number = numbers_.of(key);
    for (auto end = second + 1; end <= second + size_s; ++end)
      ++open_[static_cast<std::size_t>(end) % open_.size()][number];
  }
  void fire(std::int64_t end, counts& to) {
    for (auto& count : open_[static_cast<std::size_t>(end) % open_.size()])
      to.add(end, std::exchange(count, 0));
  }

private:
  key_numbers numbers_;
  std::vector<of_keys> open_ = std::vector<of_keys>(64);
};

/// The counts of seconds, and what the last sixty come to.
class sliced_windows {
public:
  void add(std::int64_t second, std::int64_t key) {
    ++seconds_[static_cast<std::size_t>(second) % seconds_.size()][numbers_.of(key)];
  }
  void fire(std::int64_t end, counts& to) {
    const auto& newest = seconds_[static_cast<std::size_t>(end - 1) % seconds_.size()];
    auto& oldest = seconds_[static_cast<std::size_t>(end - 1 - size_s) % seconds_.size()];
    for (std::size_t key = 0; key < total_.size(); ++key) {
      total_[key] += newest[key] - oldest[key];
      oldest[key] = 0;
      to.add(end, total_[key]);
    }
  }

private:
  key_numbers numbers_;
  std::vector<of_keys> seconds_ = std::vector<of_keys>(64);
  of_keys total_{};
};

template <class Windows>
__attribute__((noinline)) counts by_hand(const std::vector<reading>& table, std::uint64_t rows) {
  counts found;
  Windows open;
  std::int64_t due = 1; // the end of the next window
  for (std::uint64_t done = 0; done < rows;) {
    const auto later = static_cast<std::int64_t>(done / table.size()) * 10 * second_us;
    const auto take = std::min<std::uint64_t>(rows - done, table.size());
    for (std::uint64_t i = 0; i < take; ++i) {
      const auto time = table[i].at.time_since_epoch().count() + later;
      for (; time >= due * second_us + disorder_us; ++due) open.fire(due, found);
      open.add(time / second_us, table[i].key);
    }
    done += take;
  }
  for (const auto last = due + size_s + 3; due < last; ++due) open.fire(due, found);
  return found;
}

template <class Windows>
outcome hand(trial& run) {
  const auto table = make_readings(keys);
  const auto rows = run.scaled(full_rows);
  counts found;
  run.measure([&] { found = by_hand<Windows>(table, rows); });
  return found.result(rows);
}

outcome weir_sliding(trial& run) {
  const auto table = make_readings(keys);
  const auto rows = run.scaled(full_rows);
  counts found;
  using result_row = windowed<std::int64_t, std::uint64_t>;
  const auto add = [&](std::span<const result_row> results) {
    for (const auto& row : results)
      found.add(row.end.time_since_epoch().count() / second_us, row.value);
  };
  run.measure([&] {
    app graph{"sliding"};
    graph.from(readings_source{table, rows})
        | event_time(&reading::at, out_of_order(std::chrono::seconds{2})) | key_by(&reading::key)
        | window(sliding(std::chrono::seconds{size_s}, std::chrono::seconds{1}), agg::count())
        | to(taking_sink<result_row, decltype(add)>{add});
    run_to_end(graph);
  });
  return found.result(rows);
}

const registration windows{{
    .name = "sliding",
    .question = "What does a sliding window cost? (count of 1,000 keys in 60 s, every second)",
    .contestants = {{"hand_slices", hand<sliced_windows>},
                    {"hand_dense", hand<dense_windows>},
                    {"hand_naive", hand<naive_windows>},
                    {"weir", weir_sliding}},
}};

} // namespace
} // namespace weir::bench
