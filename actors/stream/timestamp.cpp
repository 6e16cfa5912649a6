// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/timestamp.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace weir {
namespace {

using namespace std::chrono;

constexpr std::int64_t seconds_a_day = 86'400;

/// Reads exactly `digits` decimal digits from the front of `text`.
bool take_number(std::string_view& text, std::size_t digits, int& value) noexcept {
  if (text.size() < digits) return false;
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) return false;
    value = value * 10 + static_cast<int>(digit);
  }
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char wanted) noexcept {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

/// A fraction of a second in microseconds; digits after the sixth are read and cut off.
bool take_fraction(std::string_view& text, std::int64_t& micros) noexcept {
  std::int64_t scale = 100'000;
  std::size_t digits = 0;
  micros = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    micros += (text.front() - '0') * scale;
    scale /= 10;
    ++digits;
  }
  return digits > 0;
}

/// `Z`, `+hh:mm`, `-hhmm`, `+hh`, or nothing.
bool take_zone(std::string_view& text, minutes& east) noexcept {
  east = minutes{0};
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return true;
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return false;
  text.remove_prefix(1);
  int hour = 0;
  int minute = 0;
  if (!take_number(text, 2, hour) || hour > 23) return false;
  if (!text.empty()) {
    take(text, ':');
    if (!take_number(text, 2, minute) || minute > 59) return false;
  }
  east = minutes{(west ? -1 : 1) * (hour * 60 + minute)};
  return true;
}

/// A day of the Gregorian calendar, also before there was one: `std::chrono::year` ends at 32767,
/// the times that a timestamp holds in the year 294247, those that can be written in 999999.
struct civil_date {
  int year = 0;
  int month = 0; // 1 to 12
  int day = 0;   // 1 to 31
};

//   Days and dates by Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
//   (https://howardhinnant.github.io/date_algorithms.html): years begin in March, so that the day
//   that leap years have more is the last one, and eras of 400 years are all as long.

constexpr int days_an_era = 146'097;
constexpr int era_to_1970 = 719'468; // days from 0000-03-01

constexpr int floor_divided(int what, int by) noexcept {
  return (what >= 0 ? what : what - by + 1) / by;
}

constexpr int days_since_1970(const civil_date& date) noexcept {
  const auto year = date.month <= 2 ? date.year - 1 : date.year;
  const auto era = floor_divided(year, 400);
  const auto year_of_era = year - era * 400;
  const auto day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const auto day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * days_an_era + day_of_era - era_to_1970;
}

constexpr civil_date date_of(int days) noexcept {
  days += era_to_1970;
  const auto era = floor_divided(days, days_an_era);
  const auto day_of_era = days - era * days_an_era;
  const auto year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const auto day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const auto march_based = (5 * day_of_year + 2) / 153;
  const auto month = march_based + (march_based < 10 ? 3 : -9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * march_based + 2) / 5 + 1};
}

constexpr int last_day(int year, int month) noexcept {
  constexpr std::array<int, 12> usual{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && is_leap ? 29 : usual[static_cast<std::size_t>(month - 1)];
}

/// Four digits, or a sign and six.
bool take_year(std::string_view& text, int& year) noexcept {
  const bool is_past = take(text, '-');
  const bool is_far = is_past || take(text, '+');
  if (!take_number(text, is_far ? 6 : 4, year) || (is_past && year == 0)) return false;
  if (is_past) year = -year;
  return true;
}

/// Nothing where it is further away than 64 bits of microseconds reach.
std::optional<timestamp> at_second(std::int64_t second, std::int64_t micros) noexcept {
  // The second before the earliest time has no microseconds: counted from the one behind it.
  if (second < 0) {
    ++second;
    micros -= 1'000'000;
  }
  std::int64_t time = 0;
  if (__builtin_mul_overflow(second, 1'000'000, &time)
      || __builtin_add_overflow(time, micros, &time))
    return std::nullopt;
  return timestamp{microseconds{time}};
}

struct unit {
  std::string_view name;
  std::int64_t micros;
};
constexpr std::array units{unit{"us", 1},
                           unit{"ms", 1'000},
                           unit{"s", 1'000'000},
                           unit{"min", 60'000'000},
                           unit{"m", 60'000'000},
                           unit{"h", 3'600'000'000},
                           unit{"d", 86'400'000'000}};

/// 0: no unit's name.
std::int64_t micros_of(std::string_view name) noexcept {
  for (const auto& known : units)
    if (known.name == name) return known.micros;
  return name.empty() ? 1 : 0;
}

} // namespace

std::optional<timestamp> parse_timestamp(std::string_view text) noexcept {
  int y = 0;
  int mo = 0;
  int d = 0;
  if (!take_year(text, y) || !take(text, '-') || !take_number(text, 2, mo) || !take(text, '-')
      || !take_number(text, 2, d))
    return std::nullopt;
  if (mo < 1 || mo > 12 || d < 1 || d > last_day(y, mo)) return std::nullopt;
  const auto midnight = seconds_a_day * days_since_1970({y, mo, d});
  if (text.empty()) return at_second(midnight, 0);
  int h = 0;
  int m = 0;
  int s = 0;
  if (!take(text, ' ') && !take(text, 'T') && !take(text, 't')) return std::nullopt;
  if (!take_number(text, 2, h) || !take(text, ':') || !take_number(text, 2, m) || h > 23 || m > 59)
    return std::nullopt;
  std::int64_t micros = 0;
  if (take(text, ':')) {
    if (!take_number(text, 2, s) || s > 59) return std::nullopt;
    if (take(text, '.') && !take_fraction(text, micros)) return std::nullopt;
  }
  minutes east{};
  if (!take_zone(text, east) || !text.empty()) return std::nullopt;
  const seconds in_day = hours{h} + minutes{m} + seconds{s} - east;
  return at_second(midnight + in_day.count(), micros);
}

void append_timestamp(std::string& out, timestamp time) {
  const auto second = floor<seconds>(time).time_since_epoch().count();
  const auto day = floor<days>(time).time_since_epoch().count();
  const auto in_day = static_cast<int>(second - day * seconds_a_day);
  const auto date = date_of(static_cast<int>(day));
  const bool is_far = date.year < 0 || date.year > 9999;
  std::array<char, 64> text{};
  const int written =
      std::snprintf(text.data(), text.size(),
                    is_far ? "%+07d-%02d-%02dT%02d:%02d:%02d" : "%04d-%02d-%02dT%02d:%02d:%02d",
                    static_cast<int>(date.year), static_cast<int>(date.month),
                    static_cast<int>(date.day), in_day / 3600, in_day / 60 % 60, in_day % 60);
  out.append(text.data(), static_cast<std::size_t>(written));
  const auto micros = time.time_since_epoch().count() % 1'000'000;
  if (const auto fraction = static_cast<int>(micros < 0 ? micros + 1'000'000 : micros);
      fraction != 0) {
    const int more = std::snprintf(text.data(), text.size(), ".%06d", fraction);
    out.append(text.data(), static_cast<std::size_t>(more));
  }
  out += 'Z';
}

std::string to_string(timestamp time) {
  std::string out;
  append_timestamp(out, time);
  return out;
}

std::optional<duration> parse_duration(std::string_view text) noexcept {
  const char* last = text.data() + text.size();
  const auto unit_at = [&](const char* end) { return micros_of({end, last}); };
  std::int64_t whole = 0, exact = 0; // a double holds no more than 53 bits of them
  const auto integer = std::from_chars(text.data(), last, whole);
  if (integer.ec == std::errc{} && unit_at(integer.ptr) != 0
      && !__builtin_mul_overflow(whole, unit_at(integer.ptr), &exact))
    return duration{exact};
  double count = 0;
  const auto [end, failed] = std::from_chars(text.data(), last, count);
  if (failed != std::errc{} || !std::isfinite(count)) return std::nullopt;
  const auto micros = unit_at(end);
  const double total = count * static_cast<double>(micros);
  if (micros == 0 || std::abs(total) > 9e18) return std::nullopt;
  return duration{std::llround(total)};
}

std::string to_string(duration span) {
  if (span.count() == 0) return "0s";
  std::string_view best = "us";
  std::int64_t size = 1;
  for (const auto& known : units)
    if (known.name != "m" && span.count() % known.micros == 0) {
      best = known.name;
      size = known.micros;
    }
  return std::to_string(span.count() / size) + std::string{best};
}

} // namespace weir
