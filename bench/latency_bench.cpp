// SPDX-License-Identifier: Apache-2.0
//
// How long does a row take through three actors at 100,000 rows a second? Five seconds, open loop.
//
// The baselines are pipelines of threads joined by queues of a mutex and a condition variable that
// hand over all there is at once. `hand` has three threads, the first of which makes the rows when
// they are due; `hand_fed` has a feeding thread before three others, as Weir has its source's
// timer. Both sleep by clock_nanosleep as it comes.

#include <weir/bench/hand_queue.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/latency.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>
#include <weir/io/memory_source.hpp>

#include <thread>

namespace weir::bench {

namespace {

constexpr std::uint64_t full_rows = 500'000;
constexpr std::size_t queue_rows = 16'384;
using queue = hand_queue<due_row>;

void make_rows(std::uint64_t rows, queue& out) {
  schedule due{rows};
  for (std::vector<due_row> batch; due.next([&](const due_row& row) { batch.push_back(row); });
       batch.clear())
    out.push(batch);
  out.close();
}

template <class OnRow>
void pass_rows(queue& in, queue& out, OnRow on_row) {
  for (std::vector<due_row> batch; in.take(batch); out.push(batch))
    for (auto& row : batch) row = on_row(row);
  out.close();
}

void receive_rows(queue& in, arrivals& arrived) {
  for (std::vector<due_row> batch; in.take(batch);)
    for (const auto now = now_ns(); const auto& row : batch) arrived.add(row, now);
}

outcome hand(trial& run) {
  const auto rows = run.scaled(full_rows, 100);
  arrivals arrived{rows};
  queue first{queue_rows}, second{queue_rows};
  run.measure([&] {
    std::thread source{[&] { make_rows(rows, first); }};
    std::thread middle{[&] { pass_rows(first, second, middle_step); }};
    std::thread sink{[&] { receive_rows(second, arrived); }};
    source.join(), middle.join(), sink.join();
  });
  return arrived.result();
}

outcome hand_fed(trial& run) {
  const auto rows = run.scaled(full_rows, 100);
  arrivals arrived{rows};
  queue before{queue_rows}, first{queue_rows}, second{queue_rows};
  run.measure([&] {
    std::thread feeder{[&] { make_rows(rows, before); }};
    std::thread source{[&] { pass_rows(before, first, [](const due_row& row) { return row; }); }};
    std::thread middle{[&] { pass_rows(first, second, middle_step); }};
    std::thread sink{[&] { receive_rows(second, arrived); }};
    feeder.join(), source.join(), middle.join(), sink.join();
  });
  return arrived.result();
}

outcome weir_actors(trial& run) {
  const auto rows = run.scaled(full_rows, 100);
  arrivals arrived{rows};
  const auto receive = [&](std::span<const due_row> batch) {
    for (const auto now = now_ns(); const auto& row : batch) arrived.add(row, now);
  };
  run.measure([&] {
    app graph{"latency"};
    const memory_source<due_row> feed;
    graph.from(feed) | map([](const due_row& row) { return middle_step(row); })
        | to(taking_sink<due_row, decltype(receive)>{receive});
    auto running = graph.start();
    if (!running) throw std::runtime_error{running.error().message};
    for (schedule due{rows}; due.next([&](const due_row& row) { feed.push(row); });) {
    }
    feed.close();
    running->wait();
  });
  return arrived.result();
}

const registration latency{{
    .name = "latency",
    .question = "How long does a row take through three actors at 100,000 rows/s? (open loop)",
    .contestants = {{"hand", hand}, {"hand_fed", hand_fed}, {"weir", weir_actors}},
}};

} // namespace

} // namespace weir::bench
