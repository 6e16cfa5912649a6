// SPDX-License-Identifier: Apache-2.0
//
// What does the state of a key cost? A count and a sum (16 bytes) for each of a thousand, a million
// and twenty million keys; every key comes once, then rows of keys by chance.
//
// The baseline is one flat table of open addressing, at most half full, which doubles; its keys
// have no time to live. Weir's states have one of a day, and are told of time as an operator is:
// each batch of 4,096 rows ends with a watermark. On disk, tables and RocksDB may use 256 MiB
// together; more than that above what the process held before fails the run.

#include <weir/actors/state/keyed_state.hpp>
#include <weir/bench/hand_table.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/process.hpp>
#include <weir/io/rocksdb_backend.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weir::bench {
namespace {

constexpr std::size_t ceiling_bytes = std::size_t{256} << 20U;
constexpr std::uint64_t batch_rows = 4'096;

struct amounts {
  std::int64_t count = 0;
  double sum = 0;
};
BOOST_DESCRIBE_STRUCT(amounts, (), (count, sum))

/// How many keys, and rows of keys by chance.
struct load {
  std::uint64_t keys, rows;
};

/// Calls `add(key, value, row)` and gives the time of the rows of new and of known keys.
template <class Add>
outcome drive(trial& run, load all, Add add) {
  const auto keys = run.scaled(all.keys, 1'000), rows = run.scaled(all.rows, 10'000);
  const auto idle = current_rss_bytes();
  outcome result{.items = keys + rows};
  double first = 0, second = 0;
  run.measure([&] {
    const auto key_of = [](std::uint64_t number) { // no two numbers share a key
      return static_cast<std::int64_t>((number * 0x9e3779b97f4a7c15U) >> 1U);
    };
    const auto start = wall_seconds();
    for (std::uint64_t i = 0; i < keys; ++i) result.checksum += add(key_of(i), 1.0, i);
    const auto middle = wall_seconds();
    for (std::uint64_t i = 0; i < rows; ++i)
      result.checksum += add(key_of(detail::mix(i) % keys), static_cast<double>(i % 100), keys + i);
    first = middle - start;
    second = wall_seconds() - middle;
  });
  const auto above = static_cast<double>(peak_rss_bytes()) - static_cast<double>(idle);
  result.figures = {{"new_key_ns", first * 1e9 / static_cast<double>(keys)},
                    {"known_key_ns", second * 1e9 / static_cast<double>(rows)},
                    {"above_idle_mib", above / (1 << 20)}};
  return result;
}

/// What a row adds to the checksum: all that is known of its key.
std::uint64_t added(amounts& to, double value) {
  ++to.count;
  to.sum += value;
  return static_cast<std::uint64_t>(to.count) * 1'000'003 + static_cast<std::uint64_t>(to.sum);
}

outcome hand(trial& run, load all) {
  hand_table<amounts> table;
  return drive(run, all, [&](std::int64_t key, double value, std::uint64_t) {
    return added(table.at(key), value);
  });
}

outcome weir_state(trial& run, load all, state_place place) {
  keyed_state<std::int64_t, amounts> states{std::move(place), std::chrono::hours{24}};
  timestamp now{};
  return drive(run, all, [&](std::int64_t key, double value, std::uint64_t row) {
    now += duration{10};
    if (row % batch_rows == 0) states.advance(now);
    return added(states.at(key_hash(key), key, now, [] { return amounts{}; }), value);
  });
}

contestant by_hand(std::string name, load all) {
  return {std::move(name), [all](trial& run) { return hand(run, all); }};
}
contestant in_memory(std::string name, load all) {
  return {std::move(name), [all](trial& run) { return weir_state(run, all, {}); }};
}
contestant on_disk(std::string name, load all) {
  return {std::move(name), [all](trial& run) {
            const auto kind = rocksdb_state({.directory = (run.scratch() / "state").string()});
            auto found = weir_state(run, all, place_of(kind, "bench", ceiling_bytes));
            if (found.figures.at("above_idle_mib") > ceiling_bytes >> 20U)
              throw std::runtime_error{"the process grew by more than 256 MiB: "
                                       + std::to_string(found.figures.at("above_idle_mib"))};
            return found;
          }};
}

constexpr load thousand{1'000, 20'000'000}, million{1'000'000, 10'000'000},
    many{20'000'000, 1'000'000};

const registration state{{
    .name = "state",
    .question = "What does the state of a key cost? (1 k, 1 M and 20 M keys; on disk with 256 MiB)",
    .contestants = {by_hand("hand_1k", thousand), in_memory("weir_memory_1k", thousand),
                    on_disk("weir_rocksdb_1k", thousand), by_hand("hand_1m", million),
                    in_memory("weir_memory_1m", million), on_disk("weir_rocksdb_1m", million),
                    by_hand("hand_20m", many), in_memory("weir_memory_20m", many),
                    on_disk("weir_rocksdb_20m", many)},
    .isolated = true,
    .max_rounds = 1,
}};

} // namespace
} // namespace weir::bench
