// SPDX-License-Identifier: Apache-2.0
//
// top: the values that come most often, with how often.
//
// Most frequent first, of equally frequent ones the least (`<`). Counts are exact, whatever the
// order and the cut into parts, while there are no more different values than `counters`. With
// more, rare ones are forgotten: a count may then be too small, by `missing` at most, which is
// never more than 2 / counters of all values (0.02 % unless told), and a value that came more
// often than that is certain to be counted; which of the rare ones are known may then depend on
// the order and the cut. NaN is left out. Memory: `counters` values, which must own their text.
//
//   ... | aggregate(agg::top(5))                        words, say
//   ... | aggregate(agg::top(5, &order::customer))
//
// To have the rows that are greatest by something, see greatest.hpp.

#pragma once

#include <weir/actors/operators/agg/min_max.hpp>
#include <weir/actors/operators/agg/value_hash.hpp>
#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/told_count.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weir::agg {

/// What `top` may be told.
struct top_options {
  /// Different values it counts at once, of one window or key; at least twice the number wanted.
  std::size_t counters = 10'000;
};

/// A value and how often it came.
template <class V>
struct counted {
  V value{};
  std::uint64_t count = 0;
  std::uint64_t missing = 0; ///< How much larger the true count may be; 0: `count` is exact.

  friend bool operator==(const counted&, const counted&) = default;
  BOOST_DESCRIBE_CLASS(counted, (), (value, count, missing), (), ())
};

/// Counters of values. Misra and Gries, "Finding repeated elements" (1982), half of the counters at
/// a time as in Anderson et al., "A high-performance algorithm for identifying frequent items in
/// data streams" (2017). Agarwal et al., "Mergeable summaries" (2012), show that the error bound
/// outlives merges, and that Space-Saving (Metwally et al., 2005) knows the same.
template <class V>
class frequent_values {
public:
  template <class U>
  void add(U&& value, std::size_t counters) {
    if (const auto found = counts_.find(value); found != counts_.end()) {
      ++found->second;
      return;
    }
    counts_.emplace(std::forward<U>(value), 1);
    keep_to(counters);
  }
  void merge(const frequent_values& other, std::size_t counters) {
    for (const auto& [value, count] : other.counts_) counts_[value] += count;
    missing_ += other.missing_;
    keep_to(counters);
  }
  [[nodiscard]] std::vector<counted<V>> top(std::size_t n) const {
    std::vector<counted<V>> all;
    all.reserve(counts_.size());
    for (const auto& [value, count] : counts_) all.push_back({value, count, missing_});
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(n, all.size()));
    std::partial_sort(all.begin(), end, all.end(), [](const auto& a, const auto& b) {
      return a.count != b.count ? a.count > b.count : a.value < b.value;
    });
    all.erase(end, all.end());
    return all;
  }

  void save(snapshot_writer& to) const {
    to.write(missing_).write(std::uint64_t{counts_.size()});
    for (const auto& [value, count] : counts_) {
      to.write(count);
      save_value(to, value);
    }
  }
  [[nodiscard]] bool load(snapshot_reader& from) {
    std::uint64_t size = 0;
    counts_.clear();
    if (!from.read(missing_).read(size).ok() || size > from.left() / sizeof(std::uint64_t))
      return false;
    for (; size > 0; --size) {
      std::uint64_t count = 0;
      V value{};
      if (!from.read(count).ok() || !load_value(from, value)) return false;
      if (!counts_.emplace(std::move(value), count).second) return false;
    }
    return true;
  }

private:
  struct hash {
    std::size_t operator()(const V& value) const { return value_hash(value); }
  };

  /// With more than `counters`, takes from all as much as leaves half of them at most. So much is
  /// taken from half of the counters at least, which is why `missing_` stays small.
  void keep_to(std::size_t counters) {
    if (counts_.size() <= counters) return;
    std::vector<std::uint64_t> counts;
    for (const auto& one : counts_) counts.push_back(one.second);
    const auto rank = counts.begin() + static_cast<std::ptrdiff_t>(counters / 2);
    std::nth_element(counts.begin(), rank, counts.end(), std::greater<>{});
    const std::uint64_t less = *rank;
    std::erase_if(counts_, [&](const auto& one) { return one.second <= less; });
    for (auto& one : counts_) one.second -= less;
    missing_ += less;
  }

  std::unordered_map<V, std::uint64_t, hash> counts_;
  std::uint64_t missing_ = 0; // taken from every counter so far
};

namespace detail {

template <class V>
class top_fold {
public:
  top_fold(std::size_t n, std::size_t counters) : n_{n}, counters_{counters} {}

  [[nodiscard]] weir::result<void> check() const {
    if (n_ > 0 && is_count(n_) && is_count(counters_) && n_ <= counters_ / 2) return {};
    return error{errc::config, "top: " + told_count(n_)
                                   + " values are wanted; it must be 1 at least, and half of its "
                                     "option `counters`, which is "
                                   + told_count(counters_) + ", at most"};
  }
  [[nodiscard]] frequent_values<V> create() const { return {}; }
  template <class U>
  void add(frequent_values<V>& to, U&& value) const {
    if constexpr (std::floating_point<V>)
      if (value != value) return;
    to.add(std::forward<U>(value), counters_);
  }
  void merge(frequent_values<V>& to, const frequent_values<V>& other) const {
    to.merge(other, counters_);
  }
  [[nodiscard]] std::vector<counted<V>> result(const frequent_values<V>& of) const {
    return of.top(n_);
  }

private:
  std::size_t n_;
  std::size_t counters_;
};

struct make_top {
  std::size_t n;
  std::size_t counters;

  template <class V>
  [[nodiscard]] auto fold() const {
    constexpr bool fits = std::equality_comparable<V> && compares<V>;
    static_assert(fits, "weir: top compares values by `==` and `<`, which this value lacks");
    if constexpr (fits)
      if constexpr (can_be_kept<V>()) return top_fold<V>{n, counters};
  }
};

} // namespace detail

/// The `n` most frequent values as a std::vector<counted<value>>; 1 at least, and half of the
/// counters at most.
template <class F = std::identity>
[[nodiscard]] auto top(std::size_t n, F value_of = {}, top_options options = {}) {
  return detail::of_values<detail::make_top, F>{{n, options.counters}, std::move(value_of)};
}

} // namespace weir::agg
