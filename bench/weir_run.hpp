// SPDX-License-Identifier: Apache-2.0
//
// weir_run: runs a graph to its end as a contestant does, and turns its failure into the bench's.

#pragma once

#include <weir/dsl/app.hpp>

#include <stdexcept>

namespace weir::bench {

/// Starts the graph and waits until all its streams have finished.
inline void run_to_end(app& graph) {
  auto running = graph.start();
  if (!running) throw std::runtime_error{running.error().message};
  const auto ended = running->wait();
  if (ended.state != job_state::finished)
    throw std::runtime_error{ended.cause ? ended.cause->message : "the job was stopped"};
}

/// How many rows a poll may add to a batch: what is allowed and what fits.
template <class T>
std::size_t room_for(credit allowed, const batch<T>& rows, std::uint64_t left) {
  const auto by_credit =
      std::min<std::int64_t>(allowed.rows, allowed.bytes / static_cast<std::int64_t>(sizeof(T)));
  const auto permitted = static_cast<std::uint64_t>(std::max<std::int64_t>(by_credit, 1));
  return static_cast<std::size_t>(std::min({permitted, std::uint64_t{rows.room()}, left}));
}

/// A sink that hands every batch to a function object shared with the contestant.
template <class T, class Take>
class taking_sink final : public sink<T> {
public:
  explicit taking_sink(Take& take) : take_{&take} {}
  result<void> open(sink_context) override { return {}; }
  result<std::size_t> write(batch_view<T> in) override {
    (*take_)(in.rows());
    return in.size();
  }

private:
  Take* take_;
};

} // namespace weir::bench
