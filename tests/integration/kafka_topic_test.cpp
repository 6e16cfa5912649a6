// SPDX-License-Identifier: Apache-2.0

#include <weir/io/kafka_broker.hpp>
#include <weir/io/kafka_topic.hpp>

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace weir {
namespace {

struct order {
  int id = 0;
  double amount = 0;
  std::string_view name;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, amount, name))

/// Waits for `wake` the way a shell does.
class bell {
public:
  std::function<void()> ring() {
    return [this] {
      const std::lock_guard lock{mutex_};
      rung_ = true;
      changed_.notify_one();
    };
  }
  bool wait() {
    std::unique_lock lock{mutex_};
    const bool rung = changed_.wait_for(lock, std::chrono::seconds{20}, [this] { return rung_; });
    rung_ = false;
    return rung;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

TEST(KafkaTopicTest, ReadsWhatItWrote) {
  auto broker = kafka_broker::start({.topics = {{"orders", 4}}});
  ASSERT_TRUE(broker);
  const kafka<order> topic{"orders", {.brokers = broker->address()}};

  bell sink_bell;
  auto sink = topic.keyed_by(&order::id).bind<order>().make();
  ASSERT_TRUE(sink) << sink.error().message;
  auto opened = (*sink)->open({"orders", sink_bell.ring()});
  ASSERT_TRUE(opened) << opened.error().message;
  constexpr int count = 100'000;
  batch<order> rows;
  for (int id = 0; id < count;) {
    rows.clear();
    for (; id < count && !rows.is_full(); ++id) rows.push_back({id, id / 8.0, "é\n\"x\""});
    for (std::size_t done = 0; done < rows.size();) {
      auto taken = (*sink)->write(rows, done, false);
      ASSERT_TRUE(taken) << taken.error().message;
      done += *taken;
      if (done < rows.size()) ASSERT_TRUE(sink_bell.wait());
    }
  }
  for (;;) {
    auto done = (*sink)->close();
    ASSERT_TRUE(done) << done.error().message;
    if (*done) break;
    ASSERT_TRUE(sink_bell.wait());
  }
  sink->reset();

  bell source_bell;
  auto source = topic.bounded().make();
  ASSERT_TRUE(source) << source.error().message;
  opened = (*source)->open({"orders", source_bell.ring()});
  ASSERT_TRUE(opened) << opened.error().message;
  batch<reject> rejects;
  std::vector<int> seen(count, 0);
  for (;;) {
    rows.clear();
    auto state = (*source)->poll(initial_credit(), rows, rejects);
    ASSERT_TRUE(state) << state.error().message;
    for (const auto& row : rows.rows()) {
      ++seen[static_cast<std::size_t>(row.id)];
      ASSERT_EQ(row.amount, row.id / 8.0);
      ASSERT_EQ(row.name, "é\n\"x\"");
    }
    if (*state == poll_state::end) break;
    if (*state == poll_state::idle) ASSERT_TRUE(source_bell.wait());
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), count);
  EXPECT_EQ(rejects.size(), 0);
}

} // namespace
} // namespace weir
