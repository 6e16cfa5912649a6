// SPDX-License-Identifier: Apache-2.0
//
// What does the chain cost on rows of a realistic size? 64-byte trips: filter, map, map to another
// record, filter.
//
// The baseline is one loop over a table of trips in memory, which Weir's source reads as well: the
// loop reads rows where they lie, a source has to deliver them. The table (4 MiB) stays in cache
// and is read again until enough rows passed.

#include <weir/bench/harness.hpp>
#include <weir/bench/rows.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>

#include <random>

namespace weir::bench {

std::vector<small_trip> make_small_trips() {
  std::mt19937_64 random{1};
  std::uniform_real_distribution<double> miles{-0.2, 20}, dollars{-1, 60};
  std::uniform_int_distribution<std::int32_t> zone{1, 265}, few{0, 6};
  std::vector<small_trip> table(table_rows);
  std::int64_t now = 1'546'300'800'000'000;
  for (auto& row : table) {
    now += 1'000'000 * few(random);
    row = {.pickup = now,
           .dropoff = now + 60'000'000 * (few(random) + 3),
           .distance = miles(random),
           .fare = dollars(random),
           .tip = dollars(random) / 10,
           .total = 0,
           .passengers = few(random),
           .from = zone(random),
           .to = zone(random),
           .payment = few(random)};
  }
  return table;
}

namespace {

constexpr std::uint64_t full_rows = 50'000'000;

__attribute__((noinline)) void fused(const std::vector<small_trip>& table, std::uint64_t rows,
                                     leg_sum& sum) {
  while (rows > 0) {
    const auto take = std::min<std::uint64_t>(rows, table.size());
    for (std::uint64_t i = 0; i < take; ++i) {
      if (!is_plausible(table[i])) continue;
      const auto leg = to_leg(with_total(table[i]));
      if (is_quick(leg)) sum.add(leg);
    }
    rows -= take;
  }
}

outcome hand(trial& run) {
  const auto table = make_small_trips();
  const auto rows = run.scaled(full_rows);
  leg_sum sum;
  run.measure([&] { fused(table, rows, sum); });
  return sum.result(rows);
}

/// The table again and again.
class table_source final : public source<small_trip> {
public:
  table_source(const std::vector<small_trip>& table, std::uint64_t rows)
      : table_{&table}, rows_{rows} {}
  result<void> open(source_context context) override {
    partition_ = intern_partition(context.name, "all");
    return {};
  }
  result<poll_state> poll(credit allowed, poll_out<small_trip> out) override {
    const auto at = static_cast<std::size_t>(next_ % table_->size());
    const auto count = std::min(room_for(allowed, out.rows, rows_ - next_), table_->size() - at);
    if (out.rows.empty()) out.rows.set_origin({partition_, next_});
    std::copy_n(table_->data() + at, count, out.rows.tail());
    out.rows.rows_added(count);
    next_ += count;
    return next_ == rows_ ? poll_state::end : poll_state::rows;
  }

private:
  const std::vector<small_trip>* table_;
  std::uint64_t rows_, next_ = 0;
  const partition* partition_ = nullptr;
};

outcome weir_chain(trial& run) {
  const auto table = make_small_trips();
  const auto rows = run.scaled(full_rows);
  leg_sum sum;
  const auto add = [&](std::span<const leg> legs) {
    for (const auto& row : legs) sum.add(row);
  };
  run.measure([&] {
    app graph{"rows"};
    graph.from(table_source{table, rows})
        | filter([](const small_trip& row) { return is_plausible(row); })
        | map([](const small_trip& row) { return with_total(row); })
        | map([](const small_trip& row) { return to_leg(row); })
        | filter([](const leg& row) { return is_quick(row); })
        | to(taking_sink<leg, decltype(add)>{add});
    run_to_end(graph);
  });
  return sum.result(rows);
}

const registration rows{{
    .name = "rows",
    .question =
        "What does it cost on rows of 64 bytes? (filter, map, map to another record, filter)",
    .contestants = {{"hand", hand}, {"weir", weir_chain}},
    .tolerance = 1e-9,
}};

} // namespace

} // namespace weir::bench
