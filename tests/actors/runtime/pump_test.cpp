// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/messages.hpp>
#include <weir/actors/runtime/pump.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

using ::testing::HasSubstr;

/// What happened on the thread.
struct source_record {
  std::mutex mutex;
  std::vector<std::pair<std::uint64_t, std::int64_t>> barriers; // number, rows given before
  std::vector<std::int64_t> committed;                          // rows before what was committed
  std::int64_t safe = 0;                                        // rows that may be
  int too_many = 0;                                             // commits of more
};

struct numbers_options {
  std::int64_t rows = 100'000;
  std::int64_t throw_at = -1;
  bool commit_fails = false;
  std::int64_t reject_every = 1'000'000;
};

/// Blocks, by its own account; gives 0, 1, 2, ..., a hundred a poll.
class numbers final : public source<std::int64_t> {
public:
  numbers(numbers_options options, std::shared_ptr<source_record> record)
      : options_{options}, record_{std::move(record)} {}
  result<void> open(source_context) override { return {}; }
  result<poll_state> poll(credit allowed, poll_out<std::int64_t> out) override {
    if (at_ == options_.throw_at) throw 42;
    const auto until = std::min({at_ + 100, at_ + allowed.rows, options_.rows});
    for (; at_ < until; ++at_) {
      out.rows.push_back(at_);
      if (at_ % options_.reject_every == 1)
        out.rejects.push_back({"numbers", std::to_string(at_), "odd", ""});
    }
    return at_ == options_.rows ? poll_state::end : poll_state::rows;
  }
  void barrier(std::uint64_t number) override {
    const std::lock_guard lock{record_->mutex};
    record_->barriers.emplace_back(number, at_);
  }
  result<void> committed(std::uint64_t number) override {
    if (options_.commit_fails) return error{errc::failed, "the broker is gone"};
    const std::lock_guard lock{record_->mutex};
    for (const auto& [noted, rows] : record_->barriers)
      if (noted == number) {
        record_->committed.push_back(rows);
        if (rows > record_->safe) ++record_->too_many;
      }
    return {};
  }
  void save(snapshot_writer& to) const override { to.write(at_); }
  result<void> load(snapshot_reader& from) override {
    if (!from.read(at_).ok()) return error{errc::damaged, "no position"};
    return {};
  }
  bool blocks() const override { return true; }

private:
  numbers_options options_;
  std::shared_ptr<source_record> record_;
  std::int64_t at_ = 0;
};

/// Polls the pump as a shell does: when it is idle, waits to be woken.
class pumped {
public:
  explicit pumped(numbers_options options = {})
      : source{pump(erase<std::int64_t>(std::make_unique<numbers>(options, record)))} {
    EXPECT_TRUE(source->open({"numbers", [this] { woken_.release(); }}));
  }

  /// Takes rows until there are `wanted` or the stream ends; the last answer.
  result<poll_state> take(std::int64_t wanted) {
    for (;;) {
      auto state =
          source->poll({std::min<std::int64_t>(wanted - taken, 37), batch_bytes}, rows_, rejects_);
      taken += static_cast<std::int64_t>(rows_.size());
      rows.insert(rows.end(), rows_.rows().begin(), rows_.rows().end());
      rows_.clear();
      rejected += rejects_.size();
      rejects_.clear();
      rejects_.set_limit(3);
      if (!state || *state == poll_state::end || taken == wanted) return state;
      if (*state == poll_state::idle) woken_.acquire();
    }
  }

  std::shared_ptr<source_record> record = std::make_shared<source_record>();
  std::int64_t taken = 0;
  std::vector<std::int64_t> rows;
  std::size_t rejected = 0;
  std::unique_ptr<any_source> source;

private:
  batch<std::int64_t> rows_;
  batch<reject> rejects_;
  std::counting_semaphore<> woken_{0};
};

TEST(PumpTest, CommitsOnlyWhatTheShellHadBeforeTheBarrier) {
  pumped under_test;
  for (std::uint64_t number = 1; number <= 50; ++number) {
    ASSERT_TRUE(under_test.take(static_cast<std::int64_t>(number) * 1234));
    const auto before = under_test.taken;
    under_test.source->barrier(number);
    ASSERT_TRUE(under_test.take(before + 3)); // the thread is ahead by what the ring holds
    {
      const std::lock_guard lock{under_test.record->mutex};
      under_test.record->safe = before;
    }
    ASSERT_TRUE(under_test.source->committed(number));
  }
  const std::lock_guard lock{under_test.record->mutex};
  EXPECT_EQ(under_test.record->too_many, 0);
  EXPECT_GT(under_test.record->committed.size(), 10u)
      << "a barrier is committed when the next one is, or soon after";
}

TEST(PumpTest, CommitsAllRowsAtTheEndAndWaitsForIt) {
  pumped under_test;
  const auto state = under_test.take(200'000);
  ASSERT_TRUE(state);
  ASSERT_EQ(*state, poll_state::end);
  under_test.source->barrier(last_barrier);
  ASSERT_TRUE(under_test.source->committed(last_barrier));
  const std::lock_guard lock{under_test.record->mutex};
  ASSERT_EQ(under_test.record->committed.size(), 1u);
  EXPECT_EQ(under_test.record->committed.back(), 100'000);
}

TEST(PumpTest, CommitsNoRowThatWasNotGivenWhenItIsStopped) {
  pumped under_test;
  ASSERT_TRUE(under_test.take(5'000));
  under_test.source->barrier(last_barrier);
  ASSERT_TRUE(under_test.source->committed(last_barrier));
  const std::lock_guard lock{under_test.record->mutex};
  for (const auto rows : under_test.record->committed) EXPECT_LE(rows, 5'000);
}

TEST(PumpTest, TellsThatTheLastCommitFailed) {
  pumped under_test{{.commit_fails = true}};
  ASSERT_TRUE(under_test.take(200'000));
  under_test.source->barrier(last_barrier);
  const auto done = under_test.source->committed(last_barrier);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "the broker is gone");
}

TEST(PumpTest, GivesTheRowsBeforeWhatASourceThrows) {
  pumped under_test{{.throw_at = 700}};
  const auto state = under_test.take(200'000);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, errc::user_code);
  EXPECT_EQ(under_test.taken, 700);
}

TEST(PumpTest, TurnsWhatASinkThrowsIntoAnError) {
  struct thrower final : sink<std::int64_t> {
    result<void> open(sink_context) override { return {}; }
    result<std::size_t> write(batch_view<std::int64_t>) override { throw "text"; }
    bool blocks() const override { return true; }
  };
  std::binary_semaphore woken{0};
  auto under_test = pump(erase<std::int64_t>(std::make_unique<thrower>()));
  ASSERT_TRUE(under_test->open({"thrower", [&] { woken.release(); }}));
  batch<std::int64_t> rows;
  rows.push_back(1);
  ASSERT_TRUE(under_test->write(rows, 0, true));
  woken.acquire();
  const auto closed = under_test->close();
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().message, HasSubstr("no std::exception"));
}

TEST(PumpTest, GoesOnBehindWhatItGaveAlsoInTheMiddleOfABatch) {
  for (const std::int64_t given : {0, 1, 36, 99, 100, 150, 12'345}) {
    const numbers_options options{.rows = 13'000, .reject_every = 2};
    pumped before{options};
    ASSERT_TRUE(before.take(given));
    snapshot_writer saved;
    before.source->save(saved);
    pumped between{options};
    snapshot_reader from{saved.bytes()};
    ASSERT_TRUE(between.source->load(from));
    snapshot_writer again; // before it gave anything
    between.source->save(again);
    EXPECT_EQ(again.bytes(), saved.bytes());
    pumped behind{options};
    snapshot_reader from_again{again.bytes()};
    ASSERT_TRUE(behind.source->load(from_again));
    const auto state = behind.take(20'000);
    ASSERT_TRUE(state && *state == poll_state::end);
    EXPECT_EQ(behind.rows.front(), given);
    EXPECT_EQ(behind.taken, 13'000 - given);
    EXPECT_EQ(before.rejected + behind.rejected, 6'500U) << given;
  }
}

} // namespace
} // namespace weir
