// SPDX-License-Identifier: Apache-2.0
//
// taxi_analysis: what past trips say: how many there are a day and a weekday, what is paid how, and
// where they begin and end; as CSV files, tables, and a page with charts.
//
//   taxi_analysis --trips 'yellow_*.csv' --zones taxi_zone_lookup.csv --out report

#include <weir/actors/operators/agg/collect.hpp>
#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/greatest.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/mean.hpp>
#include <weir/actors/operators/agg/variance.hpp>
#include <weir/apps/taxi_analysis/charts.hpp>
#include <weir/apps/taxi_analysis/cleaning.hpp>
#include <weir/apps/taxi_analysis/report.hpp>
#include <weir/apps/taxi_fares/trip_files.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/csv_sink.hpp>
#include <weir/io/output_folder.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace taxi_analysis;
using weir::filter, weir::global, weir::key_by, weir::left_lookup, weir::map, weir::window;

namespace {

/// Trips of all files count, in whatever order they come: no time is late.
constexpr weir::duration ever{1LL << 61};
/// Rows of a table that is put in order.
constexpr std::size_t many = 1'000'000;

/// The key where there is one group of all rows.
constexpr auto everything = [](const auto&) { return true; };

/// A small table in order, once all its rows are there.
template <class T, class Order>
weir::stream<T> in_order(const weir::stream<T>& rows, const Order& order) {
  return rows | key_by(everything) | window(global(), order)
         | weir::flat_map([](const auto& w) { return w.value; });
}

/// Where the results go: files that are there once all are whole, and tables on the console.
struct results {
  weir::output_folder& folder;

  template <class T>
  void write(const weir::stream<T>& rows, const std::string& name) const {
    const auto file = weir::csv(folder.place_of(name + ".csv")).template bind<T>();
    rows | weir::to(weir::in_folder{folder, file}).named(name);
  }
  template <class T>
  void show(const weir::stream<T>& rows, const std::string& name) const {
    rows | weir::to(weir::console()).named(name + "_table");
  }
  template <class T>
  void write_and_show(const weir::stream<T>& rows, const std::string& name) const {
    write(rows, name);
    show(rows, name);
  }
};

/// The time a flag names, or nothing if it is none.
std::optional<weir::timestamp> date_of(const std::string& text, weir::timestamp without) {
  return text.empty() ? without : weir::parse_timestamp(text);
}

double fare_of(const ride& r) { return r.of.fare; }

// [days]
/// Trips of each day, in order of days, and what weekdays make of them.
void count_days(const weir::stream<ride>& kept, const results& to) {
  auto days =
      kept | weir::event_time([](const ride& r) { return r.of.pickup; }, weir::out_of_order(ever))
      | key_by(everything) | window(weir::tumbling(24h), weir::agg::count()).named("days");
  auto per_day = days | map(day_of);
  auto medians = per_day | key_by(&day_trips::weekday)
                 | window(global(), weir::agg::collect(&day_trips::trips)).named("weekdays")
                 | map(median_of);
  auto weekdays = in_order(medians, weir::agg::least(many, &weekday_trips::weekday));

  to.write(per_day, "per_day");
  to.write_and_show(weekdays, "weekday_median");
  weir::merge(days | map(point_of_day), weekdays | map(point_of_weekday))
      | weir::to(weir::in_folder{to.folder, chart_sink{to.folder.place_of("charts.html")}})
            .named("charts");
}
// [/days]

void count_payments(const weir::stream<ride>& kept, const results& to) {
  auto payments =
      kept | key_by([](const ride& r) { return r.of.payment_type.value_or(unknown_payment); })
      | window(global(), weir::agg::into<fares>(weir::agg::count(), weir::agg::mean(fare_of),
                                                weir::agg::variance(fare_of)))
            .named("payments")
      | map(payment_of);
  to.write_and_show(in_order(payments, weir::agg::least(many, &payment_fares::payment_type)),
                    "payment_types");
}

void count_zones(const weir::stream<ride>& kept, std::size_t top, const results& to) {
  auto zones = kept | weir::flat_map(stops_of) | key_by(&stop::zone)
               | window(global(), traffic{}).named("stops")
               | map([](const auto& w) { return w.value; });
  auto busiest = in_order(zones, weir::agg::greatest(many));
  to.write(busiest, "zones");
  to.show(top == 0 ? busiest : busiest | weir::take(top), "zones");
}

} // namespace

// [main]
int main(int argc, char** argv) {
  weir::app app{"taxi_analysis", argc, argv};
  app.about("Counts what past taxi trips say, into CSV files, tables and a page of charts.");
  app.example("--trips 'yellow_*.csv' --zones taxi_zone_lookup.csv --out report",
              "then open report/charts.html");
  app.example("--trips 'yellow_2019-*.h5' --since 2019-01-01 --before 2020-01-01",
              "clocks that were wrong are left out");
  const auto trips =
      app.flag<std::vector<std::string>>("trips", {"yellow_*.csv"}, "CSV or HDF5 files of trips");
  const auto zones = app.flag<std::string>("zones", "taxi_zone_lookup.csv",
                                           "CSV file of the city's zones: LocationID,Borough,Zone");
  const auto out =
      app.flag<std::string>("out", "report", "folder for CSV files and charts, made if missing");
  const auto since = app.flag<std::string>("since", "2009-01-01",
                                           "trips that begin before this date are left out");
  const auto before =
      app.flag<std::string>("before", "", "trips that begin on this date or later are left out");
  const auto top = app.flag<std::size_t>("top", 10, "zones shown, the busiest first; 0: all");

  const auto files = taxi::files_of<trip>("--trips", trips);
  if (!files) return app.refuse(files.error());
  const auto first = date_of(since, weir::timestamp::min());
  const auto behind = date_of(before, weir::timestamp::max());
  if (!first || !behind)
    return app.refuse({weir::errc::usage, "--" + std::string{first ? "before" : "since"} + " '"
                                              + (first ? before : since)
                                              + "' is no date such as 2019-01-31"});
  if (*behind <= *first)
    return app.refuse({weir::errc::usage, "--since '" + since + "' is not before --before '"
                                              + before + "': no trip lies between them"});
  weir::output_folder folder{out};
  app.on_end([&](weir::job_state how) { return folder.settle(how); });

  const auto table = weir::csv<zone>(zones);
  auto rides = app.from(*files).named("trips")
               | left_lookup(table, &zone::id, &trip::from, begin_of).named("from_zone")
               | left_lookup(table, &zone::id, end_zone, end_of).named("to_zone")
               | map(judge{*first, *behind}).named("judged");
  auto kept =
      rides | filter([](const ride& r) { return r.rule == cleaning_rule::kept; }).named("kept");

  const results to{folder};
  auto rules = rides | key_by(everything) | window(global(), trips_by_rule{}).named("rules")
               | weir::flat_map([](const auto& w) { return w.value; });
  to.write_and_show(rules, "cleaning");
  count_days(kept, to);
  count_payments(kept, to);
  count_zones(kept, top, to);
  return app.run();
}
// [/main]
