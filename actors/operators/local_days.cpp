// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/local_days.hpp>

#include <date/tz.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {
namespace {

__extension__ using wide = __int128;
constexpr wide day_us = 86'400'000'000;
constexpr wide least = std::numeric_limits<std::int64_t>::min();
constexpr wide most = std::numeric_limits<std::int64_t>::max();

std::int64_t floor_divide(wide number, wide by) {
  return static_cast<std::int64_t>(number / by - (number % by < 0 ? 1 : 0));
}

/// As people may have meant it: `new york` is `new_york`.
std::string plain(std::string_view name) {
  std::string all{name};
  for (char& c : all)
    c = c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return all;
}

/// Letters to put in, leave out or exchange.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t before = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t exchanged = before + (a[i] == b[j] ? 0 : 1);
      before = row[j + 1];
      row[j + 1] = std::min({exchanged, before + 1, row[j] + 1});
    }
  }
  return row[b.size()];
}

/// `; did you mean 'Europe/Berlin'?`, or nothing: the city alone will do.
std::string suggestion(std::string_view wanted, const date::tzdb& known) {
  const auto name = plain(wanted);
  const std::string* best = nullptr;
  std::size_t fewest = 3;
  for (const auto& zone : known.zones) {
    const auto full = plain(zone.name());
    const auto city = std::string_view{full}.substr(full.rfind('/') + 1);
    if (const auto count = std::min(edits(name, full), edits(name, city)); count < fewest) {
      best = &zone.name();
      fewest = count;
    }
  }
  return best != nullptr ? "; did you mean '" + *best + "'?"
                         : "; zones are named as 'Europe/Berlin'";
}

} // namespace

result<local_days> local_days::in(const std::string& zone, std::int64_t count, duration offset) {
  const date::tzdb* known = nullptr;
  try {
    known = &date::get_tzdb();
    const auto* const found = date::locate_zone(zone);
    found->get_info(date::sys_seconds{}); // reads it
    return local_days{found, count, offset};
  } catch (const std::exception& thrown) {
    if (known == nullptr)
      return error{errc::config, "can't read the time zones of this machine (install tzdata): "
                                     + std::string{thrown.what()}};
    return error{errc::config, "there is no time zone '" + zone + "'" + suggestion(zone, *known)};
  }
}

timestamp local_days::start_of(std::int64_t number) const {
  const wide local = wide{number} * count_ * day_us + offset_.count();
  if (local < least + 2 * day_us) return timestamp::min(); // no zone is two days from UTC
  if (local > most - 2 * day_us) return timestamp::max();
  const date::local_time<duration> clock{duration{static_cast<std::int64_t>(local)}};
  return timestamp{zone_->to_sys(clock, date::choose::earliest).time_since_epoch()};
}

local_days::span local_days::around(timestamp time) const {
  const auto at_second =
      date::sys_seconds{std::chrono::floor<std::chrono::seconds>(time).time_since_epoch()};
  const wide local =
      wide{time.time_since_epoch().count()} + duration{zone_->get_info(at_second).offset}.count();
  auto number = floor_divide(local - offset_.count(), wide{count_} * day_us);
  // Clocks that went back to before the start show the day before again.
  while (start_of(number) > std::min(time, timestamp::max() - duration{1})) --number;
  auto end = start_of(number + 1);
  while (end <= time && end < timestamp::max()) end = start_of(++number + 1);
  return {start_of(number), end};
}

} // namespace weir
