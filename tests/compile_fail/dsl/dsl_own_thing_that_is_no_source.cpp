// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: from takes a source: a spec such as csv, hdf5 or kafka

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

struct thing {};

int main() {
  weir::app app{"test"};
#ifdef WEIR_EXPECT_OK
  app.from(weir::memory_rows<int>{{}}) | weir::to(weir::discard{});
#else
  app.from(thing{}) | weir::to(weir::discard{});
#endif
}
