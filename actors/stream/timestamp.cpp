// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/stream/timestamp.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace weir {
namespace {

using namespace std::chrono;

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
  if (!take_number(text, 4, y) || !take(text, '-') || !take_number(text, 2, mo) || !take(text, '-')
      || !take_number(text, 2, d))
    return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  timestamp time = time_point_cast<microseconds>(sys_days{date});
  if (text.empty()) return time;
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
  return time + hours{h} + minutes{m} + seconds{s} + microseconds{micros} - east;
}

void append_timestamp(std::string& out, timestamp time) {
  // The midnight before the earliest time is no timestamp, so it is not subtracted.
  constexpr auto day_micros = microseconds{days{1}}.count();
  auto micros = time.time_since_epoch().count() % day_micros;
  if (micros < 0) micros += day_micros;
  const year_month_day date{sys_days{floor<days>(time.time_since_epoch())}};
  std::array<char, 64> text{};
  const auto in_day = micros / 1'000'000;
  const int written =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), static_cast<int>(in_day / 3600),
                    static_cast<int>(in_day / 60 % 60), static_cast<int>(in_day % 60));
  out.append(text.data(), static_cast<std::size_t>(written));
  if (const auto fraction = static_cast<int>(micros % 1'000'000); fraction != 0) {
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
