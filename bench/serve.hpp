// SPDX-License-Identifier: Apache-2.0
//
// serve: the world around the contestants of the workload `serve`: a broker and a feeder, each in a
// process of its own, the records they exchange, and the check of what came out.
//
//   broker ── trips:64 ──> contestant ── fares:64 ──> broker
//     ^──────── feeder (starts when the clock starts)

#pragma once

#include <weir/bench/harness.hpp>
#include <weir/bench/process.hpp>

#include <cstdint>
#include <string>

namespace weir::bench {

constexpr int serve_partitions = 64;
inline constexpr const char* serve_in = "trips";
inline constexpr const char* serve_out = "fares";

/// The published fare model.
constexpr double fare_base = 8.320891797321288, fare_per_hour = 0.0398721095777293,
                 fare_per_mile = 2.356426374729163;

class serve_world {
public:
  /// Starts the broker and a feeder that has `rows` trips ready.
  explicit serve_world(std::uint64_t rows);

  const std::string& address() const { return address_; }
  std::uint64_t rows() const { return rows_; }
  /// The feeder writes all it has, as fast as the broker takes it.
  void feed() { feeder_.write_line("go"); }
  /// Reads the answers back: how many there are, the sum of their ids, the sum of their prices.
  outcome check();

private:
  std::uint64_t rows_;
  child broker_;
  std::string address_;
  child feeder_;
};

} // namespace weir::bench
