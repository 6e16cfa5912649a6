// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/run_queues.hpp>

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <future>
#include <thread>
#include <vector>

namespace weir {
namespace {

/// Something to queue; nobody runs it.
class job final : public caf::resumable {
public:
  std::atomic<int> runs{0};
  resume_result resume(caf::execution_unit*, std::size_t) override { return done; }
  void intrusive_ptr_add_ref_impl() override {}
  void intrusive_ptr_release_impl() override {}
};

std::future<caf::resumable*> take_later(run_queues& from, std::size_t worker) {
  return std::async(std::launch::async, [&from, worker] { return from.take(worker); });
}

TEST(RunQueuesTest, AWorkerTakesItsOwnInOrder) {
  run_queues queues{2};
  job first;
  job second;
  queues.push_to(0, &first);
  queues.push_to(0, &second);
  EXPECT_EQ(queues.take(0), &first);
  EXPECT_EQ(queues.take(0), &second);
  EXPECT_EQ(queues.take_own(0), nullptr);
}

TEST(RunQueuesTest, WhatComesFromOutsideWakesAWorker) {
  run_queues queues{1};
  job what;
  auto taken = take_later(queues, 0);
  queues.push(&what);
  EXPECT_EQ(taken.get(), &what);
}

// Worker 0 is in a turn that never ends.
TEST(RunQueuesTest, AnIdleWorkerTakesOverWhatWaitsForABusyOne) {
  run_queues queues{2};
  job waits;
  auto taken = take_later(queues, 1);
  queues.push_to(0, &waits);
  EXPECT_EQ(taken.get(), &waits);
}

TEST(RunQueuesTest, AParkedWorkerIsCalledToHelp) {
  run_queues queues{2};
  for (int round = 0; round < 3; ++round) {
    job waits;
    auto taken = take_later(queues, 1);
    // Long enough for all looks; whether it has parked by then or not, it has to come.
    EXPECT_EQ(taken.wait_for(3 * run_queues::longest_look), std::future_status::timeout);
    queues.push_to(0, &waits);
    EXPECT_EQ(taken.get(), &waits);
  }
}

TEST(RunQueuesTest, EveryJobIsTakenOnceByWhomeverPushed) {
  constexpr std::size_t workers = 4;
  constexpr int per_pusher = 20'000;
  run_queues queues{workers};
  std::deque<job> jobs(2 * per_pusher);
  std::array<job, workers> last;
  const auto is_last = [&](const caf::resumable* taken) {
    return std::any_of(last.begin(), last.end(), [&](const job& one) { return &one == taken; });
  };
  std::atomic<int> left{2 * per_pusher};
  std::promise<void> all_ran;
  std::vector<std::thread> threads;
  for (std::size_t worker = 0; worker < workers; ++worker)
    threads.emplace_back([&, worker] {
      for (int again = 0;;) {
        auto* const taken = queues.take(worker);
        if (is_last(taken)) return;
        // Now and then a job is not finished and goes to the end of the own queue.
        if (++again % 16 == 0) {
          queues.push_to(worker, taken);
          continue;
        }
        ++static_cast<job*>(taken)->runs;
        if (--left == 0) all_ran.set_value();
      }
    });
  std::thread outside{[&] {
    for (int i = 0; i < per_pusher; ++i) queues.push(&jobs[static_cast<std::size_t>(i)]);
  }};
  for (int i = 0; i < per_pusher; ++i)
    queues.push_to(static_cast<std::size_t>(i) % workers,
                   &jobs[static_cast<std::size_t>(per_pusher + i)]);
  outside.join();
  all_ran.get_future().wait();
  for (auto& one : last) queues.push(&one);
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(std::all_of(jobs.begin(), jobs.end(), [](const job& one) { return one.runs == 1; }));
}

} // namespace
} // namespace weir
