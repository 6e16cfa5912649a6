// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/process.hpp>

namespace weir {

result<void> check(const process_options& options) {
  if (options.ttl < duration{0})
    return error{errc::config, "ttl is how long state is kept: it can't be negative; 0s keeps it "
                               "for ever"};
  return {};
}

} // namespace weir
