// SPDX-License-Identifier: Apache-2.0
//
// Graphs of random shape give the rows that a few lines of plain code give: however they are fused,
// shared, split and merged, and over many batches. A failing seed is printed; WEIR_SEED_OF_GRAPHS
// replays it alone.

#include <weir/dsl/explain.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_sink.hpp>
#include <weir/io/memory_source.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <random>

namespace weir {
namespace {

using numbers = std::vector<int>;

/// A stream, and the rows that must come out of it in some order.
struct branch {
  stream<int> rows;
  numbers expected;
  bool is_taken = false;
};

class random_graph {
public:
  explicit random_graph(std::uint32_t seed) : chance_{seed} {
    for (int i = up_to(2) + 1; i > 0; --i) add_source();
    for (int i = up_to(10); i > 0; --i) add_step();
    for (auto& each : branches_)
      if (!each.is_taken || up_to(4) == 0) end(each);
  }

  void check() {
    const auto plan = app_.plan();
    ASSERT_TRUE(plan) << plan.error().message;
    SCOPED_TRACE(explain(*plan));
    auto running = app_.start();
    ASSERT_TRUE(running) << running.error().message;
    const auto ended = running->wait_for(std::chrono::seconds{60});
    ASSERT_TRUE(ended) << "the job hangs";
    ASSERT_EQ(ended->state, job_state::finished) << (ended->cause ? ended->cause->message : "");
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      auto rows = sinks_[i].take();
      std::sort(rows.begin(), rows.end());
      ASSERT_EQ(rows, expected_[i]) << "at sink " << i;
    }
  }

private:
  int up_to(int most) { return std::uniform_int_distribution{0, most}(chance_); }

  branch& any() {
    auto& chosen =
        branches_[static_cast<std::size_t>(up_to(static_cast<int>(branches_.size()) - 1))];
    chosen.is_taken = true;
    return chosen;
  }

  template <class Adaptor>
  Adaptor maybe_async(const Adaptor& adaptor) {
    return up_to(3) == 0 ? adaptor.async() : adaptor;
  }

  void add_source() {
    numbers rows(static_cast<std::size_t>(up_to(9) == 0 ? 0 : up_to(12'000)));
    for (auto& row : rows) row = up_to(1'000);
    branches_.push_back({app_.from(memory_rows<int>{rows}), rows});
  }

  void add_step() {
    const branch from = any();
    const int k = up_to(5) + 1;
    branch made = from;
    made.is_taken = false;
    switch (up_to(4)) {
      case 0: {
        made.rows = from.rows | maybe_async(map([k](int n) { return n + k; }));
        for (auto& row : made.expected) row += k;
        break;
      }
      case 1: {
        const auto takes = [k](int n) { return n % (k + 1) != 0; };
        made.rows = from.rows | maybe_async(filter(takes));
        std::erase_if(made.expected, [&](int n) { return !takes(n); });
        break;
      }
      case 2: {
        made.rows = from.rows | maybe_async(flat_map([k](int n) {
                      return numbers(static_cast<std::size_t>(n % (k + 1)), n);
                    }));
        made.expected.clear();
        for (const int n : from.expected)
          made.expected.insert(made.expected.end(), static_cast<std::size_t>(n % (k + 1)), n);
        break;
      }
      case 3: {
        const auto takes = [k](int n) { return n % (k + 1) == 0; };
        auto [yes, no] = from.rows | maybe_async(split(takes));
        branch other{no, from.expected};
        std::erase_if(other.expected, takes);
        if (up_to(3) != 0) branches_.push_back(other); // otherwise nobody takes it
        made.rows = yes;
        std::erase_if(made.expected, [&](int n) { return !takes(n); });
        break;
      }
      default: {
        const branch more = any();
        made.rows = merge(from.rows, more.rows);
        made.expected.insert(made.expected.end(), more.expected.begin(), more.expected.end());
        break;
      }
    }
    if (made.expected.size() > 100'000) // its rows would only make more
      made.rows | to(discard());
    else
      branches_.push_back(made);
  }

  void end(branch& open) {
    sinks_.emplace_back();
    open.rows | to(sinks_.back());
    std::sort(open.expected.begin(), open.expected.end());
    expected_.push_back(open.expected);
  }

  std::mt19937 chance_;
  app app_{"random"};
  std::vector<branch> branches_;
  std::vector<memory_sink<int>> sinks_;
  std::vector<numbers> expected_;
};

TEST(RandomGraphsTest, GiveTheRowsThatPlainCodeGives) {
  const char* replayed = std::getenv("WEIR_SEED_OF_GRAPHS");
  const auto first = replayed ? static_cast<std::uint32_t>(std::atoi(replayed)) : 1U;
  const auto last = replayed ? first : 200U;
  for (auto seed = first; seed <= last && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("WEIR_SEED_OF_GRAPHS=" + std::to_string(seed));
    random_graph{seed}.check();
  }
}

} // namespace
} // namespace weir
