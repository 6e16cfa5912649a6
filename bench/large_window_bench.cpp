// SPDX-License-Identifier: Apache-2.0
//
// What does a window cost that is larger than memory? Counts and sums of ten million keys in one
// window of a day: every key comes once, then a tenth as many rows of keys by chance.
//
// The baseline is one flat table of open addressing, at most half full, which doubles. On disk,
// tables and RocksDB may use 256 MiB together; more than that above what the process held before
// fails the run. Rows are made as they are read, and results only add to the checksum.

#include <weir/actors/operators/agg/sum.hpp>
#include <weir/bench/hand_table.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/process.hpp>
#include <weir/bench/readings.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/rocksdb_backend.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace weir::bench {
namespace {

constexpr std::uint64_t all_keys = 10'000'000;
constexpr std::size_t ceiling_mib = 256;

/// Rows of a day: all keys in no order, and a tenth of them again.
class day_of_keys {
public:
  explicit day_of_keys(const trial& run)
      : keys_{run.scaled(all_keys, 10'000)}, rows_{keys_ + keys_ / 10} {}

  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  [[nodiscard]] reading row(std::uint64_t i) const noexcept {
    const auto number = i < keys_ ? i : detail::mix(i) % keys_;
    return {timestamp{duration{static_cast<std::int64_t>(i)}},
            static_cast<std::int64_t>((number * 0x9e3779b97f4a7c15U) >> 1U),
            static_cast<double>(i % 100)};
  }

private:
  std::uint64_t keys_, rows_;
};

class day_source final : public source<reading> {
public:
  explicit day_source(const day_of_keys& day) : day_{&day} {}
  result<void> open(source_context context) override {
    partition_ = intern_partition(context.name, "all");
    return {};
  }
  result<poll_state> poll(credit allowed, poll_out<reading> out) override {
    const auto count = room_for(allowed, out.rows, day_->rows() - next_);
    if (out.rows.empty()) out.rows.set_origin({partition_, next_});
    auto* to = out.rows.tail();
    for (std::size_t i = 0; i < count; ++i) to[i] = day_->row(next_ + i);
    out.rows.rows_added(count);
    next_ += count;
    return next_ == day_->rows() ? poll_state::end : poll_state::rows;
  }

private:
  const day_of_keys* day_;
  std::uint64_t next_ = 0;
  const partition* partition_ = nullptr;
};

/// What a key adds to the checksum.
std::uint64_t digest(std::int64_t key, double sum) {
  return detail::mix(static_cast<std::uint64_t>(key) + static_cast<std::uint64_t>(sum));
}

template <class Sum>
outcome measured(trial& run, Sum sum_up) {
  const day_of_keys day{run};
  const auto idle = current_rss_bytes();
  outcome result{.items = day.rows()};
  run.measure([&] { result.checksum = sum_up(day); });
  const auto above = static_cast<double>(peak_rss_bytes()) - static_cast<double>(idle);
  result.figures = {{"above_idle_mib", above / (1 << 20)}};
  return result;
}

outcome hand(trial& run) {
  return measured(run, [](const day_of_keys& day) {
    hand_table<double> sums;
    for (std::uint64_t i = 0; i < day.rows(); ++i) {
      const auto row = day.row(i);
      sums.at(row.key) += row.value;
    }
    std::uint64_t sum = 0;
    sums.each([&](std::int64_t key, double value) { sum += digest(key, value); });
    return sum;
  });
}

std::uint64_t sum_of(app& graph, const day_of_keys& day) {
  using result_row = windowed<std::int64_t, double>;
  std::uint64_t sum = 0;
  const auto add = [&](std::span<const result_row> results) {
    for (const auto& row : results) sum += digest(row.key, row.value);
  };
  graph.from(day_source{day}) | event_time(&reading::at, out_of_order(std::chrono::seconds{1}))
      | key_by(&reading::key) | window(tumbling(std::chrono::hours{24}), agg::sum(&reading::value))
      | to(taking_sink<result_row, decltype(add)>{add});
  run_to_end(graph);
  return sum;
}

outcome in_memory(trial& run) {
  return measured(run, [](const day_of_keys& day) {
    app graph{"large_window"};
    return sum_of(graph, day);
  });
}

outcome on_disk(trial& run) {
  auto found = measured(run, [&](const day_of_keys& day) {
    const auto memory = std::to_string(ceiling_mib) + "MiB";
    const char* words[] = {"large_window", "--state", "rocksdb", "--state-memory", memory.c_str()};
    app graph{"large_window", static_cast<int>(std::size(words)), words};
    graph.offer_state(rocksdb_state({.directory = (run.scratch() / "state").string()}));
    return sum_of(graph, day);
  });
  if (found.figures.at("above_idle_mib") > ceiling_mib)
    throw std::runtime_error{"the process grew by more than 256 MiB: "
                             + std::to_string(found.figures.at("above_idle_mib"))};
  return found;
}

const registration large_window{{
    .name = "large_window",
    .question = "What does a window cost that is larger than memory? (10 M keys; on disk with "
                "256 MiB)",
    .contestants = {{"hand", hand}, {"weir_memory", in_memory}, {"weir_rocksdb", on_disk}},
    .isolated = true,
    .max_rounds = 1,
}};

} // namespace
} // namespace weir::bench
