// SPDX-License-Identifier: Apache-2.0
//
// guide_joins: orders with the customers of a table, with their payments, with the rate of the
// moment, and with the visits of the same minute.

#include <weir/dsl/pipeline.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using weir::event_time, weir::key_by, weir::memory_rows, weir::out_of_order, weir::to;

// [records]
struct customer {
  std::string name;
  std::string city;
};
BOOST_DESCRIBE_STRUCT(customer, (), (name, city))

struct order {
  int id = 0;
  std::string name;
  std::string currency;
  double amount = 0;
  weir::timestamp at;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, name, currency, amount, at))

struct payment {
  int order = 0;
  double amount = 0;
  weir::timestamp at;
};
BOOST_DESCRIBE_STRUCT(payment, (), (order, amount, at))

struct rate {
  std::string currency;
  double value = 0;
  weir::timestamp at;
};
BOOST_DESCRIBE_STRUCT(rate, (), (currency, value, at))
// [/records]

struct line {
  int order = 0;
  std::string note;
  double amount = 0;
};
BOOST_DESCRIBE_STRUCT(line, (), (order, note, amount))

weir::timestamp at(int minute) { return weir::timestamp{std::chrono::minutes{minute}}; }

const std::vector<customer> customers{{"Alice", "Newark"}, {"Bob", "Queens"}};
const std::vector<order> some_orders{{1, "Alice", "EUR", 110, at(1)},
                                     {2, "Bob", "USD", 50, at(2)},
                                     {3, "Carol", "EUR", 20, at(9)},
                                     {4, "Alice", "USD", 30, at(30)}};
const std::vector<payment> some_payments{
    {1, 100, at(1)}, {2, 50, at(2)}, {1, 10, at(7)}, {3, 20, at(30)}};
const std::vector<rate> some_rates{
    {"EUR", 1.1, at(0)}, {"USD", 1, at(0)}, {"EUR", 1.2, at(5)}, {"EUR", 1.3, at(10)}};

int main(int argc, char** argv) {
  weir::app app{"guide_joins", argc, argv};
  app.about("Orders with what belongs to them: customers, payments or rates.");
  app.example("--join interval", "payments up to 10 min after the order or 5 min before");
  const auto kind = app.choice("join", {"table", "interval", "latest", "window"}, "table",
                               "what orders are joined with, and how");

  auto orders = app.from(memory_rows{some_orders}) | event_time(&order::at, out_of_order(1min));
  if (kind == "table") {
    // [lookup]
    orders
        | weir::left_lookup(memory_rows{customers}, &customer::name, &order::name,
                            [](const order& o, const customer* c) {
                              return line{o.id, c == nullptr ? "unknown" : c->city, o.amount};
                            })
        | to(weir::console());
    // [/lookup]
    return app.run();
  }
  if (kind == "latest") {
    auto rates = app.from(memory_rows{some_rates}) | event_time(&rate::at, out_of_order(1min));
    // [latest]
    orders | key_by(&order::currency)
        | weir::join(rates | key_by(&rate::currency), weir::latest(),
                     [](const order& o, const rate& r) {
                       return line{o.id, o.currency, o.amount * r.value};
                     })
        | to(weir::console());
    // [/latest]
    return app.run();
  }
  auto payments =
      app.from(memory_rows{some_payments}) | event_time(&payment::at, out_of_order(1min));
  if (kind == "window") {
    // [window]
    orders | key_by(&order::id)
        | weir::join(payments | key_by(&payment::order), weir::tumbling(5min),
                     [](const order& o, const payment& p) {
                       return line{o.id, "paid in the same five minutes", p.amount};
                     })
        | to(weir::console());
    // [/window]
    return app.run();
  }
  // [interval]
  auto paid = orders | key_by(&order::id)
              | weir::outer_join(payments | key_by(&payment::order), weir::within(-5min, 10min),
                                 [](const order* o, const payment* p) {
                                   if (p == nullptr) return line{o->id, "not paid", o->amount};
                                   if (o == nullptr) return line{p->order, "no order", p->amount};
                                   return line{o->id, "paid", p->amount};
                                 });
  paid | to(weir::console());
  paid.late() | to(weir::console());       // orders that came too late
  paid.late_right() | to(weir::console()); // payments that did
  // [/interval]
  return app.run();
}
