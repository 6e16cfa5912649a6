// SPDX-License-Identifier: Apache-2.0
//
// collect: all values, in the order in which they came.
//
// Bounded by `most` values a window or key: one more is an error (std::range_error) that names the
// option. Any cut into parts that are merged in order of arrival gives the same. Values must own
// their text.
//
//   ... | aggregate(agg::collect(&order::id, {.most = 1'000}))
//   ... | aggregate(agg::collect())                              whole rows

#pragma once

#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/told_count.hpp>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weir::agg {

/// What `collect` may be told.
struct collect_options {
  /// Values it keeps at most, of one window or key.
  std::size_t most = 1'000'000;
};

namespace detail {

template <class V>
class collect_fold {
public:
  explicit collect_fold(collect_options options) : most_{options.most} {}

  [[nodiscard]] weir::result<void> check() const {
    if (most_ > 0 && is_count(most_)) return {};
    return error{errc::config,
                 "collect: its option `most` is " + told_count(most_) + "; it must be 1 at least"};
  }
  [[nodiscard]] std::vector<V> create() const { return {}; }
  template <class U>
  void add(std::vector<V>& values, U&& value) const {
    check_room(values.size(), 1);
    values.push_back(std::forward<U>(value));
  }
  void merge(std::vector<V>& values, const std::vector<V>& other) const {
    check_room(values.size(), other.size());
    values.insert(values.end(), other.begin(), other.end());
  }
  [[nodiscard]] std::vector<V> result(const std::vector<V>& values) const { return values; }

private:
  void check_room(std::size_t kept, std::size_t more) const {
    if (more > most_ || kept > most_ - more) [[unlikely]]
      throw std::range_error{"collect keeps at most " + std::to_string(most_)
                             + " values, and more came; raise its option `most`"};
  }

  std::size_t most_;
};

struct make_collect {
  collect_options options;

  template <class V>
  [[nodiscard]] auto fold() const {
    if constexpr (can_be_kept<V>()) return collect_fold<V>{options};
  }
};

} // namespace detail

/// All values as a std::vector.
template <class F = std::identity>
[[nodiscard]] auto collect(F value_of = {}, collect_options options = {}) {
  return detail::of_values<detail::make_collect, F>{{options}, std::move(value_of)};
}

} // namespace weir::agg
