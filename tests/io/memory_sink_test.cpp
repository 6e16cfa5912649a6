// SPDX-License-Identifier: Apache-2.0

#include <weir/io/memory_sink.hpp>
#include <weir/tests/support/sink_contract.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace weir {

namespace {

using namespace std::chrono_literals;

struct quote {
  std::int64_t id = 0;
  std::string text;

  friend bool operator==(const quote&, const quote&) = default;
};
BOOST_DESCRIBE_STRUCT(quote, (), (id, text))

std::vector<quote> quotes(std::int64_t count) {
  std::vector<quote> made;
  for (std::int64_t i = 0; i < count; ++i)
    made.push_back({i, "quote number " + std::to_string(i) + ", with some text"});
  return made;
}

std::unique_ptr<batch<quote>> batch_of(const std::vector<quote>& rows) {
  auto made = std::make_unique<batch<quote>>();
  for (const auto& row : rows) made->push_back(row);
  return made;
}

TEST(MemorySinkTest, KeepsTheSinkContract) {
  testing::check_sink_contract<quote>({
      .fresh =
          [] {
            memory_sink<quote> store;
            return testing::sink_place<quote>{[store] { return store.make(); },
                                              [store] { return store.rows(); },
                                              [store] { return store.is_complete(); }};
          },
      .rows = quotes(5000),
  });
}

TEST(MemorySinkTest, ShowsRowsBeforeTheStreamHasEnded) {
  memory_sink<quote> store;
  auto writer = store.make();
  ASSERT_TRUE((*writer)->open({"quotes", [] {}}));
  auto rows = batch_of(quotes(3));
  ASSERT_EQ(*(*writer)->write(*rows, 0, false), 3u);
  EXPECT_EQ(store.rows(), quotes(3));
  EXPECT_TRUE(store.wait_for(3, 0ms));
  EXPECT_FALSE(store.wait_for(4, 1ms));
  EXPECT_FALSE(store.is_complete());
}

TEST(MemorySinkTest, StartsBehindTheFirstRowOfAView) {
  memory_sink<quote> store;
  auto writer = store.make();
  ASSERT_TRUE((*writer)->open({"quotes", [] {}}));
  for (bool exclusive : {false, true}) {
    auto rows = batch_of(quotes(3));
    ASSERT_EQ(*(*writer)->write(*rows, 2, exclusive), 1u);
  }
  EXPECT_EQ(store.rows(), (std::vector<quote>{quotes(3)[2], quotes(3)[2]}));
}

TEST(MemorySinkTest, TakesNoMoreThanItsCapacityAndWakesWhenThereIsRoom) {
  memory_sink<quote> store{{.capacity_rows = 2}};
  int woken = 0;
  auto writer = store.make();
  ASSERT_TRUE((*writer)->open({"quotes", [&] { ++woken; }}));
  auto rows = batch_of(quotes(5));
  ASSERT_EQ(*(*writer)->write(*rows, 0, false), 2u);
  ASSERT_EQ(*(*writer)->write(*rows, 2, false), 0u);
  EXPECT_EQ(woken, 0);
  EXPECT_EQ(store.take().size(), 2u);
  EXPECT_EQ(woken, 1);
  ASSERT_EQ(*(*writer)->write(*rows, 2, false), 2u);
  EXPECT_EQ(store.count(), 4u) << "taken rows count as written";
  EXPECT_EQ(store.rows().front().id, 2);
}

TEST(MemorySinkTest, TellsAWaitingThreadThatTheStreamIsOver) {
  memory_sink<quote> store;
  auto writer = store.make();
  ASSERT_TRUE((*writer)->open({"quotes", [] {}}));
  std::atomic<bool> reached = true;
  std::thread waiting{[&] { reached = store.wait_for(1, 1min); }};
  ASSERT_TRUE(*(*writer)->close());
  waiting.join(); // hangs for a minute when the end is not told
  EXPECT_FALSE(reached);
}

} // namespace

} // namespace weir
