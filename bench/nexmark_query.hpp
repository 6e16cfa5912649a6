// SPDX-License-Identifier: Apache-2.0
//
// nexmark_query: makes a query of the Nexmark benchmark a workload of two contestants: `hand`, a
// plain loop over the events in order with the containers of the standard library, which says what
// is right and is no match in speed; and `weir`, the query as a user would write it.
//
// What came out is compared as a count of rows and a sum of their hashes, whatever their order. All
// queries read the one stream of all events, and count all events, also those they drop.
//
//   const registration q2{query("nexmark_q2", "...", 20'000'000, by_hand, by_weir)};

#pragma once

#include <weir/actors/operators/sink.hpp>
#include <weir/actors/state/key.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/nexmark.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace weir::bench::nexmark {

/// Results: how many, and the sum of their hashes.
class tally {
public:
  template <class... Part>
  void add(const Part&... parts) {
    std::uint64_t hash = 0;
    ((hash = detail::mix(hash * 0x9e3779b97f4a7c15U + word_of(parts))), ...);
    sum_ += hash;
    ++rows_;
  }
  /// Adds to a total instead.
  void add_total(std::uint64_t amount) { sum_ += amount; }
  /// Of a key only the last value counts; compared within 1e-9.
  void last(std::int64_t key, double value) { last_[key] = value; }

  [[nodiscard]] outcome result(std::uint64_t events) const {
    outcome all{.items = events, .checksum = sum_ + rows_};
    if (rows_ > 0) all.figures["results"] = static_cast<double>(rows_);
    for (const auto& one : last_) all.answers.push_back(one.second);
    return all;
  }

private:
  static std::uint64_t word_of(std::string_view text) { return detail::hash_text(text); }
  static std::uint64_t word_of(timestamp time) { return word_of(time.time_since_epoch().count()); }
  static std::uint64_t word_of(std::integral auto number) {
    return static_cast<std::uint64_t>(number);
  }

  std::uint64_t rows_ = 0, sum_ = 0;
  std::map<std::int64_t, double> last_;
};

/// Calls `tell(row, tally)` with each result. `tally` outlives the run.
template <class T, class Tell>
class tallying_sink final : public sink<T> {
public:
  tallying_sink(tally& to, Tell tell) : to_{&to}, tell_{std::move(tell)} {}
  result<void> open(sink_context) override { return {}; }
  result<std::size_t> write(batch_view<T> in) override {
    for (const auto& row : in.rows()) tell_(row, *to_);
    return in.size();
  }

private:
  tally* to_;
  Tell tell_;
};

template <class T, class Tell>
void tell_all(const stream<T>& results, tally& to, Tell tell) {
  results | weir::to(tallying_sink<T, Tell>{to, std::move(tell)});
}

/// The events of one run.
struct events {
  const event_table& table;
  std::uint64_t count;

  /// All of them, as a source of the graph.
  [[nodiscard]] stream<event> in(app& graph) const {
    return graph.from(nexmark_source{table, count}).named("events");
  }
  /// With their times. Rows come in order, but nobody who asks knows: 4 s are usual.
  [[nodiscard]] stream<event> timed_in(app& graph) const {
    return in(graph) | event_time(&event::at, out_of_order(std::chrono::seconds{4}));
  }
  /// Calls `use` with each that is a T, in order.
  template <class T, class Use>
  void each(Use use) const {
    for (std::uint64_t i = 0; i < count; ++i)
      if (const auto one = table.at(i); const auto* row = std::get_if<T>(&one.what)) use(*row);
  }
};

/// Persons, auctions or bids alone.
template <class T>
[[nodiscard]] stream<T> only(const stream<event>& all) {
  return all | filter([](const event& e) { return std::holds_alternative<T>(e.what); })
         | map([](const event& e) { return *std::get_if<T>(&e.what); });
}

/// `hand(events, tally)` computes the results, `weir(app, events, tally)` describes the graph that
/// does.
template <class Hand, class Weir>
[[nodiscard]] workload query(std::string name, std::string question, std::uint64_t full_events,
                             Hand hand, Weir weir) {
  const auto run_with = [full_events](auto answer) {
    return [full_events, answer](trial& run) {
      const auto count = run.scaled(full_events, 1'000);
      const event_table table{std::min<std::uint64_t>(count, 1'000'000)};
      tally results;
      run.measure([&] { answer(events{table, count}, results); });
      return results.result(count);
    };
  };
  return {.name = std::move(name),
          .question = std::move(question),
          .contestants = {{"hand", run_with(hand)},
                          {"weir", run_with([weir](const events& all, tally& results) {
                             app graph{"nexmark"};
                             weir(graph, all, results);
                             run_to_end(graph);
                           })}},
          .tolerance = 1e-9};
}

} // namespace weir::bench::nexmark
