// SPDX-License-Identifier: Apache-2.0
//
// hello: the smallest program. Try: hello --names you me, hello --explain, hello --json

#include <weir/dsl/pipeline.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/memory_source.hpp>

// [main]
int main(int argc, char** argv) {
  weir::app app{"hello", argc, argv};
  auto names = app.flag<std::vector<std::string>>("names", {"Ada", "Grace"}, "whom to greet");

  app.from(weir::memory_rows{names})
      | weir::map([](const std::string& name) { return "hello, " + name; })
      | weir::to(weir::console());

  return app.run();
}
// [/main]
