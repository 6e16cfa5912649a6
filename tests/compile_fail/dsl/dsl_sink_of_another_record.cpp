// SPDX-License-Identifier: Apache-2.0
//
// expect: weir: this sink takes another record than the stream has

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

int main() {
  weir::app app{"test"};
#ifdef WEIR_EXPECT_OK
  weir::memory_sink<int> out;
#else
  weir::memory_sink<double> out;
#endif
  app.from(weir::memory_rows<int>{{}}) | weir::to(out);
}
