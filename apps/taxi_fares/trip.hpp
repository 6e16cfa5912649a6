// SPDX-License-Identifier: Apache-2.0
//
// trip and quote: what taxi_fares reads, and what it answers.

#pragma once

#include <weir/actors/operators/model.hpp>
#include <weir/actors/stream/record.hpp>

#include <optional>

namespace taxi {

struct trip {
  weir::timestamp pickup;
  double distance = 0; ///< Miles.
  std::optional<int> passengers;
  int from = 0; ///< Zones of the city.
  int to = 0;
  std::optional<double> total; ///< Dollars paid; a live trip may not know it yet.
};
BOOST_DESCRIBE_STRUCT(trip, (), (pickup, distance, passengers, from, to, total))

/// The columns' names in the files of the city, over the years.
inline auto aliases(weir::of<trip>) {
  return weir::alias_list<trip>{{&trip::pickup, {"tpep_pickup_datetime", "pickup_datetime"}},
                                {&trip::distance, {"trip_distance"}},
                                {&trip::passengers, {"passenger_count"}},
                                {&trip::from, {"PULocationID", "pickup_location_id"}},
                                {&trip::to, {"DOLocationID", "dropoff_location_id"}},
                                {&trip::total, {"total_amount"}}};
}

/// Whether the model can say anything about a trip. Those learnt from and those answered are judged
/// alike: each field by what it says, a live trip without a total by the others.
inline bool is_plausible(const trip& t) {
  const bool is_fare = !t.total || (*t.total > 0 && *t.total < 5000);
  return is_fare && t.distance > 0 && t.distance < 500 && t.passengers && *t.passengers < 4;
}

struct quote {
  weir::timestamp pickup;
  double distance = 0;
  int from = 0;
  int to = 0;
  std::optional<double> total; ///< What was paid, where that is known.
  double fare = 0;             ///< What the model answers.
  std::uint64_t model_version = 0;
};
BOOST_DESCRIBE_STRUCT(quote, (), (pickup, distance, from, to, total, fare, model_version))

inline quote to_quote(const weir::answer<trip>& a) {
  return {a.row.pickup, a.row.distance, a.row.from,     a.row.to,
          a.row.total,  a.prediction,   a.model_version};
}

} // namespace taxi
