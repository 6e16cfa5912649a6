// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/batch_map.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::test {
namespace {

std::size_t halves(batch_view<int> in, batch<double>& out) {
  const std::size_t n = std::min(in.size(), out.room());
  out.inherit(in.whole(), in.first(), n, false);
  for (std::size_t i = 0; i < n; ++i) out.tail()[i] = in[i] / 2.0;
  out.push_written(n);
  return n;
}

TEST(BatchMapTest, KeepsTheContract) {
  expect_operator_contract<int, double>([] { return batch_map<double>(halves).bind<int>().make(); },
                                        [](chance& by) { return static_cast<int>(by()); });
}

} // namespace
} // namespace weir::test
