// SPDX-License-Identifier: Apache-2.0
//
// What does a row cost that is joined with those of another stream within half a second of it, of a
// thousand keys and of a million? A key has a row a second by chance in either stream, so a row has
// one partner on average, and lies in state for one and a half seconds.
//
// The baseline is one loop that takes a row of either stream in turn, and one flat table with the
// rows of a key in two vectors. It lets rows go only when another one of their key comes, and has
// no need to look for those that are too old.

#include <weir/bench/hand_table.hpp>
#include <weir/bench/many_keys.hpp>
#include <weir/dsl/pipeline.hpp>

#include <array>

namespace weir::bench {
namespace {

constexpr std::int64_t apart_us = second_us / 2;

struct pair_of_values {
  std::int64_t key = 0;
  double left = 0, right = 0;
};
BOOST_DESCRIBE_STRUCT(pair_of_values, (), (key, left, right))

/// What a pair adds to the checksum.
std::uint64_t digest(std::int64_t key, double left, double right) {
  return detail::mix(static_cast<std::uint64_t>(key) * 1'000'000
                     + static_cast<std::uint64_t>(left) * 1'000
                     + static_cast<std::uint64_t>(right));
}

/// The rows of a key in both streams.
class rows_by_hand {
public:
  template <std::size_t Side>
  void add(const reading& row, std::int64_t watermark, std::uint64_t& sum) {
    const auto time = row.at.time_since_epoch().count();
    auto& others = sides_[1 - Side];
    std::erase_if(others, [&](const one& other) { return other.time + apart_us < watermark; });
    for (const auto& other : others)
      if (std::abs(other.time - time) <= apart_us)
        sum += Side == 0 ? digest(row.key, row.value, other.value)
                         : digest(row.key, other.value, row.value);
    sides_[Side].push_back({time, row.value});
  }

private:
  struct one {
    std::int64_t time;
    double value;
  };
  std::array<std::vector<one>, 2> sides_;
};

std::uint64_t hand(const std::vector<std::vector<reading>>& tables) {
  hand_table<rows_by_hand> keys;
  std::uint64_t sum = 0;
  std::array<std::int64_t, 2> newest{};
  const auto take = [&]<std::size_t Side>(const reading& row) {
    newest[Side] = std::max(newest[Side], row.at.time_since_epoch().count());
    const auto watermark = std::min(newest[0], newest[1]) - many_keys_disorder_us;
    keys.at(row.key).add<Side>(row, watermark, sum);
  };
  for (std::size_t i = 0; i < tables[0].size(); ++i) {
    take.operator()<0>(tables[0][i]);
    take.operator()<1>(tables[1][i]);
  }
  return sum;
}

std::uint64_t weir_join(const std::vector<std::vector<reading>>& tables) {
  std::uint64_t sum = 0;
  const auto add = [&](std::span<const pair_of_values> pairs) {
    for (const auto& row : pairs) sum += digest(row.key, row.left, row.right);
  };
  app graph{"joins"};
  const auto rows_of = [&](const std::vector<reading>& table) {
    return graph.from(readings_source{table, table.size()})
           | event_time(&reading::at, out_of_order(duration{many_keys_disorder_us}))
           | key_by(&reading::key);
  };
  rows_of(tables[0])
      | join(rows_of(tables[1]), within(duration{-apart_us}, duration{apart_us}),
             [](const reading& left, const reading& right) {
               return pair_of_values{left.key, left.value, right.value};
             })
      | to(taking_sink<pair_of_values, decltype(add)>{add});
  run_to_end(graph);
  return sum;
}

const registration joins{
    many_keys("joins", "What does an interval join cost a row? (+-0.5 s, 1 k and 1 M keys)",
              {.full_rows = 5'000'000, .tables = 2, .hand = hand, .weir = weir_join})};

} // namespace
} // namespace weir::bench
