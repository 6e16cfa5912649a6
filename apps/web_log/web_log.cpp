// SPDX-License-Identifier: Apache-2.0
//
// web_log: what the access log of a web server says: status counts, the busiest addresses, bytes
// per address, errors per minute.
//
//   web_log --input 'access-*.log' --out report
//   web_log --follow /var/log/apache2/access.log

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/greatest.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/sum.hpp>
#include <weir/apps/web_log/report.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/access_log.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/csv_sink.hpp>
#include <weir/io/follow_lines_source.hpp>
#include <weir/io/lines_source.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace web_log;
using weir::access_entry, weir::filter, weir::key_by, weir::map, weir::window;

namespace {

/// Shows rows, and writes them to `<folder>/<name>.csv` where there is a folder.
template <class T>
void report(const weir::stream<T>& rows, const std::string& folder, const std::string& name) {
  rows | weir::to(weir::console()).named(name);
  if (!folder.empty())
    rows | weir::to(weir::csv(folder + "/" + name + ".csv")).named(name + "_csv");
}

/// When a window of time began; a window of all rows has no beginning.
constexpr auto since(weir::timestamp start, weir::timestamp end) {
  return start == end ? std::nullopt : std::optional{start};
}

/// Reports statuses and addresses of each window.
template <class Windows>
void count_hits(const weir::stream<access_entry>& hits, Windows windows, std::size_t top,
                const std::string& out) {
  auto statuses = hits | key_by(&access_entry::status) | window(windows, weir::agg::count())
                  | map([](const auto& w) {
                      return status_count{since(w.start, w.end), w.key, w.value};
                    });
  report(statuses, out, "statuses");

  const auto traffic_of =
      weir::agg::into<traffic>(weir::agg::count(), weir::agg::sum(&access_entry::bytes));
  auto addresses =
      hits | key_by(&access_entry::address) | window(windows, traffic_of) | map([](const auto& w) {
        return address_traffic{since(w.start, w.end), w.key, w.value.requests, w.value.bytes};
      });
  if (!out.empty()) addresses | weir::to(weir::csv(out + "/addresses.csv")).named("addresses_csv");
  auto busiest = addresses | key_by([](const address_traffic&) { return true; })
                 | window(windows, weir::agg::greatest(top, &address_traffic::requests))
                 | weir::flat_map([](const auto& w) { return w.value; });
  report(busiest, out, "busiest");
}

/// Reports client and server errors of each minute.
void count_errors(const weir::stream<access_entry>& hits, const std::string& out) {
  const auto kind_of = [](const access_entry& h) {
    return h.status < 500 ? error_kind::client : error_kind::server;
  };
  auto errors = hits | filter([](const access_entry& h) { return h.status >= 400; })
                | key_by(kind_of) | window(weir::tumbling(1min), weir::agg::count())
                | map([](const auto& w) {
                    return error_count{w.start, w.key, w.value};
                  });
  report(errors, out, "errors");
}

} // namespace

// [main]
int main(int argc, char** argv) {
  weir::app app{"web_log", argc, argv};
  app.about("Counts what the access log of a web server says, in whole or minute by minute.");
  app.example("--input 'access-*.log' --out report", "count whole logs; the folder must be there");
  app.example("--follow /var/log/apache2/access.log", "count each minute of a log that grows");
  const auto input =
      app.flag<std::vector<std::string>>("input", {"access.log"}, "logs in the combined format");
  const auto followed = app.flag<std::string>(
      "follow", "", "a log that grows, also when it is rotated, until Ctrl-C");
  const auto lateness =
      app.flag<weir::duration>("lateness", 10s, "how late a line of a followed log may come");
  const auto top = app.flag<std::size_t>("top", 10, "how many of the busiest addresses are shown");
  const auto out = app.flag<std::string>("out", "", "folder for CSV files of all that is counted");
  if (top == 0) return app.refuse({weir::errc::usage, "--top is 0: ask for one address at least"});

  if (followed.empty()) {
    // Minutes are counted when all is read: so no line is late, whatever the order of the files.
    auto hits =
        app.from(weir::lines(input, weir::parse_access)).named("hits")
        | weir::event_time(&access_entry::time, weir::out_of_order(std::chrono::years{100}));
    count_hits(hits, weir::global(), top, out);
    count_errors(hits, out);
  } else {
    auto hits = app.from(weir::follow_lines(followed, weir::parse_access)).named("hits")
                | weir::event_time(&access_entry::time, weir::out_of_order(lateness));
    count_hits(hits, weir::tumbling(1min), top, out);
    count_errors(hits, out);
  }
  return app.run();
}
// [/main]
