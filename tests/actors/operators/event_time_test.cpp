// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/event_time.hpp>
#include <weir/tests/support/operator_contract.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace weir::test {
namespace {

using namespace std::chrono_literals;

struct click {
  timestamp when;
  int user = 0;
  friend bool operator==(const click&, const click&) = default;
};
BOOST_DESCRIBE_STRUCT(click, (), (when, user))

click at(int second) { return {timestamp{std::chrono::seconds{second}}, second}; }

std::unique_ptr<any_operator> make() {
  return *event_time(&click::when, out_of_order(5s)).bind<click>().make();
}

TEST(EventTimeTest, KeepsTheContract) {
  expect_operator_contract<click, click>(
      make, [](chance& by) { return at(static_cast<int>(by() % 1000)); });
}

TEST(EventTimeTest, GivesEachRowItsTimeAndTheBatchAWatermark) {
  for (const bool exclusive : {false, true}) {
    auto op = make();
    batch<click> in;
    batch<click> out;
    for (int second : {10, 30, 20}) in.push_back(at(second));
    std::vector<batch_base*> open{&out};
    ASSERT_EQ(op->on_batch(0, any_view{&in, 0, exclusive}, outlets{open}), 3U);
    ASSERT_TRUE(out.has_times());
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(out.time_of(i), out[i].when);
    EXPECT_EQ(out.watermark(), at(25).when);
  }
}

TEST(EventTimeTest, TakesACallableForWhatIsNoPlainField) {
  const auto later = [](const click& c) { return c.when + 1h; };
  auto op = *event_time(later).bind<click>().make();
  batch<click> in;
  batch<click> out;
  in.push_back(at(0));
  std::vector<batch_base*> open{&out};
  op->on_batch(0, any_view{&in, 0, false}, outlets{open});
  EXPECT_EQ(out.time_of(0), timestamp{1h});
}

TEST(EventTimeTest, StartsAnewAfterAPhase) {
  auto op = make();
  const auto watermark_of = [&](const char* source, int second) {
    batch<click> in;
    batch<click> out;
    in.push_back(at(second));
    in.set_origin({intern_partition(source, "0"), 0});
    std::vector<batch_base*> open{&out};
    op->on_batch(0, any_view{&in, 0, false}, outlets{open});
    return out.watermark();
  };
  batch<click> none;
  std::vector<batch_base*> open{&none};
  EXPECT_EQ(watermark_of("history", 100), at(95).when);
  EXPECT_TRUE(op->on_mark(any_operator::mark::phase, 1, outlets{open}));
  EXPECT_EQ(watermark_of("live", 200), at(195).when); // history's last file holds nothing back
}

} // namespace
} // namespace weir::test
