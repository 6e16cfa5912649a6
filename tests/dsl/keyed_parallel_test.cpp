// SPDX-License-Identifier: Apache-2.0
//
// Every operator by key gives the same rows with 1, 2, 4 and 7 instances. A new one adds its line.

#include <weir/actors/operators/agg/sum.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

struct order {
  std::string name;
  std::int64_t amount = 0;
  timestamp at;
  friend bool operator==(const order&, const order&) = default;
};
BOOST_DESCRIBE_STRUCT(order, (), (name, amount, at))

std::vector<order> orders(std::uint32_t seed) {
  std::mt19937 random{seed};
  std::vector<order> all;
  for (int i = 0; i < 5'000; ++i)
    all.push_back({"customer " + std::to_string(random() % 40), static_cast<int>(random() % 100),
                   timestamp{std::chrono::milliseconds{i * 10 + random() % 300}}});
  return all;
}

/// The rows of every outlet, as text in some order.
using outlets_text = std::vector<std::vector<std::string>>;

std::string text_of(const order& row) {
  return row.name + " " + std::to_string(row.amount) + " " + to_string(row.at);
}
std::string text_of(std::int64_t row) { return std::to_string(row); }
std::string text_of(const std::string& row) { return row; }
template <class Key, class Value>
std::string text_of(const running_value<Key, Value>& row) {
  return row.key + " " + std::to_string(row.value);
}
template <class Key, class Value>
std::string text_of(const windowed_rows<Key, Value>& row) {
  return row.key + " " + to_string(row.start) + " " + std::to_string(row.value);
}
template <class Key, class Value>
std::string text_of(const windowed<Key, Value>& row) {
  return row.key + " " + to_string(row.start) + " " + std::to_string(row.value);
}

/// Collects what streams give, once the job has run.
class collected {
public:
  template <class T>
  void add(const stream<T>& rows) {
    memory_sink<T> sink;
    rows | to(sink);
    read_.push_back([sink] {
      std::vector<std::string> texts;
      for (const auto& row : sink.rows()) texts.push_back(text_of(row));
      std::ranges::sort(texts);
      return texts;
    });
  }
  template <class... T>
  void add(const std::tuple<stream<T>...>& all) {
    std::apply([this](const auto&... each) { (add(each), ...); }, all);
  }
  template <class Out, class Late>
  void add(const stream_with_late<Out, Late>& rows) {
    add(static_cast<const stream<Out>&>(rows));
    add(rows.late());
  }
  [[nodiscard]] outlets_text texts() const {
    outlets_text all;
    for (const auto& read : read_) all.push_back(read());
    return all;
  }

private:
  std::vector<std::function<std::vector<std::string>()>> read_;
};

template <class Describe>
outlets_text run(const std::vector<order>& rows, std::uint32_t instances, Describe describe) {
  app program{"test"};
  collected found;
  found.add(describe(program.from(memory_rows{rows}) | event_time(&order::at, out_of_order(100ms)),
                     instances));
  auto running = program.start();
  if (!running) throw std::runtime_error{running.error().message};
  if (running->wait().state != job_state::finished) throw std::runtime_error{"the job failed"};
  return found.texts();
}

template <class Describe>
void expect_the_same_in_parallel(Describe describe) {
  for (const std::uint32_t seed : {1U, 2U}) {
    const auto rows = orders(seed);
    const auto one = run(rows, 1, describe);
    EXPECT_FALSE(one.front().empty());
    for (const std::uint32_t instances : {2U, 4U, 7U})
      EXPECT_EQ(run(rows, instances, describe), one) << instances << " instances, seed " << seed;
  }
}

struct last_order {
  timestamp at{};
  std::int64_t amount = 0;
};
BOOST_DESCRIBE_STRUCT(last_order, (), (at, amount))

/// Tells customers that were silent for a second, by the watermark.
struct silence {
  void on_row(const order& row, last_order& last, auto& to) {
    to.cancel_timer(last.at + 1s);
    last = {std::max(last.at, to.time()), last.amount + row.amount};
    to.set_timer(last.at + 1s);
    if (row.amount == 0) to.template give_to<1>(row);
  }
  void on_timer(const std::string& name, last_order& last, auto& to) {
    // How much came meanwhile depends on where the watermark was; when it was last heard does not.
    to.give(name + (last.at + 1s == to.time() ? " silent at " + to_string(to.time()) : " heard"));
  }
};

TEST(KeyedParallelTest, Dedup) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name) | dedup({.ttl = 1s}).parallel(n);
  });
}
TEST(KeyedParallelTest, Previous) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name) | previous([](const order& now, const order* before) {
                                           return before == nullptr ? now.amount
                                                                    : now.amount - before->amount;
                                         }).parallel(n);
  });
}
TEST(KeyedParallelTest, RateLimit) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name) | rate_limit(2, 500ms).parallel(n);
  });
}
TEST(KeyedParallelTest, Running) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name) | running(agg::sum(&order::amount)).parallel(n);
  });
}
TEST(KeyedParallelTest, ProcessWithStateTimersAndASideOutput) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name) | with_state<last_order>(1h)
           | process<std::string, order>(silence{}).parallel(n);
  });
}
TEST(KeyedParallelTest, ProcessInOrder) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name) | with_state<last_order>(1h)
           | process<std::string, order>(silence{}).in_order().parallel(n);
  });
}
/// Says once a second that a customer is known, for as long as there are rows of anybody.
struct ticking {
  void on_row(const order&, last_order& known, auto& to) {
    if (std::exchange(known.amount, 1) == 0) to.set_timer(to.time() + 1s);
  }
  void on_timer(const std::string& name, last_order&, auto& to) {
    to.give(name + " at " + to_string(to.time()));
    to.set_timer(to.time() + 1s);
  }
};
TEST(KeyedParallelTest, ProcessWithTimersThatSetTimers) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name) | with_state<last_order>()
           | process<std::string>(ticking{}).in_order().parallel(n);
  });
}
TEST(KeyedParallelTest, ProcessWithoutState) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name) | process<order>([](const order& row, auto& to) {
                                           if (row.amount > 50) to.give(row);
                                         }).parallel(n);
  });
}
TEST(KeyedParallelTest, TimeWindow) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name)
           | window(sliding(1s, 250ms), agg::sum(&order::amount)).parallel(n);
  });
}
TEST(KeyedParallelTest, SessionWindow) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name)
           | window(session(300ms), agg::sum(&order::amount)).parallel(n);
  });
}

TEST(KeyedParallelTest, DayWindow) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name)
           | window(tumbling_days(1, "Asia/Seoul"), agg::sum(&order::amount)).parallel(n);
  });
}
TEST(KeyedParallelTest, CountWindow) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name)
           | window(count_window(20, 5), agg::sum(&order::amount)).parallel(n);
  });
}
TEST(KeyedParallelTest, GlobalWindow) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name) | window(global(), agg::sum(&order::amount)).parallel(n);
  });
}
TEST(KeyedParallelTest, GlobalOnCount) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name)
           | window(global(on_count(10)), agg::sum(&order::amount)).parallel(n);
  });
}
TEST(KeyedParallelTest, GlobalOnTime) {
  expect_the_same_in_parallel([](auto rows, auto n) {
    return rows | key_by(&order::name)
           | window(global(on_time(1s)), agg::sum(&order::amount)).parallel(n);
  });
}

TEST(KeyedParallelTest, DistinctPassesEachRowOnce) {
  app program{"test"};
  memory_sink<std::int64_t> out;
  program.from(memory_rows{std::vector<std::int64_t>{3, 1, 3, 2, 1, 3}}) | distinct() | to(out);
  ASSERT_EQ(program.run(), 0);
  EXPECT_EQ(out.rows(), (std::vector<std::int64_t>{3, 1, 2}));
}

} // namespace
} // namespace weir
