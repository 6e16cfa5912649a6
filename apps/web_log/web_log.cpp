// SPDX-License-Identifier: Apache-2.0
//
// web_log: what the access log of a web server says: status counts, the busiest addresses, bytes
// per address, errors per minute.
//
//   web_log --input 'access-*.log' --out report
//   web_log --follow /var/log/apache2/access.log
//
// A whole log has windows of all its lines, a followed one has windows of a minute, which also fire
// when no line has come for a while: those of the busiest addresses behind those that feed them.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/greatest.hpp>
#include <weir/actors/operators/agg/into.hpp>
#include <weir/actors/operators/agg/sum.hpp>
#include <weir/apps/web_log/report.hpp>
#include <weir/apps/web_log/totals.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/access_log.hpp>
#include <weir/io/console_sink.hpp>
#include <weir/io/csv_sink.hpp>
#include <weir/io/follow_lines_source.hpp>
#include <weir/io/lines_source.hpp>
#include <weir/io/output_folder.hpp>
#include <weir/io/rocksdb_backend.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace web_log;
using weir::access_entry, weir::filter, weir::key_by, weir::map, weir::window;

namespace {

/// Where what is counted goes: tables on the console, and files where there is a folder.
struct results {
  weir::output_folder* folder = nullptr;

  template <class T>
  void show(const weir::stream<T>& rows, const std::string& name) const {
    rows | weir::to(weir::console()).named(name);
  }
  template <class T>
  void write(const weir::stream<T>& rows, const std::string& name) const {
    if (folder == nullptr) return;
    const auto file = weir::csv(folder->place_of(name + ".csv")).template bind<T>();
    rows | weir::to(weir::in_folder{*folder, file}).named(name + "_csv");
  }
  template <class T>
  void write_and_show(const weir::stream<T>& rows, const std::string& name) const {
    write(rows, name);
    show(rows, name);
  }
};

/// When a window of time began; a window of all rows has no beginning.
constexpr auto since(weir::timestamp start, weir::timestamp end) {
  return start == end ? std::nullopt : std::optional{start};
}

/// Reports statuses and addresses of each window.
template <class Windows>
void count_hits(const weir::stream<access_entry>& hits, Windows windows,
                const weir::window_options& firing, std::size_t top, const results& to) {
  auto statuses = hits | key_by(&access_entry::status)
                  | window(windows, weir::agg::count(), firing).named("by_status")
                  | map([](const auto& w) {
                      return status_count{since(w.start, w.end), w.key, w.value};
                    });
  to.write_and_show(statuses, "statuses");

  const auto traffic_of =
      weir::agg::into<traffic>(weir::agg::count(), weir::agg::sum(&access_entry::bytes));
  auto addresses =
      hits | key_by(&access_entry::address)
      | window(windows, traffic_of, firing).named("by_address") | map([](const auto& w) {
          return address_traffic{since(w.start, w.end), w.key, w.value.requests, w.value.bytes};
        });
  to.write(addresses, "addresses");
  if (top == 0) return to.write_and_show(addresses, "busiest");
  auto busiest = addresses | key_by([](const address_traffic&) { return true; })
                 | window(windows, weir::agg::greatest(top), firing).named("top")
                 | weir::flat_map([](const auto& w) { return w.value; });
  to.write_and_show(busiest, "busiest");
}

/// Reports client and server errors of each minute.
void count_errors(const weir::stream<access_entry>& hits, const weir::window_options& firing,
                  const results& to) {
  const auto kind_of = [](const access_entry& h) {
    return h.status < 500 ? error_kind::client : error_kind::server;
  };
  auto errors = hits | filter([](const access_entry& h) { return h.status >= 400; })
                | key_by(kind_of)
                | window(weir::tumbling(1min), weir::agg::count(), firing).named("by_minute")
                | map([](const auto& w) {
                    return error_count{w.start, w.key, w.value};
                  });
  to.write_and_show(errors, "errors");
}

} // namespace

// [main]
int main(int argc, char** argv) {
  weir::app app{"web_log", argc, argv};
  app.about("Counts what the access log of a web server says, in whole or minute by minute.");
  app.example("--input 'access-*.log' --out report", "count whole logs, also into CSV files");
  app.example("--follow /var/log/apache2/access.log", "count each minute of a log that grows");
  app.offer_state(weir::rocksdb_state());
  const std::vector<std::string> usual{"access.log"};
  const auto input = app.flag<std::vector<std::string>>(
      "input", usual, "whole logs, in the common or combined format");
  const auto followed = app.flag<std::string>(
      "follow", "", "instead of --input: a log that grows, also when it is rotated, until Ctrl-C");
  const auto disorder = app.flag<weir::duration>(
      "out-of-order", 10s, "with --follow: how much older than the newest line one may be");
  const auto silence = app.flag<weir::duration>(
      "silence", 70s,
      "with --follow: after so long without a line the last minutes are shown, and "
      "closed; 0s: never");
  const auto top =
      app.flag<std::size_t>("top", 10, "addresses shown of each window; 0: all, as they came");
  const auto out =
      app.flag<std::string>("out", "", "folder for CSV files, made if missing; empty: none");
  if (!followed.empty() && input != usual)
    return app.refuse({weir::errc::usage, "--input is for whole logs, --follow for one that grows: "
                                          "say one of them"});
  for (const auto& [name, span] :
       {std::pair{"out-of-order", disorder}, std::pair{"silence", silence}})
    if (span < 0s)
      return app.refuse(
          {weir::errc::usage, "--" + std::string{name} + " is less than 0s: say how long"});

  std::optional<weir::output_folder> folder;
  if (!out.empty())
    folder.emplace(out, followed.empty() ? weir::output_files::together : weir::output_files::live);
  app.on_end(
      [&](weir::job_state how) { return folder ? folder->settle(how) : weir::result<void>{}; });
  const results to{folder ? &*folder : nullptr};

  if (followed.empty()) {
    // Minutes are counted when all is read: so no line is late, whatever the order of the files.
    auto hits = app.from(weir::lines(input, weir::parse_access)).named("hits")
                | weir::event_time(&access_entry::time, weir::out_of_order(weir::duration::max()));
    count_hits(hits, weir::global(), {}, top, to);
    count_errors(hits, {}, to);
  } else {
    auto hits = app.from(weir::follow_lines(followed, weir::parse_access)).named("hits")
                | weir::event_time(&access_entry::time, weir::out_of_order(disorder));
    count_hits(hits, weir::tumbling(1min), {.timeout = silence}, top, to);
    count_errors(hits, {.timeout = silence}, to);
    hits | weir::to([] { return std::make_unique<totals>(); }).named("totals");
  }
  return app.run();
}
// [/main]
