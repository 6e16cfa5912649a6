// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/interval_join.hpp>

namespace weir {

result<void> check(const join_interval& interval) {
  if (interval.from > interval.to)
    return error{errc::config, "within(" + to_string(interval.from) + ", " + to_string(interval.to)
                                   + ") ends before it begins: give the earlier bound first"};
  if (interval.from == duration::min())
    return error{errc::config, "within begins further back than time itself: give a span"};
  return {};
}

} // namespace weir
