// SPDX-License-Identifier: Apache-2.0
//
// web_log: what the access log of a web server says: status counts, the busiest addresses, bytes
// per address, errors per minute.
//
//   web_log --input 'access-*.log' --out report

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/greatest.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/sum.hpp>
#include <weir/apps/web_log/report.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/access_log.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/csv_sink.hpp>
#include <weir/io/lines_source.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace web_log;
using weir::access_entry, weir::filter, weir::key_by, weir::map, weir::window;

namespace {

/// One window that every time lies in.
constexpr auto all_time = weir::tumbling(weir::duration{1LL << 61});

error_kind kind_of(const access_entry& h) {
  return h.status < 500 ? error_kind::client : error_kind::server;
}

/// Shows rows, and writes them to `<folder>/<name>.csv` where there is a folder.
template <class T>
void report(const weir::stream<T>& rows, const std::string& folder, const std::string& name) {
  rows | weir::to(weir::console()).named(name);
  if (!folder.empty())
    rows | weir::to(weir::csv(folder + "/" + name + ".csv")).named(name + "_csv");
}

} // namespace

// [main]
int main(int argc, char** argv) {
  weir::app app{"web_log", argc, argv};
  app.about("Counts what the access log of a web server says.");
  app.example("--input 'access-*.log' --top 20", "look at whole logs");
  const auto input =
      app.flag<std::vector<std::string>>("input", {"access.log"}, "logs in the combined format");
  const auto top = app.flag<std::size_t>("top", 10, "how many of the busiest addresses are shown");
  const auto out = app.flag<std::string>("out", "", "folder for CSV files of all that is counted");
  if (top == 0) return app.refuse({weir::errc::usage, "--top is 0: ask for one address at least"});

  // Whole logs are counted when all is read: then no row is late, whatever the files' order.
  const auto span = all_time;
  const auto since = [](weir::timestamp) -> std::optional<weir::timestamp> { return {}; };
  auto hits = app.from(weir::lines(input, weir::parse_access)).named("hits")
              | weir::event_time(&access_entry::time, weir::out_of_order(span.size));

  auto statuses = hits | key_by(&access_entry::status) | window(span, weir::agg::count())
                  | map([since](const auto& w) {
                      return status_count{since(w.start), w.key, w.value};
                    });
  report(statuses, out, "statuses");

  auto addresses =
      hits | key_by(&access_entry::address)
      | window(span,
               weir::agg::into<traffic>(weir::agg::count(), weir::agg::sum(&access_entry::bytes)))
      | map([since](const auto& w) {
          return address_traffic{since(w.start), w.key, w.value.requests, w.value.bytes};
        });
  if (!out.empty()) addresses | weir::to(weir::csv(out + "/addresses.csv")).named("addresses_csv");
  auto busiest = addresses | key_by([](const address_traffic&) { return true; })
                 | window(span, weir::agg::greatest(top, &address_traffic::requests))
                 | weir::flat_map([](const auto& w) { return w.value; });
  report(busiest, out, "busiest");

  auto errors = hits | filter([](const access_entry& h) { return h.status >= 400; })
                | key_by(kind_of) | window(weir::tumbling(1min), weir::agg::count())
                | map([](const auto& w) {
                    return error_count{w.start, w.key, w.value};
                  });
  report(errors, out, "errors");
  return app.run();
}
// [/main]
