// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/window_join.hpp>

namespace weir {

result<void> check(const time_windows& windows) { return check(windows, window_options{}); }

} // namespace weir
