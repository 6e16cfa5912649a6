// SPDX-License-Identifier: Apache-2.0
//
// cleaning: the rules a trip must keep to be counted, and how many trips broke which.
//
// A trip counts for the first rule it breaks, in the order of `cleaning_rule`: the first three are
// those by which taxi_fares chooses what to learn from, the others sort out what meters and clocks
// got wrong.
//
//   rides | map(judge{since, before}) | key_by(everything) | window(global(), trips_by_rule{})

#pragma once

#include <weir/apps/taxi_analysis/trip.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace taxi_analysis {

/// What `cleaning.csv` says of a rule.
struct rule_count {
  cleaning_rule rule = cleaning_rule::kept;
  std::uint64_t trips = 0;
  std::string meaning;
};
BOOST_DESCRIBE_STRUCT(rule_count, (), (rule, trips, meaning))

inline constexpr std::array rules{
    std::pair{cleaning_rule::kept, "keeps all rules"},
    std::pair{cleaning_rule::total, "the total is not above 0 and below 5000 dollars"},
    std::pair{cleaning_rule::distance, "the distance is not above 0 and below 500 miles"},
    std::pair{cleaning_rule::passengers, "the number of passengers is missing, or more than 3"},
    std::pair{cleaning_rule::fare, "the fare is negative"},
    std::pair{cleaning_rule::dropoff, "it ends before it begins"},
    std::pair{cleaning_rule::date, "it begins before --since, or not before --before"},
    std::pair{cleaning_rule::zone, "a zone is not in the table of zones"}};

/// Gives each ride the rule that it breaks.
struct judge {
  weir::timestamp since;
  weir::timestamp before;

  ride operator()(ride r) const {
    r.rule = broken_by(r);
    return r;
  }
  [[nodiscard]] cleaning_rule broken_by(const ride& r) const {
    const auto& t = r.of;
    if (!(t.total > 0 && t.total < 5000)) return cleaning_rule::total;
    if (!(t.distance > 0 && t.distance < 500)) return cleaning_rule::distance;
    if (!t.passengers || *t.passengers > 3) return cleaning_rule::passengers;
    if (!(t.fare >= 0)) return cleaning_rule::fare;
    if (t.dropoff && *t.dropoff < t.pickup) return cleaning_rule::dropoff;
    if (t.pickup < since || t.pickup >= before) return cleaning_rule::date;
    return r.from.is_known && r.to.is_known ? cleaning_rule::kept : cleaning_rule::zone;
  }
};

/// An aggregation: all rules, in order, also those that no trip broke.
struct trips_by_rule {
  using counts = std::vector<std::uint64_t>;

  [[nodiscard]] counts create() const { return counts(rules.size()); }
  void add(counts& to, const ride& r) const { ++to[static_cast<std::size_t>(r.rule)]; }
  void merge(counts& to, const counts& other) const {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += other[i];
  }
  [[nodiscard]] std::vector<rule_count> result(const counts& of) const {
    std::vector<rule_count> all;
    for (const auto& [rule, meaning] : rules)
      all.push_back({rule, of[static_cast<std::size_t>(rule)], meaning});
    return all;
  }
};

} // namespace taxi_analysis
