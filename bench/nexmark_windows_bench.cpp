// SPDX-License-Identifier: Apache-2.0
//
// What do windows cost as queries use them? Four of the Nexmark benchmark.
//
//   q5    hot items: the auction with the most bids of the last 10 s, every 2 s
//   q7    the highest bid of every 10 s
//   q11   how many bids a bidder makes until silent for 10 s
//   q12   how many bids a bidder makes in 10 s of processing time; only their total is compared
//
// Of equals q5 takes the auction with the least id, q7 the bid that came first. The baselines sort
// what they read into maps of windows, and look at these in the end.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/actors/operators/agg/greatest.hpp>
#include <weir/bench/nexmark_query.hpp>

#include <map>
#include <tuple>
#include <unordered_map>

namespace weir::bench::nexmark {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t full_events = 5'000'000;

/// What is done with all bids: none is in two windows.
struct offer {
  std::int64_t auction = 0, bidder = 0, price = 0;
  timestamp date_time;
};
BOOST_DESCRIBE_STRUCT(offer, (), (auction, bidder, price, date_time))

offer offer_of(const bid& b) { return {b.auction, b.bidder, b.price, b.date_time}; }

/// The end of the first window that ends behind `time`, one every `slide`.
timestamp first_end(timestamp time, duration slide) {
  return timestamp{(time.time_since_epoch() / slide + 1) * slide};
}

using bids_of_auction = windowed<std::int64_t, std::uint64_t>;

/// By what the hottest is chosen: the greater, the hotter.
std::pair<std::uint64_t, std::int64_t> heat(const bids_of_auction& one) {
  return {one.value, -one.key};
}

void q5_by_hand(const events& all, tally& results) {
  std::map<timestamp, std::unordered_map<std::int64_t, std::uint64_t>> windows;
  all.each<bid>([&](const bid& b) {
    const auto end = first_end(b.date_time, 2s);
    for (int i = 0; i < 5; ++i) ++windows[end + i * 2s][b.auction];
  });
  for (const auto& [end, counts] : windows) {
    const auto hottest =
        std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
          return std::pair{a.second, -a.first} < std::pair{b.second, -b.first};
        });
    results.add(end, hottest->first, hottest->second);
  }
}
void q5(app& graph, const events& all, tally& results) {
  // The counts of a window have its last moment as their time: they lie in one window of 2 s.
  const auto hottest = only<bid>(all.timed_in(graph)) | key_by(&bid::auction)
                       | window(sliding(10s, 2s), agg::count()) | key_by(&bids_of_auction::end)
                       | window(tumbling(2s), agg::greatest(1, heat));
  tell_all(hottest, results, [](const auto& row, tally& to) {
    const auto& first = row.value.front();
    to.add(first.end, first.key, first.value);
  });
}

void tell_offer(const offer& row, tally& to) {
  to.add(row.auction, row.bidder, row.price, row.date_time);
}

void q7_by_hand(const events& all, tally& results) {
  std::map<timestamp, offer> windows;
  all.each<bid>([&](const bid& b) {
    auto& highest = windows[first_end(b.date_time, 10s)];
    if (b.price > highest.price) highest = offer_of(b);
  });
  for (const auto& [end, highest] : windows) tell_offer(highest, results);
}
void q7(app& graph, const events& all, tally& results) {
  const auto highest = only<bid>(all.timed_in(graph)) | map(offer_of)
                       | key_by([](const offer&) { return 0; }) // all bids are one group
                       | window(tumbling(10s), agg::greatest(1, &offer::price));
  tell_all(highest, results, [](const auto& row, tally& to) { tell_offer(row.value.front(), to); });
}

void q11_by_hand(const events& all, tally& results) {
  std::unordered_map<std::int64_t, std::vector<timestamp>> bidders;
  all.each<bid>([&](const bid& b) { bidders[b.bidder].push_back(b.date_time); });
  for (const auto& [bidder, times] : bidders) {
    std::size_t first = 0;
    for (std::size_t i = 1; i <= times.size(); ++i) {
      if (i < times.size() && times[i] < times[i - 1] + 10s) continue;
      results.add(bidder, times[first], times[i - 1] + 10s, i - first);
      first = i;
    }
  }
}
void q11(app& graph, const events& all, tally& results) {
  tell_all(
      only<bid>(all.timed_in(graph)) | key_by(&bid::bidder) | window(session(10s), agg::count()),
      results, [](const auto& row, tally& to) { to.add(row.key, row.start, row.end, row.value); });
}

void q12_by_hand(const events& all, tally& results) {
  std::unordered_map<std::int64_t, std::uint64_t> bidders; // as if time stood still
  all.each<bid>([&](const bid& b) { ++bidders[b.bidder]; });
  for (const auto& [bidder, count] : bidders) results.add_total(count);
}
void q12(app& graph, const events& all, tally& results) {
  tell_all(only<bid>(all.in(graph)) | processing_time() | key_by(&bid::bidder)
               | window(tumbling(10s), agg::count()),
           results, [](const auto& row, tally& to) { to.add_total(row.value); });
}

const registration hot_items{
    query("nexmark_q5", "Hot items: which auction has most bids of the last 10 s, every 2 s?",
          full_events, q5_by_hand, q5)};
const registration highest_bid{
    query("nexmark_q7", "Highest bid: which is it in every 10 s?", full_events, q7_by_hand, q7)};
const registration user_sessions{
    query("nexmark_q11", "User sessions: how many bids until a bidder is silent for 10 s?",
          full_events, q11_by_hand, q11)};
const registration bids_of_users{query("nexmark_q12",
                                       "Bids of users: how many in every 10 s of processing time?",
                                       full_events, q12_by_hand, q12)};

} // namespace
} // namespace weir::bench::nexmark
