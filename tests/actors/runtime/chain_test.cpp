// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/event_time.hpp>
#include <weir/actors/operators/filter.hpp>
#include <weir/actors/operators/map.hpp>
#include <weir/actors/operators/rejected_row.hpp>
#include <weir/actors/operators/take.hpp>
#include <weir/actors/runtime/chain.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <string>
#include <vector>

namespace weir {
namespace {

using testing::ElementsAre;

struct wide_row {
  std::int64_t number = 0;
  std::array<std::int64_t, 7> more{};
};

/// A chain and what comes out of it: batches by their number of rows, and marks.
class ChainTest : public testing::Test, public chain_host {
protected:
  bool is_ready() const override { return room_ > 0; }
  void take(std::size_t, batch_ptr& out) override {
    --room_;
    came_.push_back(std::to_string(out->size()));
    const auto& rows = static_cast<const batch<wide_row>&>(*out);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      numbers_.push_back(rows[i].number);
      positions_.push_back(rows.origin_of(i).position);
    }
    out->clear();
  }
  void mark(chain_mark what) override {
    if (what.what == chain_mark::kind::silence)
      came_.emplace_back(what.value != 0 ? "silence" : "no silence");
    else
      came_.emplace_back(what.what == chain_mark::kind::end ? "end" : "mark");
  }
  bool has_rows_waiting() const override { return has_rows_waiting_; }
  moment time() override { return now_; }
  bool is_ready_for_rejects() const override { return room_for_rejects_ > 0; }
  void take_rejects(batch_ptr& out) override {
    --room_for_rejects_;
    for (const auto& one : static_cast<const batch<reject>&>(*out).rows())
      rejected_.push_back(one.reason);
    out->clear();
  }
  result<void> judge_rejects(const operator_counters& of, bool is_at_end) override {
    judged_at_.push_back(std::to_string(of.rejects.get()) + "/" + std::to_string(of.rows_in.get())
                         + (is_at_end ? " at the end" : ""));
    if (of.rejects.get() <= most_rejects_) return {};
    return error{errc::too_many_rejects, "too many"};
  }

  template <class... Operators>
  chain make(Operators... operators) {
    std::vector<chain::stage> stages;
    (stages.push_back({"stage", *operators.template bind<wide_row>().make()}), ...);
    for (std::size_t i = 0; i < stages.size(); ++i) counters_.emplace_back("stage");
    return chain{std::move(stages), counters_, *this};
  }
  static batch_ptr rows(std::int64_t first, std::size_t count) {
    auto made = row_type_of<wide_row>().make();
    auto& rows = static_cast<batch<wide_row>&>(*made);
    rows.set_origin({nullptr, static_cast<std::uint64_t>(first)});
    for (std::size_t i = 0; i < count; ++i) rows.push_back({first + static_cast<int>(i), {}});
    return made;
  }

  std::deque<operator_counters> counters_;
  int room_ = 1000;
  bool has_rows_waiting_ = false;
  moment now_{};
  int room_for_rejects_ = 1000;
  std::uint64_t most_rejects_ = UINT64_MAX;
  std::vector<std::string> rejected_;
  std::vector<std::string> judged_at_;
  std::vector<std::string> came_;
  std::vector<std::int64_t> numbers_;
  std::vector<std::uint64_t> positions_;
};

const auto same = map([](const wide_row& row) { return row; });
const auto even = filter([](const wide_row& row) { return row.number % 2 == 0; });

TEST_F(ChainTest, GathersWhatItMadeBlockByBlock) {
  auto run = make(even, same, same);
  run.feed(0, rows(0, 4096));
  EXPECT_EQ(*run.advance(), chain::state::empty);
  EXPECT_THAT(came_, ElementsAre("2048")) << "not a piece for each block";
  ASSERT_EQ(numbers_.size(), 2048U);
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    EXPECT_EQ(numbers_[i], static_cast<std::int64_t>(2 * i));
    EXPECT_EQ(positions_[i], 2 * i) << "the origin of a row survives";
  }
  EXPECT_EQ(counters_[0].rows_in.get(), 4096U);
  EXPECT_EQ(counters_[2].rows_out.get(), 2048U);
}

TEST_F(ChainTest, KeepsNothingBackWhenTheLastStageSeesNoMoreRows) {
  auto run = make(same, filter([](const wide_row& row) { return row.number < 3; }), same);
  run.feed(0, rows(0, 4096));
  EXPECT_EQ(*run.advance(), chain::state::empty);
  EXPECT_THAT(numbers_, ElementsAre(0, 1, 2));
}

TEST_F(ChainTest, LetsMarksFollowTheRowsBeforeThem) {
  auto run = make(even, same);
  run.feed(0, rows(0, 3000));
  run.feed(chain_mark{chain_mark::kind::phase, 1});
  run.feed(chain_mark{chain_mark::kind::end, 0});
  EXPECT_EQ(*run.advance(), chain::state::empty);
  EXPECT_THAT(came_, ElementsAre("1500", "mark", "end"));
}

TEST_F(ChainTest, WaitsForRoomAndGoesOnWhereItWas) {
  room_ = 0;
  auto run = make(same, same);
  run.feed(0, rows(0, 4096));
  EXPECT_EQ(*run.advance(), chain::state::blocked);
  EXPECT_FALSE(run.is_empty());
  while (*run.advance() == chain::state::blocked) room_ = 1;
  std::vector<std::int64_t> all(4096);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(numbers_, all);
}

TEST_F(ChainTest, EndsWhenAnOperatorWantsNoMore) {
  auto run = make(same, weir::take(1000), same);
  run.feed(0, rows(0, 4096));
  EXPECT_EQ(*run.advance(), chain::state::done);
  EXPECT_EQ(numbers_.size(), 1000U);
  EXPECT_EQ(came_.back(), "end");
}

/// Gives a row of its own whenever its time has come, `each` apart; passes no rows on.
class ticker final : public stream_operator<wide_row, wide_row> {
public:
  explicit ticker(std::chrono::seconds each) : each_{each}, next_{each} {}

  std::size_t on_batch(batch_view<wide_row> in, batch<wide_row>&) override { return in.size(); }
  std::optional<moment> wakes_at() const override { return moment{next_}; }
  bool on_wake(moment now, batch<wide_row>& out) override {
    if (out.is_full()) return false;
    out.push_back({now.time_since_epoch() / std::chrono::seconds{1}, {}});
    if (each_ > std::chrono::seconds{0}) next_ += each_;
    return true;
  }

private:
  std::chrono::seconds each_, next_;
};

struct tick {
  std::chrono::seconds each;
  template <row T>
  bound_operator<T> bind() const {
    return {.name = "tick", .make = factory_of<ticker>(each)};
  }
};

TEST_F(ChainTest, CallsAnOperatorAtTheTimeItAskedFor) {
  using namespace std::chrono_literals;
  auto run = make(same, tick{10s}, same);
  EXPECT_EQ(run.wakes_at(), moment{10s});
  EXPECT_EQ(*run.advance(), chain::state::empty);
  EXPECT_THAT(numbers_, ElementsAre()) << "not yet";
  now_ = moment{25s};
  EXPECT_EQ(*run.advance(), chain::state::empty);
  EXPECT_THAT(numbers_, ElementsAre(25, 25)) << "it was due twice; what it gave went on";
  EXPECT_EQ(run.wakes_at(), moment{30s});
}

TEST_F(ChainTest, CallsNoOperatorThatHasEnded) {
  using namespace std::chrono_literals;
  auto run = make(tick{10s});
  run.feed(chain_mark{chain_mark::kind::end, 0});
  EXPECT_EQ(*run.advance(), chain::state::empty);
  now_ = moment{25s};
  EXPECT_EQ(*run.advance(), chain::state::empty);
  EXPECT_THAT(came_, ElementsAre("end"));
  EXPECT_EQ(run.wakes_at(), std::nullopt);
}

TEST_F(ChainTest, WaitsForRoomBeforeItCallsAnOperatorInTime) {
  using namespace std::chrono_literals;
  room_ = 0;
  auto run = make(tick{10s});
  now_ = moment{10s};
  EXPECT_EQ(*run.advance(), chain::state::blocked);
  EXPECT_THAT(numbers_, ElementsAre());
  room_ = 1;
  EXPECT_EQ(*run.advance(), chain::state::empty);
  EXPECT_THAT(numbers_, ElementsAre(10));
}

/// Rejects every tenth row.
class picky final : public any_operator {
public:
  std::vector<const row_type*> inlet_types() const override { return {&row_type_of<wide_row>()}; }
  std::vector<const row_type*> outlet_types() const override { return {&row_type_of<wide_row>()}; }
  bool may_reject() const override { return true; }
  std::size_t on_batch(std::size_t, any_view erased, outlets to) override {
    const auto in = erased.as<wide_row>();
    auto& out = to.at<wide_row>(0);
    std::size_t i = 0;
    for (; i < in.size(); ++i) {
      if (in[i].number % 10 == 0) {
        if (to.rejects().is_full()) break;
        to.rejects().push_back(rejected_row(in, i, std::to_string(in[i].number)));
        continue;
      }
      if (out.is_full()) break;
      out.inherit(in.whole(), in.first() + i, 1, false);
      out.push_back(in[i]);
    }
    return i;
  }
  bool on_mark(mark, std::int64_t, outlets) override { return true; }
};

struct picky_adaptor {
  template <row T>
  bound_operator<T> bind() const {
    return {"picky", []() -> result<std::unique_ptr<any_operator>> {
              return std::unique_ptr<any_operator>{std::make_unique<picky>()};
            }};
  }
};

TEST_F(ChainTest, BringsRejectsOfAnyStageToTheHost) {
  auto run = make(same, picky_adaptor{}, even, same);
  run.feed(0, rows(0, 4096));
  run.feed(chain_mark{chain_mark::kind::end, 0});
  EXPECT_EQ(*run.advance(), chain::state::empty);
  EXPECT_EQ(rejected_.size(), 410U);
  EXPECT_EQ(rejected_.back(), "4090");
  EXPECT_EQ(numbers_.size(), 2048U - 410U);
  EXPECT_EQ(counters_[1].rejects.get(), 410U);
  EXPECT_EQ(counters_[1].rows_in.get(), 4096U);
  EXPECT_EQ(counters_[1].rows_out.get(), 4096U - 410U);
  EXPECT_EQ(judged_at_.back(), "410/4096 at the end");
}

TEST_F(ChainTest, WaitsForRoomForRejectsToo) {
  room_for_rejects_ = 0;
  auto run = make(picky_adaptor{}, same);
  run.feed(0, rows(0, 4096));
  EXPECT_EQ(*run.advance(), chain::state::blocked);
  EXPECT_TRUE(numbers_.empty());
  while (*run.advance() == chain::state::blocked) room_for_rejects_ = 1;
  EXPECT_EQ(rejected_.size(), 410U);
  EXPECT_EQ(numbers_.size(), 4096U - 410U);
}

TEST_F(ChainTest, FailsWhenAStageRejectsMoreThanAllowed) {
  most_rejects_ = 3;
  auto run = make(same, picky_adaptor{});
  run.feed(0, rows(0, 100));
  const auto failed = run.advance();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, errc::too_many_rejects);
  EXPECT_EQ(failed.error().message, "stage: too many");
  EXPECT_EQ(rejected_.size(), 10U) << "what was rejected is not lost";
}

/// A chain that gives rows their time and is silent after 40 ms.
class ChainSilenceTest : public ChainTest {
protected:
  static auto timed() {
    return event_time(
        [](const wide_row& row) { return timestamp{std::chrono::seconds{row.number}}; },
        out_of_order(std::chrono::seconds{0}).idle_after(std::chrono::milliseconds{40}));
  }
  /// Time passes and the chain is called when it asked to be.
  void wait(chain& run, int milliseconds) {
    for (; milliseconds > 0; --milliseconds) {
      now_ += std::chrono::milliseconds{1};
      if (const auto at = run.wakes_at(); at && *at <= now_) {
        ASSERT_TRUE(run.advance());
      }
    }
  }
  void begin(chain& run) {
    run.feed({chain_mark::kind::phase, 1});
    ASSERT_TRUE(run.advance());
    came_.clear();
  }
};

TEST_F(ChainSilenceTest, IsToldOnceAndTakenBackBeforeTheNextRow) {
  for (const bool is_last : {true, false}) {
    auto run = is_last ? make(timed()) : make(timed(), same);
    begin(run);
    wait(run, 39);
    EXPECT_THAT(came_, ElementsAre());
    wait(run, 1'000);
    EXPECT_THAT(came_, ElementsAre("silence"));
    EXPECT_EQ(run.wakes_at(), std::nullopt) << "an idle job burns no CPU";
    run.feed(0, rows(0, 1));
    ASSERT_TRUE(run.advance());
    EXPECT_THAT(came_, ElementsAre("silence", "no silence", "1", "mark"));
    wait(run, 1'000);
    EXPECT_EQ(came_.back(), "silence");
    counters_.clear();
  }
}

TEST_F(ChainSilenceTest, IsNotWhileRowsComeNorInAHistory) {
  auto run = make(timed(), same);
  wait(run, 1'000);
  EXPECT_THAT(came_, ElementsAre()) << "the history has not ended";
  begin(run);
  for (int i = 0; i < 20; ++i) {
    wait(run, 30);
    run.feed(0, rows(i, 1));
    ASSERT_TRUE(run.advance());
  }
  EXPECT_EQ(std::ranges::count(came_, "silence"), 0);
}

TEST_F(ChainSilenceTest, IsNotWhatAFullOutletMakes) {
  auto run = make(timed(), same);
  begin(run);
  wait(run, 39);
  room_ = 0;
  run.feed(0, rows(0, 1));
  ASSERT_EQ(*run.advance(), chain::state::blocked);
  now_ += std::chrono::seconds{10};
  room_ = 1'000;
  ASSERT_TRUE(run.advance());
  EXPECT_THAT(came_, ElementsAre("1", "mark"));
  wait(run, 1'000);
  EXPECT_THAT(came_, ElementsAre("1", "mark", "silence"));
}

TEST_F(ChainSilenceTest, IsNotToldToAFullOutletNorWhileRowsWait) {
  auto run = make(timed());
  begin(run);
  has_rows_waiting_ = true;
  wait(run, 1'000);
  EXPECT_THAT(came_, ElementsAre());
  has_rows_waiting_ = false;
  room_ = 0;
  ASSERT_TRUE(run.advance());
  EXPECT_THAT(came_, ElementsAre());
  room_ = 1'000;
  ASSERT_TRUE(run.advance());
  EXPECT_THAT(came_, ElementsAre("silence"));
}

TEST_F(ChainSilenceTest, TakesMoreThanOneCallThatComesLate) {
  auto run = make(timed());
  begin(run);
  wait(run, 15);
  now_ += std::chrono::hours{1}; // the machine slept
  ASSERT_TRUE(run.advance());
  EXPECT_THAT(came_, ElementsAre());
}

TEST_F(ChainSilenceTest, OfAnEarlierChoiceOfTimeEndsWhereTimeIsChosenAnew) {
  auto run = make(timed(), same);
  run.feed({chain_mark::kind::silence, 1});
  ASSERT_TRUE(run.advance());
  EXPECT_THAT(came_, ElementsAre());
}

TEST_F(ChainSilenceTest, IsPassedOnByThoseThatLeaveTimesAsTheyAre) {
  auto run = make(same, even);
  run.feed({chain_mark::kind::silence, 1});
  ASSERT_TRUE(run.advance());
  EXPECT_THAT(came_, ElementsAre("silence"));
}

} // namespace
} // namespace weir
