// SPDX-License-Identifier: Apache-2.0
//
// guide_time: eight orders by customer in windows: side by side, overlapping, as long as the
// customer stays, and all of them.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/sum.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using weir::event_time, weir::key_by, weir::out_of_order, weir::window;

// [record]
struct order {
  std::string name;
  double amount = 0;
  weir::timestamp at;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount, at))
// [/record]

std::vector<order> eight_orders() {
  const auto at = [](int second) { return weir::timestamp{std::chrono::seconds{second}}; };
  return {{"Alice", 110.1, at(1)}, {"Bob", 53.1, at(2)},   {"Alice", 20, at(3)},
          {"Bob", 3.1, at(3)},     {"Bob", 30.2, at(4)},   {"Alice", 13.1, at(5)},
          {"bob", 16.1, at(7)},    {"Alice", 20.1, at(10)}};
}

// [several]
struct account {
  double sum = 0;
  std::uint64_t orders = 0;
};
BOOST_DESCRIBE_STRUCT(account, (), (sum, orders))

const auto account_of_orders =
    weir::agg::into<account>(weir::agg::sum(&order::amount), weir::agg::count());
// [/several]

// [live]
/// For people who watch: what a window has so far, ten times a second, and its end when no order
/// comes for 5 s.
const weir::window_options watched{.allow_late = 1min, .every = 100ms, .timeout = 5s};
// [/live]

// [main]
int main(int argc, char** argv) {
  weir::app app{"guide_time", argc, argv};
  app.about("Eight orders by customer, in windows.");
  app.example("--windows session", "as long as the customer stays");
  const auto kind = app.choice(
      "windows",
      {"tumbling", "sliding", "session", "days", "count", "global", "running", "several", "live"},
      "tumbling", "which kind of windows");

  auto orders = app.from(weir::memory_rows{eight_orders()})
                | event_time(&order::at, out_of_order(2s)) | key_by(&order::name);
  const auto sum = weir::agg::sum(&order::amount);

  if (kind == "sliding") {
    orders | window(weir::sliding(5s, 2s), sum) | weir::to(weir::console());
  } else if (kind == "session") {
    orders | window(weir::session(4s), sum) | weir::to(weir::console());
  } else if (kind == "days") {
    orders | window(weir::tumbling_days(1, "Asia/Seoul"), sum) | weir::to(weir::console());
  } else if (kind == "count") {
    orders | window(weir::count_window(2), sum) | weir::to(weir::console());
  } else if (kind == "global") {
    orders | window(weir::global(), sum) | weir::to(weir::console());
  } else if (kind == "running") {
    orders | window(weir::global(weir::on_time(5s)), sum) | weir::to(weir::console());
  } else if (kind == "several") {
    orders | window(weir::tumbling(5s), account_of_orders) | weir::to(weir::console());
  } else if (kind == "live") {
    orders | window(weir::tumbling(5s), sum, watched) | weir::to(weir::console());
  } else {
    auto totals = orders | window(weir::tumbling(5s), sum, {.allow_late = 1s});
    totals | weir::to(weir::console());
    totals.late() | weir::to(weir::console()); // rows that came too late even for that
  }
  return app.run();
}
// [/main]
