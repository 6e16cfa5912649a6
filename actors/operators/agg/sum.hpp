// SPDX-License-Identifier: Apache-2.0
//
// sum: of integers exactly, of floating point with what rounding loses carried along.
//
// Integers (and bool, and whole spans of time) are summed in 128 bits, and must fit 64 bits in the
// end: only a result that does not is an overflow, in whatever order rows come. Sums of float and
// double are made in double: off by 2^-53 of the sum itself, and 2^-105 n^2 of the sum of
// magnitudes (n rows). Cutting rows into merged parts stays within that, so results agree to the
// last bit but where the exact sum lies next to the middle of two doubles, or values cancel by some
// thirty digits. NaN, or infinities that cancel, make it NaN; finite values whose sum, so far,
// passes the largest double are an overflow. State: 16 bytes. No values give 0.
//
//   ... | aggregate(agg::sum(&order::amount))
//   ... | aggregate(agg::sum([](const order& o) { return o.amount * o.count; }))

#pragma once

#include <weir/actors/operators/agg/number.hpp>
#include <weir/actors/operators/aggregation.hpp>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace weir::agg {

/// A sum of 64-bit integers, exact.
class exact_sum {
public:
  template <class Integer>
  void add(Integer value) noexcept {
    set(get() + static_cast<wide>(value));
  }
  void merge(const exact_sum& other) noexcept { set(get() + other.get()); }

  /// Throws std::overflow_error where it does not fit.
  template <class Integer>
  [[nodiscard]] Integer as() const {
    const wide sum = get();
    if (sum < wide{std::numeric_limits<Integer>::min()}
        || sum > wide{std::numeric_limits<Integer>::max()})
      throw std::overflow_error{"a sum of integers does not fit into 64 bits; sum them as double"};
    return static_cast<Integer>(sum);
  }
  [[nodiscard]] double as_double() const noexcept { return static_cast<double>(get()); }

  void save(snapshot_writer& to) const { to.write(low_).write(high_); }
  void load(snapshot_reader& from) { from.read(low_).read(high_); }

private:
  __extension__ using wide = __int128; // of g++ and clang

  [[nodiscard]] wide get() const noexcept {
    return static_cast<wide>(static_cast<unsigned_wide>(static_cast<wide>(high_)) << 64 | low_);
  }
  void set(wide sum) noexcept {
    low_ = static_cast<std::uint64_t>(sum);
    high_ = static_cast<std::int64_t>(sum >> 64);
  }
  __extension__ using unsigned_wide = unsigned __int128;

  // In halves, to be aligned as 8 bytes are.
  std::uint64_t low_ = 0;
  std::int64_t high_ = 0;
};

/// A sum of doubles as the nearest double and what that leaves out: Neumaier's compensated sum
/// ("Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974), each step by
/// Knuth's TwoSum, which needs no branch. The bound is that of Ogita, Rump and Oishi, "Accurate sum
/// and dot product" (2005), 4.5.
class compensated_sum {
public:
  void add(double value) {
    const double before = sum_;
    sum_ = before + value;
    if (!(std::fabs(sum_) <= std::numeric_limits<double>::max())) [[unlikely]] {
      leave_numbers(before, value);
      return;
    }
    lost_ += error_of(before, value, sum_);
  }
  void merge(const compensated_sum& other) {
    add(other.sum_);
    lost_ += other.lost_;
  }
  /// NaN or infinite only where a value was.
  [[nodiscard]] double get() const {
    const double sum = sum_ + lost_;
    if (std::isinf(sum) && !std::isinf(sum_)) overflow();
    return sum;
  }

  void save(snapshot_writer& to) const { to.write(sum_).write(lost_); }
  void load(snapshot_reader& from) { from.read(sum_).read(lost_); }

private:
  static double error_of(double a, double b, double sum) noexcept {
    const double b_in_sum = sum - a;
    return (a - (sum - b_in_sum)) + (b - b_in_sum);
  }
  void leave_numbers(double before, double value) {
    if (std::isfinite(before) && std::isfinite(value)) overflow();
    lost_ = 0;
  }
  [[noreturn]] static void overflow() {
    throw std::overflow_error{"a sum passes the largest double; scale the values down"};
  }

  double sum_ = 0;
  double lost_ = 0; // finite, always
};

namespace detail {

template <number V>
struct sum_fold {
  using state = std::conditional_t<whole_number<V>, exact_sum, compensated_sum>;
  using plain = number_of<V>;
  using total = std::conditional_t<
      floating_number<V>, double,
      std::conditional_t<std::is_same_v<plain, bool> || std::is_unsigned_v<plain>, std::uint64_t,
                         std::int64_t>>;

  [[nodiscard]] state create() const noexcept { return {}; }
  void add(state& to, const V& value) const { to.add(to_number(value)); }
  void merge(state& to, const state& other) const { to.merge(other); }
  [[nodiscard]] auto result(const state& of) const {
    if constexpr (is_span<V> && whole_number<V>)
      return V{of.template as<plain>()};
    else if constexpr (whole_number<V>)
      return of.template as<total>();
    else if constexpr (is_span<V>)
      return V{static_cast<plain>(of.get())};
    else
      return of.get();
  }
};

struct make_sum {
  template <class V>
  [[nodiscard]] auto fold() const {
    static_assert(number<V>, "weir: sum adds up numbers (integers, bool, float, double) and spans "
                             "of time; this value is neither");
    if constexpr (number<V>) return sum_fold<V>{};
  }
};

} // namespace detail

/// The sum of a value: std::int64_t, std::uint64_t (of unsigned integers and bool), double, or a
/// span. Rows that are numbers need no callable.
template <class F = std::identity>
[[nodiscard]] auto sum(F value_of = {}) {
  return detail::of_values<detail::make_sum, F>{{}, std::move(value_of)};
}

} // namespace weir::agg
