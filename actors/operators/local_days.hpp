// SPDX-License-Identifier: Apache-2.0
//
// local_days: where days begin in a time zone: at midnight on the clocks there, so that those on
// which clocks change have 23 or 25 hours.
//
// Where midnight is left out the day begins with the first moment after it; where it comes twice,
// with the first. Days are joined to spans of `count`, from 1970-01-01 on, and moved by `offset` on
// the local clock: weeks that begin on Monday are seven days with an offset of four. Zones are
// those of the machine's tz database, whose changes end with the year 2037. Safe from any thread.
//
//   auto days = local_days::in("Europe/Berlin");
//   if (days) auto [start, end] = days->around(time);

#pragma once

#include <weir/actors/stream/error.hpp>
#include <weir/actors/stream/timestamp.hpp>

#include <cstdint>
#include <string>

namespace date {
class time_zone;
} // namespace date

namespace weir {

class local_days {
public:
  struct span {
    timestamp start; ///< No earlier than time itself begins.
    timestamp end;   ///< The first moment behind it, or the end of time.
  };

  /// Fails when there is no such zone. Precondition: `count` is above 0.
  static result<local_days> in(const std::string& zone, std::int64_t count = 1,
                               duration offset = {});

  /// The span with this time in it.
  [[nodiscard]] span around(timestamp time) const;

private:
  local_days(const date::time_zone* zone, std::int64_t count, duration offset) noexcept
      : zone_{zone}, count_{count}, offset_{offset} {}
  [[nodiscard]] timestamp start_of(std::int64_t number) const;

  const date::time_zone* zone_; // lives as long as the process
  std::int64_t count_;
  duration offset_;
};

} // namespace weir
