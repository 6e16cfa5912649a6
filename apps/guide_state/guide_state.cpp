// SPDX-License-Identifier: Apache-2.0
//
// guide_state: readings of sensors, one by one with state and timers, or by the operators that are
// made of these.

#include <weir/actors/operators/agg/mean.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/memory_source.hpp>
#include <weir/io/rocksdb_backend.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using weir::event_time, weir::key_by, weir::out_of_order, weir::with_state;

struct reading {
  std::string sensor;
  double value = 0;
  weir::timestamp at;
};
BOOST_DESCRIBE_STRUCT(reading, (), (sensor, value, at))

std::vector<reading> readings() {
  const auto at = [](int second) { return weir::timestamp{std::chrono::seconds{second}}; };
  return {{"door", 1, at(0)},   {"roof", 20, at(5)}, {"roof", 20, at(5)},  {"door", 3, at(30)},
          {"roof", 24, at(50)}, {"door", 2, at(70)}, {"roof", 22, at(95)}, {"roof", 23, at(240)}};
}

// [silence]
struct last_heard {
  weir::timestamp at;
  std::uint64_t readings = 0;
};
BOOST_DESCRIBE_STRUCT(last_heard, (), (at, readings))

struct silent_sensor {
  std::string sensor;
  weir::timestamp silent_since;
  std::uint64_t readings = 0;
};
BOOST_DESCRIBE_STRUCT(silent_sensor, (), (sensor, silent_since, readings))

/// Tells of a sensor that was not heard for a minute.
struct silence {
  void on_row(const reading& row, last_heard& last, auto& to) {
    to.cancel_timer(last.at + 1min);
    last = {row.at, last.readings + 1};
    to.set_timer(last.at + 1min);
  }
  void on_timer(const std::string& sensor, last_heard& last, auto& to) {
    to.give(silent_sensor{sensor, last.at, last.readings});
  }
};
// [/silence]

// [previous]
struct change {
  std::string sensor;
  double by = 0;
};
BOOST_DESCRIBE_STRUCT(change, (), (sensor, by))

change since(const reading& now, const reading* before) {
  return {now.sensor, before == nullptr ? 0 : now.value - before->value};
}
// [/previous]

// [main]
int main(int argc, char** argv) {
  weir::app app{"guide_state", argc, argv};
  app.about("Readings of sensors, one by one, with what is known of the sensor.");
  app.example("--show mean --state rocksdb", "the mean so far, on disk where memory ends");
  app.offer_state(weir::rocksdb_state());
  const auto what = app.choice("show", {"silence", "once", "change", "some", "mean"}, "silence",
                               "what is told of the sensors");

  auto rows = app.from(weir::memory_rows{readings()}) | event_time(&reading::at, out_of_order(5s));
  auto sensors = rows | key_by(&reading::sensor);

  if (what == "once") {
    rows | weir::distinct() | weir::to(weir::console());
  } else if (what == "change") {
    sensors | weir::previous(since) | weir::to(weir::console());
  } else if (what == "some") {
    auto [some, others] = sensors | weir::rate_limit(1, 1min);
    some | weir::to(weir::console());
  } else if (what == "mean") {
    sensors | weir::running(weir::agg::mean(&reading::value)) | weir::to(weir::console());
  } else {
    sensors | with_state<last_heard>(24h) | weir::process<silent_sensor>(silence{}).in_order()
        | weir::to(weir::console());
  }
  return app.run();
}
// [/main]
