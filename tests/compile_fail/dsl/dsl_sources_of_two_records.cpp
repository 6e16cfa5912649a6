// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: history(a).then(b) needs two sources of one record

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

int main() {
  weir::app app{"test"};
#ifdef WEIR_EXPECT_OK
  weir::memory_source<int> live;
#else
  weir::memory_source<double> live;
#endif
  app.from(weir::history(weir::memory_rows<int>{{}}).then(live)) | weir::to(weir::discard{});
}
