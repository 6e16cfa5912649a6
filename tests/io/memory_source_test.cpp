// SPDX-License-Identifier: Apache-2.0

#include <weir/io/memory_source.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weir {

namespace {

constexpr credit plenty{1 << 30, 1 << 30};

/// A source as its shell sees it.
class opened {
public:
  template <class Spec>
  explicit opened(const Spec& spec) : source_{std::move(*spec.make())} {
    EXPECT_TRUE(source_->open({"numbers", [this] { ++woken; }}));
  }
  result<poll_state> poll(credit allowed = plenty) { return source_->poll(allowed, rows, rejects); }
  any_source* operator->() { return source_.get(); }

  batch<std::int64_t> rows;
  batch<reject> rejects;
  int woken = 0;

private:
  std::unique_ptr<any_source> source_;
};

std::vector<std::int64_t> numbers(std::int64_t count) {
  std::vector<std::int64_t> made;
  for (std::int64_t i = 0; i < count; ++i) made.push_back(i);
  return made;
}

TEST(MemorySourceTest, GivesWhatIsPushedWhileItRuns) {
  memory_source<std::int64_t> feed;
  EXPECT_TRUE(feed.push(7));
  opened source{feed};
  EXPECT_EQ(*source.poll(), poll_state::rows);
  EXPECT_EQ(*source.poll(), poll_state::idle);
  EXPECT_EQ(source.woken, 0);
  EXPECT_TRUE(feed.push(8));
  EXPECT_TRUE(feed.push(9));
  EXPECT_EQ(source.woken, 1) << "once for each time it was idle";
  EXPECT_EQ(*source.poll(), poll_state::rows);
  feed.close();
  EXPECT_EQ(*source.poll(), poll_state::end);
  EXPECT_EQ(std::vector<std::int64_t>(source.rows.rows().begin(), source.rows.rows().end()),
            (std::vector<std::int64_t>{7, 8, 9}));
  EXPECT_EQ(source.rows.origin_of(2).position, 2u);
  EXPECT_EQ(source.rows.first_origin().partition->name, "memory");
  EXPECT_FALSE(feed.push(10)) << "closed";
}

TEST(MemorySourceTest, WakesAnIdleShellWhenItIsClosed) {
  memory_source<std::int64_t> feed;
  opened source{feed};
  EXPECT_EQ(*source.poll(), poll_state::idle);
  feed.close();
  EXPECT_EQ(source.woken, 1);
  EXPECT_EQ(*source.poll(), poll_state::end);
}

TEST(MemorySourceTest, FailsBehindWhatWasPushed) {
  memory_source<std::int64_t> feed;
  opened source{feed};
  EXPECT_TRUE(feed.push(1));
  feed.fail({errc::cannot_connect, "the sensor is gone"});
  EXPECT_EQ(*source.poll(), poll_state::rows);
  auto state = source.poll();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, errc::cannot_connect);
  EXPECT_EQ(state.error().message, "the sensor is gone");
}

TEST(MemorySourceTest, HoldsNoMoreThanItsCapacity) {
  memory_source<std::int64_t> feed{{.capacity_rows = 2}};
  EXPECT_TRUE(feed.try_push(0));
  EXPECT_TRUE(feed.try_push(1));
  EXPECT_FALSE(feed.try_push(2));
  opened source{feed};
  std::thread pushing{[&] { EXPECT_TRUE(feed.push(numbers(1000))); }};
  while (source.rows.size() < 1002) {
    EXPECT_TRUE(source.poll());
    EXPECT_LE(feed.waiting(), 2u);
  }
  pushing.join();
}

TEST(MemorySourceTest, LetsAWaitingThreadGoWhenTheJobHasEnded) {
  memory_source<std::int64_t> feed{{.capacity_rows = 1}};
  auto source = std::make_unique<opened>(feed);
  EXPECT_TRUE(feed.push(1));
  std::thread pushing{[&] { EXPECT_FALSE(feed.push(2)); }};
  source.reset();
  pushing.join();
}

TEST(MemorySourceTest, IsReadByOneJobAtATime) {
  memory_source<std::int64_t> feed;
  opened source{feed};
  auto second = feed.make();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::config);
}

TEST(MemorySourceTest, NeverGivesMoreThanAsked) {
  opened source{memory_rows<std::int64_t>{numbers(100)}};
  EXPECT_EQ(*source.poll({3, 1 << 20}), poll_state::rows);
  EXPECT_EQ(source.rows.size(), 3u);
  EXPECT_EQ(*source.poll({100, 16}), poll_state::rows);
  EXPECT_EQ(source.rows.size(), 5u) << "bytes are credit too";
  source.rows.set_limit(6);
  EXPECT_EQ(*source.poll(), poll_state::rows);
  EXPECT_EQ(source.rows.size(), 6u);
}

TEST(MemorySourceTest, EndsBehindTheRowsOfAVectorAndStartsOverForAnotherJob) {
  const memory_rows<std::int64_t> spec{numbers(10'000), {.poll_rows = 999}};
  for (int job = 0; job < 2; ++job) {
    opened source{spec};
    std::int64_t expected = 0;
    for (auto state = poll_state::rows; state != poll_state::end;) {
      source.rows.clear();
      state = *source.poll();
      EXPECT_LE(source.rows.size(), 999u);
      for (std::size_t i = 0; i < source.rows.size(); ++i, ++expected) {
        EXPECT_EQ(source.rows[i], expected);
        EXPECT_EQ(source.rows.origin_of(i).position, static_cast<std::uint64_t>(expected));
      }
    }
    EXPECT_EQ(expected, 10'000);
    EXPECT_EQ(source->progress().done, 1.0);
  }
}

TEST(MemorySourceTest, SeeksToASavedPosition) {
  const memory_rows<std::int64_t> spec{numbers(10)};
  opened first{spec};
  EXPECT_TRUE(first.poll({4, 1 << 20}));
  snapshot_writer saved;
  first->save(saved);
  opened second{spec};
  snapshot_reader reader{saved.bytes()};
  ASSERT_TRUE(second->load(reader));
  EXPECT_EQ(*second.poll(), poll_state::end);
  EXPECT_EQ(second.rows.size(), 6u);
  EXPECT_EQ(second.rows[0], 4);
  EXPECT_EQ(second.rows.origin_of(0).position, 4u);
  snapshot_reader cut{std::string_view{saved.bytes()}.substr(0, 3)};
  EXPECT_FALSE(opened { spec } -> load(cut));
}

TEST(MemorySourceTest, FailsWhereItWasTold) {
  opened source{memory_rows<std::int64_t>{numbers(10), {.fail_after = 4}}};
  auto state = source.poll();
  ASSERT_FALSE(state);
  EXPECT_EQ(source.rows.size(), 4u);
  EXPECT_NE(state.error().message.find("after 4 rows"), std::string::npos);
}

} // namespace

} // namespace weir
