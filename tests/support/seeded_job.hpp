// SPDX-License-Identifier: Apache-2.0
//
// seeded_job: a plan on CAF's deterministic scheduler. The seed decides which actor runs next, when
// time moves, and when a stalled source or sink is woken; the same seed gives the same run.

#pragma once

#include <weir/actors/runtime/deploy.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace weir::testing {

class seeded_job {
public:
  seeded_job(std::uint32_t seed, const plan& what, job_options options = {});
  ~seeded_job();

  /// Something outside the actors that may happen at any moment: called now and then.
  void may_happen(std::function<void()> what) { happenings_.push_back(std::move(what)); }
  /// Happens once, after about so many steps.
  void happens_at(std::size_t step, std::function<void()> what);

  /// Runs until the job has ended; nothing if it did not within `most_steps` or stands still for
  /// good.
  std::optional<job_summary> run(std::size_t most_steps = 200'000);
  /// One actor handles its messages, or time moves.
  bool step();

  void stop();
  void refit();
  void abort();
  void kill(std::size_t actor);
  void kill_node();
  void kill_job();
  /// Runs what is left to do behind the end.
  void settle();
  [[nodiscard]] const std::deque<actor_counters>& counters() const;
  [[nodiscard]] const std::optional<error>& start_error() const noexcept { return start_error_; }
  [[nodiscard]] std::uint64_t trace() const noexcept { return trace_; }

private:
  struct content;
  std::unique_ptr<content> content_;
  std::mt19937 random_;
  std::vector<std::function<void()>> happenings_;
  std::vector<std::pair<std::size_t, std::function<void()>>> planned_;
  std::optional<error> start_error_;
  std::size_t steps_ = 0;
  std::uint64_t trace_ = 0;
};

} // namespace weir::testing
