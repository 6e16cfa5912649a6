// SPDX-License-Identifier: Apache-2.0
//
// Runs a small graph, and touches every target of the package, so that each must be there to link.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/csv_source.hpp>
#include <weir/io/hdf5_source.hpp>
#include <weir/io/kafka_topic.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/models/ridge.hpp>

struct point {
  double x = 0;
  std::optional<double> y;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

/// Plans, without running it, a graph of each technology.
bool plans_all() {
  weir::app app{"all"};
  const auto line = weir::ridge(weir::features(weir::number(&point::x)), weir::label(&point::y));
  const auto learnt = [&](auto past) {
    auto [answers, reports] =
        app.from(weir::history(past).then(weir::kafka<point>("kafka://localhost:1/points")))
        | weir::learn(line);
    answers | weir::to(weir::discard{});
  };
  learnt(weir::csv<point>("points.csv"));
  learnt(weir::hdf5<point>("points.h5"));
  return app.plan().has_value();
}

bool runs_one() {
  weir::app app{"outside"};
  weir::memory_source<int> numbers;
  weir::memory_sink<int> squares;
  app.from(numbers) | weir::map([](int n) { return n * n; }) | weir::to(squares);

  auto running = app.start();
  if (!running) return false;
  numbers.push({1, 2, 3});
  numbers.close();
  return !running->wait().cause && squares.rows() == std::vector{1, 4, 9};
}

int main() { return plans_all() && runs_one() ? 0 : 1; }
