// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: split's callable must return bool

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

int main() {
  weir::app app{"test"};
#ifdef WEIR_EXPECT_OK
  auto [yes, no] = app.from(weir::memory_rows<int>{{}}) | weir::split([](int n) { return n > 1; });
#else
  auto [yes, no] = app.from(weir::memory_rows<int>{{}}) | weir::split([](int n) { return n + 1; });
#endif
  yes | weir::to(weir::discard{});
}
