// SPDX-License-Identifier: Apache-2.0

#include <weir/bench/nexmark.hpp>
#include <weir/bench/weir_run.hpp>

#include <algorithm>
#include <cmath>
#include <random>

namespace weir::bench::nexmark {
namespace {

constexpr std::int64_t first_id = 1'000;
constexpr std::int64_t event_us = 100;
constexpr std::int64_t round_events = 50;
constexpr std::int64_t auctions_a_round = 3;
constexpr std::int64_t open_auctions = 100;   // bids go to the last so many
constexpr std::int64_t active_persons = 1000; // who bids and sells: the last so many
constexpr std::int64_t hot_every = 100;       // one id of so many is hot

using random_numbers = std::mt19937_64;
using pool = std::vector<std::string>;

std::int64_t below(random_numbers& random, std::int64_t end) {
  return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
}

pool made(std::size_t texts, const auto& make) {
  pool all(texts);
  for (auto& text : all) text = make();
  return all;
}

/// Words of small letters, `length` in all.
std::string words(random_numbers& random, std::int64_t length) {
  std::string text;
  while (static_cast<std::int64_t>(text.size()) < length)
    text += below(random, 6) == 0 ? ' ' : static_cast<char>('a' + below(random, 26));
  return text;
}

std::string digits(random_numbers& random, int groups) {
  std::string text;
  for (int i = 0; i < groups; ++i)
    text += (i > 0 ? " " : "") + std::to_string(1'000 + below(random, 9'000));
  return text;
}

struct texts {
  enum kind : std::size_t { name, email, card, city, state, item, description, channel, url };

  static std::vector<pool> make(random_numbers& random) {
    const auto text_of = [&](std::int64_t least, std::int64_t more) {
      return [&random, least, more] { return words(random, least + below(random, more)); };
    };
    return {made(1'000, text_of(8, 12)),
            made(1'000, [&] { return words(random, 9) + "@" + words(random, 6) + ".example"; }),
            made(1'000, [&] { return digits(random, 4); }),
            {"Boise", "Portland", "Bend", "Seattle", "Redmond", "Kent", "Phoenix", "Cheyenne",
             "San Francisco", "Los Angeles", "Palo Alto", "Oakland"},
            {"AZ", "CA", "ID", "OR", "WA", "WY"},
            made(1'000, text_of(10, 20)),
            made(1'000, text_of(50, 100)),
            made(100, text_of(5, 8)),
            made(1'000, [&] { return "https://auctions.example/item/" + digits(random, 2); })};
  }
};

/// Draws events one after the other.
class maker {
public:
  maker(random_numbers& random, const std::vector<pool>& pools) : random_{random}, pools_{pools} {}

  event next(std::int64_t number) {
    now_ = timestamp{duration{number * event_us}};
    const auto place = number % round_events;
    if (place == 0) return {now_, next_person()};
    if (place <= auctions_a_round) return {now_, next_auction()};
    return {now_, next_bid()};
  }
  [[nodiscard]] std::int64_t persons() const noexcept { return persons_; }
  [[nodiscard]] std::int64_t auctions() const noexcept { return auctions_; }

private:
  std::string_view any(texts::kind kind) {
    const auto& of = pools_[kind];
    return of[random_() % of.size()];
  }
  /// One of the last `recent` of `count` ids, or, `hot` times of a hundred, the newest hot one.
  std::int64_t drawn(std::int64_t count, std::int64_t recent, std::int64_t hot,
                     std::int64_t hot_place) {
    const auto newest = count - 1;
    if (below(random_, 100) < hot)
      return first_id + std::min(newest, newest / hot_every * hot_every + hot_place);
    return first_id + newest - below(random_, std::min(count, recent));
  }
  /// A dollar to a million, each power of ten as often as the other.
  std::int64_t price() {
    const auto part = static_cast<double>(random_() >> 11U) * 0x1p-53;
    return std::llround(std::pow(10.0, part * 6) * 100);
  }

  person next_person() {
    return {first_id + persons_++,
            any(texts::name),
            any(texts::email),
            any(texts::card),
            any(texts::city),
            any(texts::state),
            now_};
  }
  auction next_auction() {
    constexpr auto open_us = open_auctions * round_events / auctions_a_round * event_us;
    const auto start = price();
    return {.id = first_id + auctions_++,
            .item = any(texts::item),
            .description = any(texts::description),
            .initial_bid = start,
            .reserve = start + price(),
            .date_time = now_,
            .expires = now_ + duration{1 + below(random_, 2 * open_us)},
            .seller = drawn(persons_, active_persons, 75, 0),
            .category = 10 + below(random_, 5)};
  }
  bid next_bid() {
    return {.auction = drawn(auctions_, open_auctions, 50, 0),
            .bidder = drawn(persons_, active_persons, 75, 1),
            .price = price(),
            .channel = any(texts::channel),
            .url = any(texts::url),
            .date_time = now_};
  }

  random_numbers& random_;
  const std::vector<pool>& pools_;
  std::int64_t persons_ = 0, auctions_ = 0;
  timestamp now_{};
};

/// What is added to an event when the table is read once more.
struct moved {
  duration later;
  std::int64_t persons, auctions;

  void operator()(person& row) const {
    row.id += persons;
    row.date_time += later;
  }
  void operator()(auction& row) const {
    row.id += auctions;
    row.seller += persons;
    row.date_time += later;
    row.expires += later;
  }
  void operator()(bid& row) const {
    row.auction += auctions;
    row.bidder += persons;
    row.date_time += later;
  }
};

} // namespace

event_table::event_table(std::uint64_t events, std::uint64_t seed) : events_(events) {
  random_numbers random{seed};
  pools_ = texts::make(random);
  maker make{random, pools_};
  for (std::int64_t number = 0; auto& each : events_) each = make.next(number++);
  persons_ = make.persons();
  auctions_ = make.auctions();
}

void event_table::read(std::uint64_t first, std::size_t count, event* to) const {
  const auto again = static_cast<std::int64_t>(first / size());
  const auto* from = events_.data() + first % size();
  std::copy(from, from + count, to);
  if (again == 0) return;
  const moved by{duration{again * static_cast<std::int64_t>(size()) * event_us}, again * persons_,
                 again * auctions_};
  for (std::size_t i = 0; i < count; ++i) {
    to[i].at += by.later;
    std::visit(by, to[i].what);
  }
}

result<void> nexmark_source::open(source_context context) {
  partition_ = intern_partition(context.name, "all");
  return {};
}

result<poll_state> nexmark_source::poll(credit allowed, poll_out<event> out) {
  const auto left_of_table = table_->size() - next_ % table_->size();
  const auto count =
      std::min<std::uint64_t>(room_for(allowed, out.rows, events_ - next_), left_of_table);
  if (out.rows.empty()) out.rows.set_origin({partition_, next_});
  table_->read(next_, count, out.rows.tail());
  out.rows.rows_added(count);
  next_ += count;
  return next_ == events_ ? poll_state::end : poll_state::rows;
}

} // namespace weir::bench::nexmark
