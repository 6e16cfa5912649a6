// SPDX-License-Identifier: Apache-2.0
//
// What does a chain of separately declared operators cost, on rows so small that only the chain
// counts? 100 million int64: map, filter, map, sum.
//
// The baseline is one loop that does all four, vectorisation off: the best a framework that works
// row at a time could reach. The rows are 0, 1, 2, ... and made where they are used. `hand`
// branches where the filter is (a pattern that the machine predicts without a miss),
// `hand_branchless` does not; which one is faster depends on the machine, Weir is compared with
// `hand`. Weir runs once with its operators fused, once with each in an actor of its own.

#include <weir/actors/operators/instruction_set.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>

#include <cstdint>

namespace weir::bench {

namespace {

constexpr std::uint64_t full_rows = 100'000'000;

__attribute__((noinline, optimize("no-tree-vectorize"))) std::int64_t fused_sum(std::int64_t rows) {
  std::int64_t sum = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t mapped = row * 3 + 1;
    if ((mapped & 1) == 0) sum += mapped ^ (mapped >> 7);
  }
  return sum;
}

__attribute__((noinline, optimize("no-tree-vectorize"))) std::int64_t
branchless_sum(std::int64_t rows) {
  std::int64_t sum = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t mapped = row * 3 + 1;
    sum += (mapped ^ (mapped >> 7)) & ((mapped & 1) - 1);
  }
  return sum;
}

template <std::int64_t (*Sum)(std::int64_t)>
outcome hand(trial& run) {
  const auto rows = run.scaled(full_rows);
  const auto sum = run.measure([&] { return Sum(static_cast<std::int64_t>(rows)); });
  return {.items = rows, .checksum = static_cast<std::uint64_t>(sum)};
}

/// 0, 1, 2, ...
class count_up final : public source<std::int64_t> {
public:
  explicit count_up(std::uint64_t rows) : rows_{rows} {}
  result<void> open(source_context context) override {
    partition_ = intern_partition(context.name, "all");
    return {};
  }
  result<poll_state> poll(credit allowed, poll_out<std::int64_t> out) override {
    const auto count = room_for(allowed, out.rows, rows_ - next_);
    if (out.rows.empty()) out.rows.set_origin({partition_, next_});
    run_wide<write_numbers>(out.rows.tail(), static_cast<std::int64_t>(next_), count);
    out.rows.rows_added(count);
    next_ += count;
    return next_ == rows_ ? poll_state::end : poll_state::rows;
  }

private:
  struct write_numbers {
    template <instruction_set>
    [[gnu::always_inline]] static void run(std::int64_t* to, std::int64_t first, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) to[i] = first + static_cast<std::int64_t>(i);
    }
  };

  std::uint64_t rows_, next_ = 0;
  const partition* partition_ = nullptr;
};

struct add_up {
  std::int64_t sum = 0;
  void operator()(std::span<const std::int64_t> rows) {
    sum += run_wide<add_rows>(rows.data(), rows.size());
  }

private:
  struct add_rows {
    template <instruction_set>
    [[gnu::always_inline]] static std::int64_t run(const std::int64_t* rows, std::size_t n) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += rows[i];
      return sum;
    }
  };
};

/// `Async`: every operator in an actor of its own.
template <bool Async>
outcome weir_chain(trial& run) {
  const auto rows = run.scaled(full_rows);
  const auto step = [](auto adaptor) { return Async ? adaptor.async() : adaptor; };
  add_up total;
  run.measure([&] {
    app graph{"operators"};
    graph.from(count_up{rows}) | step(map([](std::int64_t row) { return row * 3 + 1; }))
        | step(filter([](std::int64_t row) { return (row & 1) == 0; }))
        | step(map([](std::int64_t row) { return row ^ (row >> 7); }))
        | to(taking_sink<std::int64_t, add_up>{total});
    run_to_end(graph);
  });
  return {.items = rows, .checksum = static_cast<std::uint64_t>(total.sum)};
}

const registration operators{{
    .name = "operators",
    .question =
        "What does a chain of separately declared operators cost? (int64: map, filter, map, sum)",
    .contestants = {{"hand_branchless", hand<branchless_sum>},
                    {"hand", hand<fused_sum>},
                    {"weir", weir_chain<false>},
                    {"weir_async", weir_chain<true>}},
}};

} // namespace

} // namespace weir::bench
