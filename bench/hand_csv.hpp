// SPDX-License-Identifier: Apache-2.0
//
// hand_csv: the parser a careful person writes for the taxi files alone, the baseline of the
// workloads `csv` and `learn`.
//
// It knows the order of the columns, that nothing is quoted, that every line ends in a line feed
// and that dates are `YYYY-MM-DD HH:MM:SS`. It reads blocks of 1 MiB and never looks at a byte
// twice.

#pragma once

#include <weir/bench/taxi.hpp>

#include <fast_float/fast_float.h>

#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <unistd.h>
#include <vector>

namespace weir::bench {

namespace by_hand {

/// Where parsing stands in one line. Each function reads one field and the comma after it.
class line_cursor {
public:
  line_cursor(const char* at, const char* end) : at_{at}, end_{end} {}

  std::optional<int> optional_integer() {
    if (*at_ == ',') {
      ++at_;
      return std::nullopt;
    }
    return integer();
  }
  int integer() {
    int value = 0;
    while (*at_ != ',') value = value * 10 + (*at_++ - '0');
    ++at_;
    return value;
  }
  double number() {
    double value = 0;
    const auto [next, failed] = fast_float::from_chars(at_, end_, value);
    if (failed != std::errc{}) throw std::runtime_error{"not a number"};
    at_ = next + 1;
    return value;
  }
  timestamp time() {
    const auto two = [](const char* d) { return (d[0] - '0') * 10 + (d[1] - '0'); };
    const int year = two(at_) * 100 + two(at_ + 2), month = two(at_ + 5), day = two(at_ + 8);
    const std::int64_t seconds = days_before(year, month) * 86'400LL + (day - 1) * 86'400LL
                                 + two(at_ + 11) * 3'600 + two(at_ + 14) * 60 + two(at_ + 17);
    at_ += 20;
    return timestamp{std::chrono::microseconds{seconds * 1'000'000}};
  }
  void pass_time() { at_ += 20; }
  void skip() {
    while (*at_++ != ',') {
    }
  }
  /// Behind the line feed.
  const char* next_line() const {
    return static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)))
           + 1;
  }

private:
  /// Days from 1970-01-01 to the first of the month, for 1970 to 2099.
  static std::int64_t days_before(int year, int month) {
    static constexpr int before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    const int leap_days = (year - 1969) / 4 + (year % 4 == 0 && month > 2);
    return (year - 1970) * 365 + leap_days + before_month[month - 1];
  }

  const char* at_;
  const char* end_;
};

/// Calls `on_line(begin, end_of_block)` for each line after the header; it returns where the next
/// line begins.
template <class OnLine>
void read_lines(const std::filesystem::path& path, OnLine&& on_line) {
  constexpr std::size_t block = 1 << 20;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::runtime_error{"cannot open '" + path.string() + "'"};
  const auto buffer = std::make_unique_for_overwrite<char[]>(2 * block);
  std::size_t kept = 0;
  bool is_header = true;
  for (;;) {
    const auto got = read(file, buffer.get() + kept, block);
    if (got <= 0) break;
    const char* at = buffer.get();
    const auto filled = kept + static_cast<std::size_t>(got);
    const auto* last = static_cast<const char*>(memrchr(at, '\n', filled));
    const char* end = last == nullptr ? at : last + 1;
    if (is_header && at != end) {
      at = static_cast<const char*>(std::memchr(at, '\n', filled)) + 1;
      is_header = false;
    }
    while (at != end) at = on_line(at, end);
    kept = static_cast<std::size_t>(buffer.get() + filled - end);
    if (kept > block) break;
    std::memmove(buffer.get(), end, kept);
  }
  close(file);
  if (kept != 0) throw std::runtime_error{"the last line of '" + path.string() + "' has no end"};
}

} // namespace by_hand

/// Calls `on_batch(std::span<const taxi_trip>)` with up to 4096 records at a time.
template <class OnBatch>
void read_trips_by_hand(const std::filesystem::path& path, OnBatch&& on_batch) {
  constexpr std::size_t batch_rows = 4096;
  std::vector<taxi_trip> batch(batch_rows);
  std::size_t filled = 0;
  by_hand::read_lines(path, [&](const char* begin, const char* end) {
    by_hand::line_cursor line{begin, end};
    auto& row = batch[filled];
    row.vendor = line.optional_integer();
    row.pickup = line.time();
    row.dropoff = line.time();
    row.passengers = line.optional_integer();
    row.distance = line.number();
    row.rate_code = line.optional_integer();
    line.skip(); // store_and_fwd_flag
    row.from = line.integer();
    row.to = line.integer();
    row.payment = line.optional_integer();
    row.fare = line.number();
    line.skip(); // extra
    line.skip(); // mta_tax
    row.tip = line.number();
    line.skip(); // tolls_amount
    line.skip(); // improvement_surcharge
    row.total = line.number();
    if (++filled == batch_rows) {
      on_batch(std::span<const taxi_trip>{batch});
      filled = 0;
    }
    return line.next_line();
  });
  on_batch(std::span<const taxi_trip>{batch.data(), filled});
}

} // namespace weir::bench
