// SPDX-License-Identifier: Apache-2.0
//
// trip, zone and ride: what taxi_analysis reads, and a trip with what the zones' table says of it.

#pragma once

#include <weir/actors/stream/record.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taxi_analysis {

struct trip {
  weir::timestamp pickup;
  std::optional<weir::timestamp> dropoff; ///< Not in all files.
  std::optional<int> passengers;
  double distance = 0; ///< Miles.
  int from = 0;        ///< Zones of the city.
  int to = 0;
  std::optional<int> payment_type;
  double fare = 0; ///< Dollars by the meter.
  double total = 0;
};
BOOST_DESCRIBE_STRUCT(trip, (),
                      (pickup, dropoff, passengers, distance, from, to, payment_type, fare, total))

/// The columns' names in the files of the city, over the years.
inline auto aliases(weir::of<trip>) {
  return weir::alias_list<trip>{{&trip::pickup, {"tpep_pickup_datetime", "pickup_datetime"}},
                                {&trip::dropoff, {"tpep_dropoff_datetime", "dropoff_datetime"}},
                                {&trip::passengers, {"passenger_count"}},
                                {&trip::distance, {"trip_distance"}},
                                {&trip::from, {"PULocationID", "pickup_location_id"}},
                                {&trip::to, {"DOLocationID", "dropoff_location_id"}},
                                {&trip::fare, {"fare_amount"}},
                                {&trip::total, {"total_amount"}}};
}

struct zone {
  int id = 0;
  std::string borough;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(zone, (), (id, borough, name))

inline auto aliases(weir::of<zone>) {
  return weir::alias_list<zone>{
      {&zone::id, {"LocationID"}}, {&zone::borough, {"Borough"}}, {&zone::name, {"Zone"}}};
}

/// A zone as rides have it: the text lies in the table.
struct place {
  bool is_known = false;
  std::string_view borough;
  std::string_view name;
};
BOOST_DESCRIBE_STRUCT(place, (), (is_known, borough, name))

inline place place_of(const zone* z) {
  return z == nullptr ? place{} : place{true, z->borough, z->name};
}

/// Which rule a trip breaks: the first one, in this order.
enum class cleaning_rule : std::uint8_t {
  kept,
  total,
  distance,
  passengers,
  fare,
  dropoff,
  date,
  zone
};
BOOST_DESCRIBE_ENUM(cleaning_rule, kept, total, distance, passengers, fare, dropoff, date, zone)

struct ride {
  trip of;
  place from;
  place to;
  cleaning_rule rule = cleaning_rule::kept;
};
BOOST_DESCRIBE_STRUCT(ride, (), (of, from, to, rule))

inline ride begin_of(const trip& t, const zone* z) { return {t, place_of(z), {}}; }
inline int end_zone(const ride& r) { return r.of.to; }
inline ride end_of(ride r, const zone* z) {
  r.to = place_of(z);
  return r;
}

} // namespace taxi_analysis
