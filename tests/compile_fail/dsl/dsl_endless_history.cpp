// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: history must end, and this source never does

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

int main() {
  weir::app app{"test"};
  weir::memory_source<int> endless;
#ifdef WEIR_EXPECT_OK
  app.from(weir::history(weir::memory_rows<int>{{}}).then(endless)) | weir::to(weir::discard{});
#else
  app.from(weir::history(endless).then(weir::memory_rows<int>{{}})) | weir::to(weir::discard{});
#endif
}
