// SPDX-License-Identifier: Apache-2.0
//
// What do joins cost as queries use them? Three of the Nexmark benchmark.
//
//   q3    local items: who in Oregon, Idaho or California sells in category 10, and what
//   q8    new users: who came in and put something up for sale within the same 10 s
//   q20   bids, with their text, on auctions of category 10, and what is sold in these
//
// Sellers come before their auctions, and auctions before their bids: the newest row of a key that
// was there is the only one. Persons (q3) and auctions (q20) are kept to the end. The baselines
// look up in maps what came before.

#include <weir/actors/operators/agg/count.hpp>
#include <weir/bench/nexmark_query.hpp>

#include <map>
#include <set>
#include <unordered_map>

namespace weir::bench::nexmark {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t wanted_category = 10;

bool is_wanted(const auction& a) { return a.category == wanted_category; }

/// A person who outlives the row.
struct seller {
  std::int64_t id = 0;
  std::string name, city, state;
};
BOOST_DESCRIBE_STRUCT(seller, (), (id, name, city, state))

seller seller_of(const person& p) {
  return {p.id, std::string{p.name}, std::string{p.city}, std::string{p.state}};
}
bool is_local(const person& p) { return p.state == "OR" || p.state == "ID" || p.state == "CA"; }

/// What is for sale, by whom.
struct sale {
  std::int64_t auction = 0, seller = 0;
};
BOOST_DESCRIBE_STRUCT(sale, (), (auction, seller))

sale sale_of(const auction& a) { return {a.id, a.seller}; }

struct local_item {
  std::string name, city, state;
  std::int64_t auction = 0;
};
BOOST_DESCRIBE_STRUCT(local_item, (), (name, city, state, auction))

local_item offered_by(const sale& what, const seller& who) {
  return {who.name, who.city, who.state, what.auction};
}
void tell_item(const local_item& row, tally& to) {
  to.add(row.name, row.city, row.state, row.auction);
}

void q3_by_hand(const events& all, tally& results) {
  std::unordered_map<std::int64_t, seller> sellers;
  all.each<person>([&](const person& p) {
    if (is_local(p)) sellers.emplace(p.id, seller_of(p));
  });
  all.each<auction>([&](const auction& a) {
    if (const auto who = sellers.find(a.seller); is_wanted(a) && who != sellers.end())
      tell_item(offered_by(sale_of(a), who->second), results);
  });
}
void q3(app& graph, const events& all, tally& results) {
  const auto timed = all.timed_in(graph);
  const auto sellers = only<person>(timed) | filter(is_local) | map(seller_of);
  const auto sales = only<auction>(timed) | filter(is_wanted) | map(sale_of);
  tell_all(sales | key_by(&sale::seller)
               | join(sellers | key_by(&seller::id), latest(), offered_by),
           results, tell_item);
}

struct newcomer {
  std::int64_t id = 0;
  std::string name;
  timestamp since; ///< The window.
};
BOOST_DESCRIBE_STRUCT(newcomer, (), (id, name, since))

void tell_newcomer(const newcomer& row, tally& to) { to.add(row.id, row.name, row.since); }

void q8_by_hand(const events& all, tally& results) {
  const auto window_of = [](timestamp time) { return time.time_since_epoch() / 10s; };
  std::set<std::pair<std::int64_t, std::int64_t>> sellers; // and when they sold
  all.each<auction>([&](const auction& a) { sellers.emplace(a.seller, window_of(a.date_time)); });
  all.each<person>([&](const person& p) {
    const auto window = window_of(p.date_time);
    if (sellers.contains({p.id, window}))
      tell_newcomer({p.id, std::string{p.name}, timestamp{window * 10s}}, results);
  });
}
void q8(app& graph, const events& all, tally& results) {
  using sales_of_person = windowed<std::int64_t, std::uint64_t>;
  const auto timed = all.timed_in(graph);
  const auto persons = only<person>(timed) | map(seller_of);
  const auto sales = only<auction>(timed) | key_by(&auction::seller)
                     | window(tumbling(10s), agg::count()); // each seller once a window
  tell_all(persons | key_by(&seller::id)
               | join(sales | key_by(&sales_of_person::key), tumbling(10s),
                      [](const seller& who, const sales_of_person& sold) {
                        return newcomer{who.id, who.name, sold.start};
                      }),
           results, tell_newcomer);
}

/// A bid, and what it is for.
struct item_bid {
  owned_bid bid;
  std::string item, description;
  std::int64_t seller = 0;
};
BOOST_DESCRIBE_STRUCT(item_bid, (), (bid, item, description, seller))

item_bid with_item(const owned_bid& b, const lot& of) {
  return {b, of.item, of.description, of.seller};
}
void tell_item_bid(const item_bid& row, tally& to) {
  to.add(row.bid.auction, row.bid.bidder, row.bid.price, row.bid.channel, row.bid.url,
         row.bid.date_time, row.item, row.description, row.seller);
}

void q20_by_hand(const events& all, tally& results) {
  std::unordered_map<std::int64_t, lot> lots;
  all.each<auction>([&](const auction& a) {
    if (is_wanted(a)) lots.emplace(a.id, lot{a});
  });
  all.each<bid>([&](const bid& b) {
    if (const auto of = lots.find(b.auction); of != lots.end())
      tell_item_bid(with_item(owned_bid{b}, of->second), results);
  });
}
void q20(app& graph, const events& all, tally& results) {
  const auto timed = all.timed_in(graph);
  const auto bids = only<bid>(timed) | map([](const bid& b) { return owned_bid{b}; });
  const auto lots =
      only<auction>(timed) | filter(is_wanted) | map([](const auction& a) { return lot{a}; });
  tell_all(bids | key_by(&owned_bid::auction) | join(lots | key_by(&lot::id), latest(), with_item),
           results, tell_item_bid);
}

const registration local_items{query("nexmark_q3",
                                     "Local items: who in three states sells in category 10?",
                                     5'000'000, q3_by_hand, q3)};
const registration new_users{query("nexmark_q8",
                                   "New users: who sells something within the 10 s they came in?",
                                   5'000'000, q8_by_hand, q8)};
const registration bids_and_items{query(
    "nexmark_q20", "Bids on what? Those on auctions of category 10", 2'000'000, q20_by_hand, q20)};

} // namespace
} // namespace weir::bench::nexmark
