// SPDX-License-Identifier: Apache-2.0
//
// What a barrier finds in a chain: operators that stop in the middle of rows, marks and alarms, a
// host that has room now and then, and time that goes on meanwhile. Seeded.

#include <weir/actors/runtime/chain.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

using test::chance;
using test::require;

/// Four fit a block between two stages.
struct large_row {
  std::array<char, 8192> bytes{};
};

/// Gives some rows for each row, mark and alarm, as many as there is room for at a time.
class restless final : public stream_operator<large_row, large_row> {
public:
  explicit restless(chance& by) : by_{by} {}

  std::size_t on_batch(batch_view<large_row> in, batch<large_row>& out) override {
    require(!in_mark_ && !in_wake_, "no rows in the middle of a mark or an alarm");
    for (std::size_t i = 0; i < in.size(); ++i, ++taken_)
      if (!give_some(in_row_, out)) return i;
    return in.size();
  }
  bool on_watermark(timestamp, batch<large_row>& out) override {
    require(!in_row_ && !in_wake_, "no mark in the middle of a row or an alarm");
    return give_some(in_mark_, out);
  }
  std::optional<moment> wakes_at() const override { return wakes_at_; }
  bool on_wake(moment now, batch<large_row>& out) override {
    require(!in_mark_, "no alarm in the middle of a mark");
    wakes_at_ = now + std::chrono::milliseconds{1 + by_() % 20};
    return give_some(in_wake_, out);
  }
  void save(snapshot_writer& to) const override {
    require(!in_row_ && !in_mark_ && !in_wake_, "a barrier comes in the middle of nothing");
    to.write(taken_).write(given_);
  }

private:
  bool give_some(std::optional<std::uint64_t>& left, batch<large_row>& out) {
    if (!left) left = by_() % 12;
    for (; *left > 0; --*left, ++given_) {
      if (out.is_full()) return false;
      out.push_back({});
    }
    left.reset();
    return true;
  }

  chance& by_;
  std::optional<std::uint64_t> in_row_, in_mark_, in_wake_; // rows still to be given
  moment wakes_at_{};
  std::uint64_t taken_ = 0, given_ = 0;
};

/// A chain of them, and what leaves it.
class restless_chain final : public chain_host {
public:
  restless_chain(chance& by, std::size_t length) : by_{by} {
    std::vector<chain::stage> stages;
    for (std::size_t i = 0; i < length; ++i) {
      const auto name = "stage " + std::to_string(i);
      stages.push_back({name, make_erased<restless>(by)});
      counters_.emplace_back(name);
    }
    runs_ = std::make_unique<chain>(std::move(stages), counters_, *this);
  }

  void feed(std::size_t rows) {
    auto made = row_type_of<large_row>().make();
    for (std::size_t i = 0; i < rows; ++i) static_cast<batch<large_row>&>(*made).push_back({});
    if (made->empty()) return;
    fed_ += made->size();
    runs_->feed(0, std::move(made));
    work();
  }
  void feed(chain_mark mark) {
    runs_->feed(mark);
    work();
  }
  [[nodiscard]] std::size_t barriers() const { return barriers_; }

  bool is_ready() const override { return room_ > 0; }
  void take(std::size_t, batch_ptr& out) override {
    --room_;
    came_ += out->size();
    out->clear();
  }
  void mark(chain_mark mark) override {
    if (mark.what != chain_mark::kind::barrier) return;
    ++barriers_;
    snapshot_writer to;
    runs_->save(to);
    snapshot_reader from{to.bytes()};
    auto rows = fed_; // before each stage
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      std::string name, bytes;
      require(from.read(name).read(bytes).ok(), "every stage is saved");
      snapshot_reader own{bytes};
      std::uint64_t taken = 0;
      require(own.read(taken).ok() && taken == rows, "what came before a barrier, and no more");
      require(own.read(rows).ok() && own.is_finished(), "what was saved is whole");
    }
    require(from.is_finished(), "nothing else is saved");
    require(came_ == rows, "all that was given lies in front of the barrier");
  }
  bool wants_snapshots() const override { return true; }
  moment time() override { return now_; }

private:
  void work() {
    for (;;) {
      const auto state = runs_->advance();
      if (!state) throw std::runtime_error{state.error().message};
      now_ += std::chrono::milliseconds{by_() % 8};
      if (*state == chain::state::empty) return;
      if (by_() % 2 == 0) room_ = 1 + static_cast<int>(by_() % 3);
    }
  }

  chance& by_;
  std::deque<operator_counters> counters_;
  std::unique_ptr<chain> runs_;
  moment now_{};
  int room_ = 1;
  std::uint64_t fed_ = 0, came_ = 0;
  std::size_t barriers_ = 0;
};

TEST(ChainBarriersTest, ComeInTheMiddleOfNothingAndBehindAllThatWasBefore) {
  test::expect_for_many_seeds([](chance& by) {
    restless_chain runs{by, 1 + by() % 3};
    std::size_t barriers = 0;
    for (int step = 0; step < 40; ++step) switch (by() % 3) {
        case 0: runs.feed(by() % 20); break;
        case 1: runs.feed(chain_mark{chain_mark::kind::watermark, step}); break;
        default: runs.feed(chain_mark{chain_mark::kind::barrier, step}); ++barriers;
      }
    require(runs.barriers() == barriers, "each barrier leaves");
  });
}

/// Wants to be called at the time that was saved.
class alarm_clock final : public stream_operator<large_row, large_row> {
public:
  explicit alarm_clock(std::int64_t rings_at) : rings_at_{rings_at} {}
  std::size_t on_batch(batch_view<large_row> in, batch<large_row>&) override { return in.size(); }
  std::optional<moment> wakes_at() const override { return moment{std::chrono::hours{rings_at_}}; }
  void save(snapshot_writer& to) const override { to.write(rings_at_); }
  void load(snapshot_reader& from) override { from.read(rings_at_); }

private:
  std::int64_t rings_at_;
};

TEST(ChainBarriersTest, ChainsKnowWhenToCallWhatWasLoaded) {
  struct host final : chain_host {
    bool is_ready() const override { return true; }
    void take(std::size_t, batch_ptr& out) override { out->clear(); }
    void mark(chain_mark) override {}
    bool wants_snapshots() const override { return true; }
    moment time() override { return {}; }
  } to;
  std::deque<operator_counters> counters;
  counters.emplace_back("rings");
  const auto made = [&](std::int64_t rings_at) {
    std::vector<chain::stage> stages;
    stages.push_back({"rings", make_erased<alarm_clock>(rings_at)});
    return chain{std::move(stages), counters, to};
  };
  auto before = made(7), behind = made(9);
  before.feed(chain_mark{chain_mark::kind::barrier, 1});
  ASSERT_TRUE(before.advance());
  snapshot_writer saved;
  before.save(saved);
  snapshot_reader from{saved.bytes()};
  behind.load(from);
  EXPECT_EQ(behind.wakes_at(), moment{std::chrono::hours{7}});
}

/// Says that it is not done though there was room.
class never_done final : public stream_operator<large_row, large_row> {
public:
  std::size_t on_batch(batch_view<large_row> in, batch<large_row>&) override { return in.size(); }
  std::optional<moment> wakes_at() const override { return wakes_at_; }
  bool on_wake(moment now, batch<large_row>&) override {
    wakes_at_ = now + std::chrono::seconds{1};
    return false;
  }

private:
  moment wakes_at_{};
};

TEST(ChainBarriersTest, AreNotHeldUpByAnAlarmThatIsNeverDone) {
  struct host final : chain_host {
    bool is_ready() const override { return true; }
    void take(std::size_t, batch_ptr& out) override { out->clear(); }
    void mark(chain_mark) override {}
    moment time() override { return {}; }
  } to;
  std::vector<chain::stage> stages;
  stages.push_back({"waits", make_erased<never_done>()});
  std::deque<operator_counters> counters;
  counters.emplace_back("waits");
  chain runs{std::move(stages), counters, to};
  const auto state = runs.advance();
  ASSERT_FALSE(state);
  EXPECT_EQ(
      state.error().message,
      "waits was called at the time it asked for, gave nothing and is not done: on_wake() may "
      "say so only with an outlet full");
}

} // namespace
} // namespace weir
