// SPDX-License-Identifier: Apache-2.0
//
// How much memory does a pipeline hold when the sink is a hundred times slower than the source?
// Rows of 64 bytes, a source at full speed, a sink that takes 100,000 rows a second, 60 seconds.
//
// The baseline is three threads with queues of 16,384 rows (1 MiB), as many as a link of Weir is
// granted. Memory and its growth are the result, not speed: one round.

#include <weir/bench/hand_queue.hpp>
#include <weir/bench/harness.hpp>
#include <weir/bench/memory.hpp>
#include <weir/bench/weir_run.hpp>
#include <weir/dsl/pipeline.hpp>

#include <algorithm>

namespace weir::bench {

namespace {

constexpr std::uint64_t full_rows = 60 * slow_receiver::rows_per_second;
constexpr std::size_t queue_rows = 16'384, batch_rows = 4096;
using queue = hand_queue<wide_row>;

void make_rows(std::uint64_t rows, queue& out) {
  std::vector<wide_row> batch(batch_rows);
  for (std::uint64_t next = 0; next < rows;) {
    const auto count = std::min<std::uint64_t>(batch_rows, rows - next);
    for (std::uint64_t i = 0; i < count; ++i) batch[i].number = static_cast<std::int64_t>(next++);
    out.push({batch.data(), count});
  }
  out.close();
}

outcome hand(trial& run) {
  const auto rows = run.scaled(full_rows, 1'000);
  slow_receiver receiver;
  memory_watch watch;
  run.measure([&] {
    queue first{queue_rows}, second{queue_rows};
    std::thread source{[&] { make_rows(rows, first); }};
    std::thread middle{[&] {
      for (std::vector<wide_row> batch; first.take(batch);) second.push(batch);
      second.close();
    }};
    std::thread sink{[&] {
      for (std::vector<wide_row> batch; second.take(batch);)
        receiver.take(batch.data(), batch.size());
    }};
    source.join(), middle.join(), sink.join();
  });
  watch.stop();
  return {.items = receiver.rows(), .checksum = receiver.sum(), .figures = watch.figures()};
}

/// Rows as fast as they are asked for.
class endless_speed final : public source<wide_row> {
public:
  explicit endless_speed(std::uint64_t rows) : rows_{rows} {}
  result<void> open(source_context context) override {
    partition_ = intern_partition(context.name, "all");
    return {};
  }
  result<poll_state> poll(credit allowed, poll_out<wide_row> out) override {
    const auto count = room_for(allowed, out.rows, rows_ - next_);
    if (out.rows.empty()) out.rows.set_origin({partition_, next_});
    for (std::size_t i = 0; i < count; ++i)
      out.rows.tail()[i].number = static_cast<std::int64_t>(next_ + i);
    out.rows.rows_added(count);
    next_ += count;
    return next_ == rows_ ? poll_state::end : poll_state::rows;
  }

private:
  std::uint64_t rows_, next_ = 0;
  const partition* partition_ = nullptr;
};

/// Sleeps in `write`, so it runs on a pump's thread.
class slow_sink final : public sink<wide_row> {
public:
  explicit slow_sink(slow_receiver& receiver) : receiver_{&receiver} {}
  result<void> open(sink_context) override { return {}; }
  result<std::size_t> write(batch_view<wide_row> in) override {
    receiver_->take(in.rows().data(), in.size());
    return in.size();
  }
  bool blocks() const override { return true; }

private:
  slow_receiver* receiver_;
};

outcome weir_memory(trial& run) {
  const auto rows = run.scaled(full_rows, 1'000);
  slow_receiver receiver;
  memory_watch watch;
  run.measure([&] {
    app graph{"memory"};
    graph.from(endless_speed{rows}) | map([](const wide_row& row) { return row; })
        | to(slow_sink{receiver});
    run_to_end(graph);
  });
  watch.stop();
  return {.items = receiver.rows(), .checksum = receiver.sum(), .figures = watch.figures()};
}

const registration memory{{
    .name = "memory",
    .question = "How much memory does a pipeline hold when its sink is slow? (1/100 of the source)",
    .contestants = {{"hand", hand}, {"weir", weir_memory}},
    .isolated = true,
    .max_rounds = 1,
}};

} // namespace

} // namespace weir::bench
