// SPDX-License-Identifier: Apache-2.0
//
// pass_on: hands rows of a batch on as they are: moved as a whole where nobody else can see them,
// otherwise moved or copied row by row. What take, tap, throttle and event_time are made of.
//
//   std::size_t done = pass_on(in, in.size(), out);

#pragma once

#include <weir/actors/operators/callable.hpp>
#include <weir/actors/stream/batch.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace weir {

/// Appends at most `most` rows from the front of `in` to `out`, with times, origin and text; gives
/// how many. Fewer than asked only when `out` is full.
template <row T>
std::size_t pass_on(batch_view<T> in, std::size_t most, batch<T>& out) {
  const std::size_t all = in.size();
  if (most >= all && in.move_into(out)) return all;
  const std::size_t n = std::min({all, most, out.room()});
  if (n == 0) return 0;
  out.inherit(in.whole(), in.first(), n, borrows<T>);
  if constexpr (std::is_trivially_copyable_v<T>) {
    std::copy_n(in.rows().data(), n, out.tail());
    out.push_written(n);
    return n;
  } else {
    // Rows may own any amount of memory: look at each. Text that came along is there anyway.
    std::size_t i = 0;
    for (; i < n && (out.empty() || out.heap_bytes() < batch_bytes); ++i) {
      out.next() = take_row(in, i);
      out.push_next();
    }
    return i;
  }
}

} // namespace weir
