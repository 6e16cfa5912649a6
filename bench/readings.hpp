// SPDX-License-Identifier: Apache-2.0
//
// readings: rows of keys and times for the benches of windows: 100,000 a second of event time, out
// of order by at most 2 s, of 1,000 keys.
//
// A table of ten seconds (24 MB) is read again and again, each time ten seconds later.

#pragma once

#include <weir/actors/operators/source.hpp>
#include <weir/actors/stream/record.hpp>
#include <weir/bench/weir_run.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace weir::bench {

struct reading {
  timestamp at;
  std::int64_t key = 0;
  double value = 0;
};
BOOST_DESCRIBE_STRUCT(reading, (), (at, key, value))

constexpr std::uint64_t readings_a_second = 100'000;
constexpr std::uint64_t table_readings = 10 * readings_a_second;
constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t disorder_us = 2 * second_us;

inline std::vector<reading> make_readings(std::int64_t keys) {
  std::mt19937_64 random{1};
  std::vector<reading> table(table_readings);
  for (std::uint64_t i = 0; i < table.size(); ++i) {
    const auto now = static_cast<std::int64_t>(i * 10);
    const auto late = static_cast<std::int64_t>(random() % disorder_us);
    table[i] = {timestamp{duration{std::max<std::int64_t>(now - late, 0)}},
                static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(keys)) * 7919,
                static_cast<double>(random() % 1000)};
  }
  return table;
}

/// The table, read again and again.
class readings_source final : public source<reading> {
public:
  readings_source(const std::vector<reading>& table, std::uint64_t rows)
      : table_{&table}, rows_{rows} {}
  result<void> open(source_context context) override {
    partition_ = intern_partition(context.name, "all");
    return {};
  }
  result<poll_state> poll(credit allowed, poll_out<reading> out) override {
    const auto at = static_cast<std::size_t>(next_ % table_->size());
    const auto count = std::min(room_for(allowed, out.rows, rows_ - next_), table_->size() - at);
    if (out.rows.empty()) out.rows.set_origin({partition_, next_});
    const duration later{static_cast<std::int64_t>(next_ / table_->size()) * 10 * second_us};
    const auto* const from = table_->data() + at;
    auto* const to = out.rows.tail();
    for (std::size_t i = 0; i < count; ++i)
      to[i] = {from[i].at + later, from[i].key, from[i].value};
    out.rows.rows_added(count);
    next_ += count;
    return next_ == rows_ ? poll_state::end : poll_state::rows;
  }

private:
  const std::vector<reading>* table_;
  std::uint64_t rows_, next_ = 0;
  const partition* partition_ = nullptr;
};

} // namespace weir::bench
