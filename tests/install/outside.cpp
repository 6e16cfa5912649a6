// SPDX-License-Identifier: Apache-2.0

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

int main() {
  weir::app app{"outside"};
  weir::memory_source<int> numbers;
  weir::memory_sink<int> squares;
  app.from(numbers) | weir::map([](int n) { return n * n; }) | weir::to(squares);

  auto running = app.start();
  if (!running) return 1;
  numbers.push({1, 2, 3});
  numbers.close();
  return running->wait().cause ? 1 : squares.rows() == std::vector{1, 4, 9} ? 0 : 2;
}
