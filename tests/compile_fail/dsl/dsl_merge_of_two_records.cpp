// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: merge takes streams of one record

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

int main() {
  weir::app app{"test"};
  auto a = app.from(weir::memory_rows<int>{{}});
#ifdef WEIR_EXPECT_OK
  auto b = app.from(weir::memory_rows<int>{{}});
#else
  auto b = app.from(weir::memory_rows<double>{{}});
#endif
  weir::merge(a, b) | weir::to(weir::discard{});
}
