// SPDX-License-Identifier: Apache-2.0
//
// report: the records that taxi_analysis gives beside those of cleaning.hpp, one a CSV file, and
// how they are made of windows.

#pragma once

#include <weir/actors/operators/window.hpp>
#include <weir/apps/taxi_analysis/trip.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taxi_analysis {

enum class day_name : std::uint8_t {
  monday,
  tuesday,
  wednesday,
  thursday,
  friday,
  saturday,
  sunday,
};
BOOST_DESCRIBE_ENUM(day_name, monday, tuesday, wednesday, thursday, friday, saturday, sunday)

struct day_trips {
  std::string date; ///< `2019-01-31`.
  day_name weekday = day_name::monday;
  std::uint64_t trips = 0;
};
BOOST_DESCRIBE_STRUCT(day_trips, (), (date, weekday, trips))

inline day_trips day_of(const weir::windowed<bool, std::uint64_t>& w) {
  const auto day = std::chrono::floor<std::chrono::days>(w.start);
  return {weir::to_string(w.start).substr(0, std::string_view{"2019-01-31"}.size()),
          static_cast<day_name>(std::chrono::weekday{day}.iso_encoding() - 1), w.value};
}

struct weekday_trips {
  day_name weekday = day_name::monday;
  std::uint64_t days = 0; ///< With trips on them: it is their median.
  double median_trips = 0;
};
BOOST_DESCRIBE_STRUCT(weekday_trips, (), (weekday, days, median_trips))

/// Of an even number of days, the mean of the two in the middle.
inline weekday_trips median_of(weir::windowed<day_name, std::vector<std::uint64_t>> w) {
  auto& days = w.value;
  std::ranges::sort(days);
  const auto low = static_cast<double>(days[(days.size() - 1) / 2]);
  const auto high = static_cast<double>(days[days.size() / 2]);
  return {w.key, days.size(), low + (high - low) / 2};
}

struct fares {
  std::uint64_t trips = 0;
  double mean = 0;
  double variance = 0;
};
BOOST_DESCRIBE_STRUCT(fares, (), (trips, mean, variance))

struct payment_fares {
  int payment_type = 0;
  std::string name;
  std::uint64_t trips = 0;
  double mean_fare = 0;
  std::optional<double> fare_deviation; ///< Standard deviation of a sample; of one trip, none.
};
BOOST_DESCRIBE_STRUCT(payment_fares, (), (payment_type, name, trips, mean_fare, fare_deviation))

/// What the city's numbers mean; 5 is also what a trip without number counts as.
inline constexpr int unknown_payment = 5;
inline constexpr std::array<std::string_view, 7> payment_names{
    "flex fare", "credit card", "cash", "no charge", "dispute", "unknown", "voided trip"};

inline payment_fares payment_of(const weir::windowed<int, fares>& w) {
  const bool is_named = w.key >= 0 && w.key < std::ssize(payment_names);
  const auto name = is_named ? payment_names[static_cast<std::size_t>(w.key)] : "other";
  const auto deviation = std::sqrt(w.value.variance);
  return {w.key, std::string{name}, w.value.trips, w.value.mean,
          std::isnan(deviation) ? std::nullopt : std::optional{deviation}};
}

/// One of the two ends of a ride.
struct stop {
  int zone = 0;
  place at;
  bool is_pickup = false;
};
BOOST_DESCRIBE_STRUCT(stop, (), (zone, at, is_pickup))

inline std::array<stop, 2> stops_of(const ride& r) {
  return {{{r.of.from, r.from, true}, {r.of.to, r.to, false}}};
}

struct zone_trips {
  int zone = 0;
  std::string borough;
  std::string name;
  std::uint64_t pickups = 0;
  std::uint64_t dropoffs = 0;

  [[nodiscard]] std::uint64_t both() const { return pickups + dropoffs; }

  /// Comes further down in a list of the busiest ones: of equally busy zones the one of the least
  /// number comes first, whatever the order in which they were counted.
  friend bool operator<(const zone_trips& a, const zone_trips& b) {
    return a.both() != b.both() ? a.both() < b.both() : b.zone < a.zone;
  }
};
BOOST_DESCRIBE_STRUCT(zone_trips, (), (zone, borough, name, pickups, dropoffs))

/// An aggregation: the stops at a zone. Names are copied once a zone, not once a stop.
struct traffic {
  [[nodiscard]] zone_trips create() const { return {}; }
  void add(zone_trips& to, const stop& s) const {
    if (to.both() == 0) to = {s.zone, std::string{s.at.borough}, std::string{s.at.name}};
    ++(s.is_pickup ? to.pickups : to.dropoffs);
  }
  void merge(zone_trips& to, const zone_trips& other) const {
    if (to.both() == 0) to = {other.zone, other.borough, other.name};
    to.pickups += other.pickups;
    to.dropoffs += other.dropoffs;
  }
  [[nodiscard]] zone_trips result(const zone_trips& of) const { return of; }
};

} // namespace taxi_analysis
