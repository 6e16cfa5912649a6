// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/rate_limit.hpp>
#include <weir/actors/operators/told_count.hpp>

namespace weir {

result<void> check(const rate_limit_options& options) {
  if (options.span <= duration{0})
    return error{errc::config, "rate_limit counts rows in a span of time, which must be longer "
                               "than zero"};
  if (options.rows == 0 || !is_count(options.rows))
    return error{errc::config, "rate_limit lets at least one row of a key pass in a span, not "
                                   + told_count(options.rows)};
  return {};
}

} // namespace weir
