// SPDX-License-Identifier: Apache-2.0
//
// distinct: how many different values there are.
//
// Exact for up to 1,536 different values at the error of 1 % it has unless told; beyond that an
// estimate whose standard error is at most `error` (of three windows two are nearer than that, of
// 400 all but one nearer than three times that). Neither the order of rows nor the cut into parts
// changes it. 0.0 and -0.0 are one value, all NaN are one value. State: 56 bytes, 11 to 22 for each
// of few values, and never more than 16 KiB at 1 % (see distinct_sketch.hpp).
//
//   ... | aggregate(agg::distinct(&visit::user))
//   ... | aggregate(agg::distinct(&visit::user, {.error = 0.05}))   at most 512 bytes

#pragma once

#include <weir/actors/operators/agg/distinct_sketch.hpp>
#include <weir/actors/operators/agg/value_hash.hpp>
#include <weir/actors/operators/aggregation.hpp>
#include <weir/actors/operators/told_count.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace weir::agg {

/// What `distinct` may be told.
struct distinct_options {
  /// The standard error of an estimate, as a share of it; 0.0025 to 0.13.
  double error = 0.01;
};

namespace detail {

class distinct_fold {
public:
  explicit distinct_fold(distinct_options options)
      : error_{options.error}, digits_{distinct_sketch::digits_for(options.error)} {}

  [[nodiscard]] weir::result<void> check() const {
    if (error_ >= 0.0025 && error_ <= 0.13) return {};
    return error{errc::config, "distinct: its option `error` is " + told_number(error_)
                                   + "; it must lie between 0.0025 and 0.13"};
  }
  [[nodiscard]] distinct_sketch create() const { return distinct_sketch{digits_}; }
  template <class V>
  void add(distinct_sketch& to, const V& value) const {
    to.add(value_hash(value));
  }
  void merge(distinct_sketch& to, const distinct_sketch& other) const { to.merge(other); }
  [[nodiscard]] std::uint64_t result(const distinct_sketch& of) const { return of.estimate(); }

private:
  double error_;
  int digits_;
};

struct make_distinct {
  distinct_options options;

  template <class V>
  [[nodiscard]] auto fold() const {
    static_assert(hashed<V>, "weir: distinct tells values apart that are numbers, text, times, or "
                             "made of these (described)");
    if constexpr (hashed<V>) return distinct_fold{options};
  }
};

} // namespace detail

/// How many different values there are.
template <class F = std::identity>
[[nodiscard]] auto distinct(F value_of = {}, distinct_options options = {}) {
  return detail::of_values<detail::make_distinct, F>{{options}, std::move(value_of)};
}

} // namespace weir::agg
