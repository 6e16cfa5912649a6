// SPDX-License-Identifier: Apache-2.0
//
// What does state a key cost as queries use it? Four of the Nexmark benchmark.
//
//   q9    winning bids: with each auction that has closed, the highest bid while it was open
//   q4    the mean price of the winning bids of each category, told anew with each of them
//   q18   the last bid of each bidder on each auction, with its text
//   q19   the ten highest bids on each auction, with their text
//
// Of equal bids the one that came first wins. q18 and q19 give their results when the stream ends,
// and keep a state for each key until then. The baselines keep all bids of interest in maps.

#include <weir/actors/operators/agg/first_last.hpp>
#include <weir/actors/operators/agg/greatest.hpp>
#include <weir/actors/operators/agg/mean.hpp>
#include <weir/bench/nexmark_query.hpp>

#include <map>
#include <unordered_map>

namespace weir::bench::nexmark {
namespace {

using namespace std::chrono_literals;

struct best_bid {
  std::int64_t bidder = 0, price = 0;
  timestamp date_time;
};
BOOST_DESCRIBE_STRUCT(best_bid, (), (bidder, price, date_time))

/// All that q4 has to know of an auction.
struct priced_lot {
  std::int64_t category = 0;
  timestamp expires;

  priced_lot() = default;
  explicit priced_lot(const auction& of) : category{of.category}, expires{of.expires} {}
};
BOOST_DESCRIBE_STRUCT(priced_lot, (), (category, expires))

template <class Lot>
struct winning_bid {
  Lot lot;
  best_bid bid;
  BOOST_DESCRIBE_CLASS(winning_bid, (), (lot, bid), (), ())
};

/// The state of an auction that is open.
template <class Lot>
struct open_auction {
  bool is_open = false, has_bid = false;
  Lot lot;
  best_bid best;
  BOOST_DESCRIBE_CLASS(open_auction, (), (is_open, has_bid, lot, best), (), ())

  void open(const auction& a) {
    lot = Lot{a};
    is_open = true;
  }
  /// Of equal bids the first one stays.
  void take(const bid& b) {
    if (!is_open || b.date_time > lot.expires || (has_bid && b.price <= best.price)) return;
    best = {b.bidder, b.price, b.date_time};
    has_bid = true;
  }
};

template <class Lot>
struct find_winner {
  void on_row(const event& e, open_auction<Lot>& state, auto& to) {
    if (const auto* a = std::get_if<auction>(&e.what)) {
      state.open(*a);
      to.set_timer(a->expires);
    } else {
      state.take(*std::get_if<bid>(&e.what));
    }
  }
  void on_timer(std::int64_t, open_auction<Lot>& state, auto& to) {
    if (state.has_bid) to.give(winning_bid<Lot>{std::move(state.lot), state.best});
    state = {};
  }
};

std::int64_t auction_of(const event& e) {
  const auto* a = std::get_if<auction>(&e.what);
  return a != nullptr ? a->id : std::get_if<bid>(&e.what)->auction;
}

template <class Lot>
stream<winning_bid<Lot>> winners(app& graph, const events& all) {
  return all.timed_in(graph)
         | filter([](const event& e) { return !std::holds_alternative<person>(e.what); })
         | key_by(auction_of) | with_state<open_auction<Lot>>(10s)
         | process<winning_bid<Lot>>(find_winner<Lot>{});
}

template <class Lot>
std::map<std::int64_t, open_auction<Lot>> winners_by_hand(const events& all) {
  std::map<std::int64_t, open_auction<Lot>> auctions;
  all.each<auction>([&](const auction& a) { auctions[a.id].open(a); });
  all.each<bid>([&](const bid& b) { auctions.at(b.auction).take(b); });
  std::erase_if(auctions, [](const auto& one) { return !one.second.has_bid; });
  return auctions;
}

void tell_winner(const winning_bid<lot>& row, tally& to) {
  to.add(row.lot.id, row.lot.item, row.lot.description, row.lot.seller, row.lot.category,
         row.lot.expires, row.bid.bidder, row.bid.price, row.bid.date_time);
}

void q9_by_hand(const events& all, tally& results) {
  for (const auto& [id, one] : winners_by_hand<lot>(all)) tell_winner({one.lot, one.best}, results);
}
void q9(app& graph, const events& all, tally& results) {
  tell_all(winners<lot>(graph, all), results, tell_winner);
}

using mean_of_category = running_value<std::int64_t, double>;

void q4_by_hand(const events& all, tally& results) {
  std::map<std::int64_t, std::vector<double>> categories;
  for (const auto& [id, one] : winners_by_hand<priced_lot>(all))
    categories[one.lot.category].push_back(static_cast<double>(one.best.price));
  for (const auto& [category, prices] : categories) {
    double sum = 0;
    for (const auto price : prices) sum += price;
    results.last(category, sum / static_cast<double>(prices.size()));
    results.add_total(prices.size());
  }
}
void q4(app& graph, const events& all, tally& results) {
  using row = winning_bid<priced_lot>;
  const auto means = winners<priced_lot>(graph, all)
                     | key_by([](const row& won) { return won.lot.category; })
                     | running(agg::mean([](const row& won) { return won.bid.price; }));
  tell_all(means, results, [](const mean_of_category& mean, tally& to) {
    to.last(mean.key, mean.value);
    to.add_total(1);
  });
}

void tell_bid(const owned_bid& b, tally& to) {
  to.add(b.auction, b.bidder, b.price, b.channel, b.url, b.date_time);
}

/// Of whom, and on what.
std::pair<std::int64_t, std::int64_t> bidder_and_auction(const bid& b) {
  return {b.bidder, b.auction};
}

void q18_by_hand(const events& all, tally& results) {
  std::map<std::pair<std::int64_t, std::int64_t>, owned_bid> last;
  all.each<bid>([&](const bid& b) { last[bidder_and_auction(b)] = owned_bid{b}; });
  for (const auto& [key, b] : last) tell_bid(b, results);
}
void q18(app& graph, const events& all, tally& results) {
  tell_all(only<bid>(all.in(graph)) | key_by(bidder_and_auction)
               | window(global(), agg::last([](const bid& b) { return owned_bid{b}; })),
           results, [](const auto& row, tally& to) { tell_bid(row.value, to); });
}

void q19_by_hand(const events& all, tally& results) {
  std::unordered_map<std::int64_t, std::vector<owned_bid>> auctions;
  all.each<bid>([&](const bid& b) { auctions[b.auction].emplace_back(b); });
  for (auto& [id, bids] : auctions) {
    std::stable_sort(bids.begin(), bids.end(),
                     [](const auto& a, const auto& b) { return a.price > b.price; });
    for (std::size_t i = 0; i < std::min<std::size_t>(bids.size(), 10); ++i)
      tell_bid(bids[i], results);
  }
}
void q19(app& graph, const events& all, tally& results) {
  tell_all(only<bid>(all.in(graph)) | map([](const bid& b) { return owned_bid{b}; })
               | key_by(&owned_bid::auction)
               | window(global(), agg::greatest(10, &owned_bid::price)),
           results, [](const auto& row, tally& to) {
             for (const auto& b : row.value) tell_bid(b, to);
           });
}

const registration winning_bids{query("nexmark_q9",
                                      "Winning bids: which was the highest while it counted?",
                                      5'000'000, q9_by_hand, q9)};
const registration mean_price{
    query("nexmark_q4", "Mean price: what do winning bids of a category come to, so far?",
          5'000'000, q4_by_hand, q4)};
const registration last_bid{query("nexmark_q18",
                                  "Last bids: which is it of each bidder on each auction?",
                                  2'000'000, q18_by_hand, q18)};
const registration top_bids{query("nexmark_q19",
                                  "Top bids: which are the ten highest on each auction?", 2'000'000,
                                  q19_by_hand, q19)};

} // namespace
} // namespace weir::bench::nexmark
