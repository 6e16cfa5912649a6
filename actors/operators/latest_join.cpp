// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/latest_join.hpp>

namespace weir {

result<void> check(const latest_rows& which) {
  if (which.not_older_than < duration{0})
    return error{errc::config, "latest(" + to_string(which.not_older_than)
                                   + ") would ask for rows to come: give how old a row may be"};
  return {};
}

} // namespace weir
