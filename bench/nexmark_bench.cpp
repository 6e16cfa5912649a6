// SPDX-License-Identifier: Apache-2.0
//
// What does a query cost that keeps nothing? The first three of the Nexmark benchmark.
//
//   q0   all events, as they are: what reading and carrying them costs all the others
//   q1   bids, with their price in euros
//   q2   price and auction of the bids on one auction in 123
//
// The baseline is one loop over the same events, which copies each as the source does.

#include <weir/bench/nexmark_query.hpp>

namespace weir::bench::nexmark {
namespace {

constexpr std::uint64_t full_events = 20'000'000;

void tell_event(const event& e, tally& to) { to.add(e.at, e.what.index()); }

void q0_by_hand(const events& all, tally& results) {
  for (std::uint64_t i = 0; i < all.count; ++i) tell_event(all.table.at(i), results);
}
void q0(app& graph, const events& all, tally& results) {
  tell_all(all.in(graph), results, tell_event);
}

struct bid_in_euros {
  std::int64_t auction = 0, bidder = 0;
  double price = 0;
  timestamp date_time;
};
BOOST_DESCRIBE_STRUCT(bid_in_euros, (), (auction, bidder, price, date_time))

bid_in_euros in_euros(const bid& b) {
  return {b.auction, b.bidder, 0.908 * static_cast<double>(b.price), b.date_time};
}
void tell_euros(const bid_in_euros& b, tally& to) {
  to.add(b.auction, b.bidder, static_cast<std::int64_t>(b.price * 1'000), b.date_time);
}

void q1_by_hand(const events& all, tally& results) {
  all.each<bid>([&](const bid& b) { tell_euros(in_euros(b), results); });
}
void q1(app& graph, const events& all, tally& results) {
  tell_all(only<bid>(all.in(graph)) | map(in_euros), results, tell_euros);
}

struct price_of_auction {
  std::int64_t auction = 0, price = 0;
};
BOOST_DESCRIBE_STRUCT(price_of_auction, (), (auction, price))

bool is_watched(const bid& b) { return b.auction % 123 == 0; }
void tell_price(const price_of_auction& row, tally& to) { to.add(row.auction, row.price); }

void q2_by_hand(const events& all, tally& results) {
  all.each<bid>([&](const bid& b) {
    if (is_watched(b)) tell_price({b.auction, b.price}, results);
  });
}
void q2(app& graph, const events& all, tally& results) {
  tell_all(only<bid>(all.in(graph)) | filter(is_watched) | map([](const bid& b) {
             return price_of_auction{b.auction, b.price};
           }),
           results, tell_price);
}

const registration pass_through{
    query("nexmark_q0", "What does it cost to read events? (all of them, as they are)", full_events,
          q0_by_hand, q0)};
const registration currency{query("nexmark_q1",
                                  "What does a map cost? (the price of each bid in euros)",
                                  full_events, q1_by_hand, q1)};
const registration selection{query("nexmark_q2",
                                   "What does a filter cost? (bids on one auction in 123)",
                                   full_events, q2_by_hand, q2)};

} // namespace
} // namespace weir::bench::nexmark
