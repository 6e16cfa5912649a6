// SPDX-License-Identifier: Apache-2.0
//
// embedding: a graph inside a program that has its own main, its own flags and its own idea of when
// to stop.
//
// The app is made of a name alone: it reads no command line, prints nothing and leaves signals to
// the host, which feeds it rows, reads what comes out while it runs, changes a setting by name, and
// stops it.
//
//   embedding [readings] [threshold]        embedding 20 25.0

#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

// [graph]
struct reading {
  int sensor = 0;
  double celsius = 0;
};
BOOST_DESCRIBE_STRUCT(reading, (), (sensor, celsius))

struct notice {
  int sensor = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(notice, (), (sensor, text))

/// What the host holds on to: where rows go in, and where they come out.
struct alarms {
  weir::app app{"alarms"};
  weir::memory_source<reading> in;
  weir::memory_sink<notice> out;

  explicit alarms(double threshold) {
    app.from(in).named("sensors") | weir::filter([threshold](const reading& r) {
      return r.celsius > threshold;
    }) | weir::map([](const reading& r) {
      return notice{r.sensor, "too hot: " + std::to_string(r.celsius)};
    }) | weir::to(out);
  }
};
// [/graph]

/// The host's own command line has its own help.
int help() {
  std::cout
      << "embedding: feeds readings of sensors to a graph, and shows those that are too hot.\n\n"
         "  embedding [readings] [threshold]  how many (default 10), and from how many degrees "
         "Celsius on (default 24.5)\n\n"
         "Example\n  embedding 20 25.0\n";
  return 0;
}

// [main]
int main(int argc, char** argv) {
  if (argc > 1 && std::string{argv[1]} == "--help") return help();
  const int readings = argc > 1 ? std::atoi(argv[1]) : 10;
  const double threshold = argc > 2 ? std::atof(argv[2]) : 24.5;

  alarms graph{threshold};
  graph.app.set("commit-every", "200ms"); // what --set is to a program

  auto running = graph.app.start();
  if (!running) {
    std::cerr << running.error().message << '\n';
    return weir::exit_code_of(running.error().code);
  }

  for (int i = 0; i < readings; ++i) graph.in.push({.sensor = i % 3, .celsius = 20.0 + i});

  // Answers can be read while the job runs.
  if (graph.out.wait_for(1, std::chrono::seconds{10}))
    std::cout << "first alarm: " << graph.out.rows().front().text << '\n';

  running->stop(); // what was pushed is delivered first
  const auto ended = running->wait();
  for (const auto& notice : graph.out.take())
    std::cout << "sensor " << notice.sensor << ' ' << notice.text << '\n';
  std::cout << "the job " << weir::name_of(ended.state) << '\n';
  return ended.state == weir::job_state::stopped ? 0 : 1;
}
// [/main]
