// SPDX-License-Identifier: Apache-2.0
//
// csv_number: the numbers and times most files are full of, read without branches on their digits.
// Text of another form is refused here (never misread) and left to the general readers of
// csv_value.hpp. Pure functions.
//
// Eight bytes that end where the field ends are loaded at once; what lies before the field is
// masked to zero digits, so eight bytes before the field must be readable. The digits are then
// combined pairwise (Lemire, "Quickly parsing eight digits", 2018). The decimal point is cut out
// first: a number of at most seven digits and its power of ten are exact doubles, so one division
// rounds correctly (Clinger, "How to read floating point numbers accurately", 1990).

#pragma once

#include <weir/actors/stream/timestamp.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::csv_number {

static_assert(std::endian::native == std::endian::little);

inline std::uint64_t load(const char* bytes) noexcept {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// True when every byte is 0 to 9.
inline bool are_digits(std::uint64_t bytes) noexcept {
  return (((bytes + 0x7676767676767676U) | bytes) & 0x8080808080808080U) == 0;
}

/// The number whose decimal digits are the bytes, lowest address first.
inline std::uint32_t join_digits(std::uint64_t digits) noexcept {
  constexpr std::uint64_t mask = 0x000000ff000000ffU;
  digits = digits * 10 + (digits >> 8U);
  return static_cast<std::uint32_t>(
      ((digits & mask) * 0x000f424000000064U + ((digits >> 16U) & mask) * 0x0000271000000001U)
      >> 32U);
}

/// The digits of [begin, end), right-aligned in eight bytes. Precondition: 1 to 8 bytes.
inline std::uint64_t load_digits(const char* begin, const char* end) noexcept {
  const auto size = static_cast<unsigned>(end - begin);
  return (load(end - 8) ^ 0x3030303030303030U) & (~std::uint64_t{0} << (64 - 8 * size));
}

/// `8`, `-12`, `00451236`: up to eight characters.
inline bool read_small_integer(const char* begin, const char* end, std::int32_t& value) noexcept {
  const bool negative = begin != end && *begin == '-';
  begin += negative;
  if (static_cast<std::size_t>(end - begin) - 1 >= 8) // also when empty
    return false;
  const std::uint64_t digits = load_digits(begin, end);
  const auto magnitude = static_cast<std::int32_t>(join_digits(digits));
  value = negative ? -magnitude : magnitude;
  return are_digits(digits);
}

inline constexpr std::array<double, 9> powers_of_ten{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};

/// `8`, `2.10`, `.20`, `5.`, `-3.5`: up to eight characters and a sign.
inline bool read_small_decimal(const char* begin, const char* end, double& value) noexcept {
  const bool negative = begin != end && *begin == '-';
  begin += negative;
  const auto size = static_cast<std::size_t>(end - begin);
  if (size - 1 >= 8) // also when empty
    return false;
  std::uint64_t digits = load_digits(begin, end);
  // The lowest byte that is '.' (0x1e once '0' was taken off): exact for the lowest, and there may
  // only be one.
  const std::uint64_t other = digits ^ 0x1e1e1e1e1e1e1e1eU;
  const std::uint64_t points = (other - 0x0101010101010101U) & ~other & 0x8080808080808080U;
  std::size_t fraction = 0;
  if (points != 0) {
    const auto shift = static_cast<unsigned>(std::countr_zero(points)) & ~7U;
    const std::uint64_t below = digits & ((std::uint64_t{1} << shift) - 1);
    const std::uint64_t above = digits & (~std::uint64_t{0xff} << shift);
    digits = (below << 8U) | above;
    fraction = 7 - shift / 8;
  }
  const double magnitude = static_cast<double>(join_digits(digits)) / powers_of_ten[fraction];
  value = negative ? -magnitude : magnitude;
  return are_digits(digits) && (points == 0 || size > 1);
}

inline constexpr std::array<std::uint16_t, 12> days_before_month{0,   31,  59,  90,  120, 151,
                                                                 181, 212, 243, 273, 304, 334};
inline constexpr std::array<std::uint8_t, 12> days_in_month{31, 28, 31, 30, 31, 30,
                                                            31, 31, 30, 31, 30, 31};

/// Exactly `YYYY-MM-DD HH:MM:SS`, or with `T` between, in the years 1600 to 9999: 19 characters.
inline bool read_plain_time(const char* text, timestamp& value) noexcept {
  // YYYY-MM- and -DD?HH:M, HH:MM:SS: the punctuation becomes zero, so that one test covers it and
  // the digits.
  const std::uint64_t date = load(text) ^ load("0000-00-");
  const std::uint64_t time = load(text + 11) ^ load("00:00:00");
  constexpr std::uint64_t date_punctuation = 0xff0000ff00000000U;
  constexpr std::uint64_t time_punctuation = 0x0000ff0000ff0000U;
  const unsigned day_tens = static_cast<unsigned char>(text[8]) - unsigned{'0'};
  const unsigned day_ones = static_cast<unsigned char>(text[9]) - unsigned{'0'};
  bool good = are_digits(date) && are_digits(time) && (date & date_punctuation) == 0
              && (time & time_punctuation) == 0 && day_tens <= 3 && day_ones <= 9
              && (text[10] == ' ' || text[10] == 'T');
  const std::uint64_t date_pairs = date * 10 + (date >> 8U);
  const std::uint64_t time_pairs = time * 10 + (time >> 8U);
  const auto byte = [](std::uint64_t word, unsigned i) {
    return static_cast<unsigned>((word >> (8 * i)) & 0xffU);
  };
  const unsigned year = byte(date_pairs, 0) * 100 + byte(date_pairs, 2);
  const unsigned month = byte(date_pairs, 5);
  const unsigned day = day_tens * 10 + day_ones;
  const unsigned hour = byte(time_pairs, 0);
  const unsigned minute = byte(time_pairs, 3);
  const unsigned second = byte(time_pairs, 6);
  good &= month - 1 < 12 && year >= 1600 && hour < 24 && minute < 60 && second < 60;
  if (!good) return false;
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day == 0 || day > days_in_month[month - 1] + unsigned{month == 2 && is_leap}) return false;
  // Leap days before this year, counted from the year 0; 719528 days lie between 0000-01-01 and
  // 1970-01-01.
  const unsigned before = year - 1;
  const unsigned leap_days = before / 4 - before / 100 + before / 400 + 1;
  const std::int64_t days = std::int64_t{year} * 365 + leap_days + days_before_month[month - 1]
                            + unsigned{month > 2 && is_leap} + (day - 1) - 719'528;
  const std::int64_t seconds =
      days * 86'400 + std::int64_t{hour} * 3'600 + std::int64_t{minute} * 60 + second;
  value = timestamp{duration{seconds * 1'000'000}};
  return true;
}

} // namespace weir::csv_number
