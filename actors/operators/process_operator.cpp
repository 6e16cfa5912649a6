// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/process_operator.hpp>

namespace weir {

result<void> check(const process_options& options, bool can_wait) {
  if (options.ttl < duration{0})
    return error{errc::config, "ttl is how long state is kept: it can't be negative; 0s keeps it "
                               "for ever"};
  if (options.in_order && !can_wait)
    return error{errc::config, "in_order keeps rows until the watermark has passed them, so they "
                               "must own their text: use std::string where the record has "
                               "std::string_view"};
  return {};
}

} // namespace weir
