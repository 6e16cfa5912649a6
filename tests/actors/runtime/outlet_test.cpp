// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/outlet.hpp>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weir {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What was sent, by link: rows, or the kind of a mark.
class OutletTest : public testing::Test, public outlet_wire {
protected:
  void send(std::size_t link, frame what) override {
    if (links_.size() <= link) links_.resize(link + 1);
    if (auto* rows = std::get_if<batch_frame>(&what)) {
      const auto& ints = static_cast<const batch<int>&>(*rows->rows);
      links_[link].emplace_back(std::to_string(ints.size()));
      for (const int row : ints.rows()) rows_.push_back(row);
      in_flight_.push_back({rows->cost, std::move(rows->rows)});
    } else if (auto* last = std::get_if<end_frame>(&what)) {
      links_[link].push_back("end after " + std::to_string(last->rows));
    } else {
      links_[link].emplace_back("mark");
    }
  }
  /// Rows first, first + 1, ... go to the outlet, as an operator would give them.
  static void give(outlet& to, int first, int count) {
    auto rows = to.new_batch();
    auto& ints = static_cast<batch<int>&>(*rows);
    ints.set_origin({nullptr, static_cast<std::uint64_t>(first)});
    for (int i = 0; i < count; ++i) ints.push_back(first + i);
    to.take(rows);
    EXPECT_TRUE(rows->empty());
  }
  void give_back(outlet& to, std::size_t link) {
    auto& [cost, storage] = in_flight_.front();
    std::vector<batch_ptr> spares;
    spares.push_back(std::move(storage));
    const auto size = cost;
    in_flight_.erase(in_flight_.begin());
    to.give_back(link, size, std::move(spares));
  }

  actor_counters counters_{"test", actor_role::operators};
  std::vector<std::vector<std::string>> links_;
  std::vector<int> rows_;
  std::vector<std::pair<credit, batch_ptr>> in_flight_;
};

constexpr int full = batch_rows;

/// How much of a lot of storage that comes back an outlet of `type` keeps.
std::size_t spares_kept(const row_type& type, actor_counters& counters, outlet_wire& wire) {
  outlet out{type, counters, wire};
  out.add_link(0, initial_credit());
  std::vector<batch_ptr> storage;
  std::vector<std::weak_ptr<batch_base>> watched;
  for (int i = 0; i < 200; ++i) watched.emplace_back(storage.emplace_back(type.make()));
  out.give_back(0, {}, std::exchange(storage, {}));
  return static_cast<std::size_t>(
      std::ranges::count_if(watched, [](const auto& one) { return !one.expired(); }));
}

TEST_F(OutletTest, KeepsAsMuchStorageAsALinkMayHaveInFlight) {
  const auto credit = static_cast<std::size_t>(initial_credit().bytes);
  EXPECT_EQ(spares_kept(row_type_of<int>(), counters_, *this), credit / (sizeof(int) * batch_rows));
  struct large {
    char bytes[1024];
  };
  EXPECT_EQ(spares_kept(row_type_of<large>(), counters_, *this), outlet::spare_batches);
}

TEST_F(OutletTest, HasFewBatchesInFlightHoweverSmall) {
  outlet out{row_type_of<int>(), counters_, *this};
  out.add_link(0, initial_credit());
  for (int i = 0; i < 1'000 && out.is_ready(); ++i) {
    auto rows = out.new_batch();
    rows->set_own_watermark(timestamp{duration{i}}); // none can share a batch with the one before
    static_cast<batch<int>&>(*rows).push_back(i);
    out.take(rows);
    out.flush();
  }
  EXPECT_LE(links_[0].size(), static_cast<std::size_t>(initial_credit().bytes / 8'192));
  EXPECT_GE(links_[0].size(), 64U);
}

TEST_F(OutletTest, SendsAtOnceToAnIdleReceiverAndGathersForABusyOne) {
  outlet out{row_type_of<int>(), counters_, *this};
  out.add_link(0, initial_credit());
  give(out, 0, 1);
  give(out, 1, 1);
  give(out, 2, 1);
  EXPECT_THAT(links_[0], ElementsAre("1"));
  EXPECT_TRUE(out.has_open_rows());
  EXPECT_FALSE(out.is_awaited_by_some()) << "its only receiver is busy";
  give_back(out, 0);
  EXPECT_THAT(links_[0], ElementsAre("1", "2"));
  EXPECT_THAT(rows_, ElementsAre(0, 1, 2));
}

TEST_F(OutletTest, LingersOnlyWhereOneReceiverIsIdleAndAnotherIsNot) {
  outlet out{row_type_of<int>(), counters_, *this};
  out.add_link(0, initial_credit());
  out.add_link(1, initial_credit());
  give(out, 0, 1);
  give(out, 1, 1);
  EXPECT_FALSE(out.is_awaited_by_some());
  in_flight_[1].second = nullptr; // both links share the batch
  give_back(out, 0);
  EXPECT_TRUE(out.is_awaited_by_some());
  out.flush();
  EXPECT_THAT(links_[0], ElementsAre("1", "1"));
  EXPECT_THAT(links_[1], ElementsAre("1", "1"));
}

TEST_F(OutletTest, NeverLetsAMarkOvertakeRowsThatHaveNoCredit) {
  outlet out{row_type_of<int>(), counters_, *this};
  out.add_link(0, {full, batch_bytes});
  give(out, 0, full);
  give(out, full, 1);
  out.mark(phase_frame{1});
  out.end(end_cause::finished, nullptr);
  EXPECT_THAT(links_[0], ElementsAre("4096"));
  EXPECT_FALSE(out.is_ready());
  EXPECT_FALSE(out.has_ended());
  give_back(out, 0);
  EXPECT_THAT(links_[0], ElementsAre("4096", "1", "mark", "end after 4097"));
  EXPECT_TRUE(out.has_ended());
}

TEST_F(OutletTest, OffersNoMoreThanTheReceiverWouldTake) {
  outlet out{row_type_of<int>(), counters_, *this};
  out.add_link(0, {2 * full, 8 * batch_bytes});
  EXPECT_EQ(out.available().rows, 2 * full);
  give(out, 0, full);
  give(out, full, 10);
  EXPECT_EQ(out.available().rows, full - 10) << "what is open is spoken for";
}

TEST_F(OutletTest, TakesEverythingAndSendsNothingOnceCancelled) {
  outlet out{row_type_of<int>(), counters_, *this};
  out.add_link(0, {1, 100});
  give(out, 0, 1);
  give(out, 1, 5);
  out.cancel(0);
  EXPECT_TRUE(out.is_cancelled());
  EXPECT_TRUE(out.is_ready());
  give(out, 6, full);
  out.end(end_cause::cancelled, nullptr);
  EXPECT_TRUE(out.has_ended());
  EXPECT_THAT(links_[0], ElementsAre("1"));
}

TEST_F(OutletTest, UsesStorageAgain) {
  outlet out{row_type_of<int>(), counters_, *this};
  out.add_link(0, initial_credit());
  give(out, 0, full);
  const auto* const sent = in_flight_[0].second.get();
  give_back(out, 0);
  EXPECT_EQ(out.new_batch().get(), sent);
}

/// A row that owns memory: a batch may be full before its rows are.
struct OutletTextTest : testing::Test, outlet_wire {
  void send(std::size_t, frame what) override {
    const auto& rows = static_cast<const batch<std::string>&>(*std::get<batch_frame>(what).rows);
    for (const auto& row : rows.rows()) sent.push_back(row.substr(0, row.find(' ')));
    costs.push_back(std::get<batch_frame>(what).cost);
  }
  std::vector<std::string> sent;
  std::vector<credit> costs;
};

RC_GTEST_FIXTURE_PROP(OutletTextTest, SendsEveryRowOnceWhateverItWeighs, ()) {
  sent.clear();
  costs.clear();
  actor_counters counters{"test", actor_role::operators};
  outlet out{row_type_of<std::string>(), counters, *this};
  out.add_link(0, initial_credit());
  const auto batches = *rc::gen::container<std::vector<std::vector<int>>>(
      rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100'000)));
  std::vector<std::string> expected;
  std::size_t position = 0;
  for (const auto& weights : batches) {
    auto rows = out.new_batch();
    auto& texts = static_cast<batch<std::string>&>(*rows);
    texts.set_origin({nullptr, position});
    for (const int weight : weights) {
      if (texts.is_full()) break;
      expected.push_back(std::to_string(position++));
      texts.push_back(expected.back() + " " + std::string(static_cast<std::size_t>(weight), 'x'));
    }
    while (!out.is_ready()) {
      RC_ASSERT(!costs.empty());
      out.give_back(0, std::exchange(costs.front(), {}), {});
      costs.erase(costs.begin());
    }
    out.take(rows);
    RC_ASSERT(rows->empty());
  }
  while (out.has_open_rows()) {
    out.flush();
    if (costs.empty()) continue;
    out.give_back(0, costs.front(), {});
    costs.erase(costs.begin());
  }
  RC_ASSERT(sent == expected);
}

} // namespace
} // namespace weir
