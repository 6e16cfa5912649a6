// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: what stands behind | must be an operator

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

int main() {
  weir::app app{"test"};
  auto rows = app.from(weir::memory_rows<int>{{}});
#ifdef WEIR_EXPECT_OK
  rows | weir::map([](int n) { return n; }) | weir::to(weir::discard{});
#else
  rows | [](int n) { return n; };
#endif
}
