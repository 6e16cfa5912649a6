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

const registration memory{{
    .name = "memory",
    .question = "How much memory does a pipeline hold when its sink is slow? (1/100 of the source)",
    .contestants = {{"hand", hand}},
    .isolated = true,
    .max_rounds = 1,
}};

} // namespace

} // namespace weir::bench
