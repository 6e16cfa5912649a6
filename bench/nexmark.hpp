// SPDX-License-Identifier: Apache-2.0
//
// nexmark: the events of an auction house, for the queries of the Nexmark benchmark (Tucker, Tufte,
// Papadimos and Maier, "NEXMark: a benchmark for queries over data streams", 2008).
//
// Of every fifty events one is a new person, three are new auctions and 46 are bids; 10,000 events
// happen in a second, in order. Half of the bids go to one hot auction, three quarters come from a
// hot bidder, three quarters of the auctions from a hot seller. An auction is open for a sixth of a
// second on average, and bids go to the last hundred. An auction's seller, and a bid's auction and
// bidder, came before it.
//
// Events are made once, from a seed, and then read again and again, each time later and with ids of
// their own, so that making them is not what is measured. Rows borrow their text: from pools which
// the table owns. What outlives a row (keys, states, joins) owns its text: `owned_bid`, `lot`.
//
//   const event_table table{1'000'000};
//   app.from(nexmark_source{table, 20'000'000}) | ...

#pragma once

#include <weir/actors/operators/source.hpp>
#include <weir/actors/stream/record.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::bench::nexmark {

struct person {
  std::int64_t id = 0;
  std::string_view name, email, credit_card, city, state;
  timestamp date_time;
};
BOOST_DESCRIBE_STRUCT(person, (), (id, name, email, credit_card, city, state, date_time))

struct auction {
  std::int64_t id = 0;
  std::string_view item, description;
  std::int64_t initial_bid = 0, reserve = 0;
  timestamp date_time, expires;
  std::int64_t seller = 0, category = 0;
};
BOOST_DESCRIBE_STRUCT(auction, (),
                      (id, item, description, initial_bid, reserve, date_time, expires, seller,
                       category))

struct bid {
  std::int64_t auction = 0, bidder = 0, price = 0; ///< The price in cents.
  std::string_view channel, url;
  timestamp date_time;
};
BOOST_DESCRIBE_STRUCT(bid, (), (auction, bidder, price, channel, url, date_time))

/// What a topic of all three has.
struct event {
  timestamp at;
  std::variant<person, auction, bid> what;
};

/// An auction that outlives its row.
struct lot {
  std::int64_t id = 0;
  std::string item, description;
  std::int64_t initial_bid = 0, reserve = 0;
  timestamp date_time, expires;
  std::int64_t seller = 0, category = 0;

  lot() = default;
  explicit lot(const auction& of)
      : id{of.id},
        item{of.item},
        description{of.description},
        initial_bid{of.initial_bid},
        reserve{of.reserve},
        date_time{of.date_time},
        expires{of.expires},
        seller{of.seller},
        category{of.category} {}
};
BOOST_DESCRIBE_STRUCT(lot, (),
                      (id, item, description, initial_bid, reserve, date_time, expires, seller,
                       category))

/// A bid that outlives its row.
struct owned_bid {
  std::int64_t auction = 0, bidder = 0, price = 0;
  std::string channel, url;
  timestamp date_time;

  owned_bid() = default;
  explicit owned_bid(const bid& of)
      : auction{of.auction},
        bidder{of.bidder},
        price{of.price},
        channel{of.channel},
        url{of.url},
        date_time{of.date_time} {}
};
BOOST_DESCRIBE_STRUCT(owned_bid, (), (auction, bidder, price, channel, url, date_time))

/// So many events, and those that follow when they are read again.
class event_table {
public:
  /// Precondition: events > 0.
  explicit event_table(std::uint64_t events, std::uint64_t seed = 1);

  [[nodiscard]] std::uint64_t size() const noexcept { return events_.size(); }
  /// Event `number` of the endless stream.
  [[nodiscard]] event at(std::uint64_t number) const {
    event copy;
    read(number, 1, &copy);
    return copy;
  }
  /// Copies `count` events; they lie in one reading of the table.
  void read(std::uint64_t first, std::size_t count, event* to) const;

private:
  std::vector<std::vector<std::string>> pools_;
  std::vector<event> events_;
  std::int64_t persons_ = 0, auctions_ = 0;
};

/// The first so many events of a table.
class nexmark_source final : public source<event> {
public:
  nexmark_source(const event_table& table, std::uint64_t events)
      : table_{&table}, events_{events} {}

  result<void> open(source_context context) override;
  result<poll_state> poll(credit allowed, poll_out<event> out) override;

private:
  const event_table* table_;
  std::uint64_t events_, next_ = 0;
  const partition* partition_ = nullptr;
};

} // namespace weir::bench::nexmark
