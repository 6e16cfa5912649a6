// SPDX-License-Identifier: Apache-2.0
//
// taxi: the trips that several workloads read, and the files they come from.
//
// Input is real: the monthly taxi files below the directory WEIR_DATA names
// (`taxi/yellow_2019_2020`), or, where those are missing, the samples that come with Weir, repeated
// until there are enough rows.

#pragma once

#include <weir/actors/stream/record.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace weir::bench {

/// Twelve of the eighteen columns of a taxi file.
struct taxi_trip {
  std::optional<int> vendor;
  timestamp pickup;
  timestamp dropoff;
  std::optional<int> passengers;
  double distance = 0;
  std::optional<int> rate_code;
  int from = 0;
  int to = 0;
  std::optional<int> payment;
  double fare = 0;
  double tip = 0;
  double total = 0;
};
BOOST_DESCRIBE_STRUCT(taxi_trip, (),
                      (vendor, pickup, dropoff, passengers, distance, rate_code, from, to, payment,
                       fare, tip, total))

inline auto aliases(of<taxi_trip>) {
  return alias_list<taxi_trip>{
      {&taxi_trip::vendor, {"vendor_id", "VendorID"}},
      {&taxi_trip::pickup, {"pickup_datetime", "tpep_pickup_datetime"}},
      {&taxi_trip::dropoff, {"dropoff_datetime", "tpep_dropoff_datetime"}},
      {&taxi_trip::passengers, {"passenger_count"}},
      {&taxi_trip::distance, {"trip_distance"}},
      {&taxi_trip::rate_code, {"rate_code_id", "RatecodeID"}},
      {&taxi_trip::from, {"pickup_location_id", "PULocationID"}},
      {&taxi_trip::to, {"dropoff_location_id", "DOLocationID"}},
      {&taxi_trip::payment, {"payment_type"}},
      {&taxi_trip::fare, {"fare_amount"}},
      {&taxi_trip::tip, {"tip_amount"}},
      {&taxi_trip::total, {"total_amount"}},
  };
}

/// The monthly files, by name; throws std::runtime_error saying where it looked if there are none.
std::vector<std::filesystem::path> taxi_files();

/// Writes `directory/<name of each file>` with its rows `copies` times under one header, and gives
/// the names of the files written.
std::vector<std::filesystem::path> replicate_taxi_files(const std::filesystem::path& directory,
                                                        std::uint64_t copies);

/// The files a workload wrote below `directory`, by name.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& directory);

/// Folds every field of rows, in order, so that two readers of the same rows agree and none can
/// leave a field out.
class trip_checksum {
public:
  void add(const taxi_trip& row) noexcept {
    hash_ = (hash_ ^ mix(row)) * 0x9E3779B97F4A7C15u;
    ++rows_;
  }
  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t value() const noexcept { return hash_ ^ rows_; }

private:
  static std::uint64_t mix(const taxi_trip& row) noexcept;

  std::uint64_t hash_ = 0;
  std::uint64_t rows_ = 0;
};

inline std::uint64_t trip_checksum::mix(const taxi_trip& row) noexcept {
  const auto bits = [](double value) { return __builtin_bit_cast(std::uint64_t, value); };
  const auto number = [](const std::optional<int>& value) {
    return static_cast<std::uint64_t>(value ? *value + 1 : 0);
  };
  const auto micros = [](timestamp time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
  };
  const auto small = number(row.vendor) | number(row.passengers) << 8 | number(row.rate_code) << 16
                     | number(row.payment) << 24 | static_cast<std::uint64_t>(row.from) << 32
                     | static_cast<std::uint64_t>(row.to) << 48;
  return small + 3 * micros(row.pickup) + 5 * micros(row.dropoff) + 7 * bits(row.distance)
         + 11 * bits(row.fare) + 13 * bits(row.tip) + 17 * bits(row.total);
}

} // namespace weir::bench
