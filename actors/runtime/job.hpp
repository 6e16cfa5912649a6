// SPDX-License-Identifier: Apache-2.0
//
// job: a plan that runs. The one entrance to the runtime; everything behind it is actors.
//
// `start` makes sources, operators and sinks, opens them and lets rows flow. A job ends by itself
// when all streams have, or is stopped: `stop` lets what was accepted drain, commits and ends;
// `abort` ends at once. The handle may be used from any thread; destroying a running job aborts it
// and waits.
//
//   result<job> running = job::start(std::move(plan), {});
//   job_summary summary = running->wait();

#pragma once

#include <weir/actors/runtime/metrics.hpp>
#include <weir/actors/runtime/plan.hpp>
#include <weir/actors/stream/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// One line, `warning: ...`.
void warn_on_stderr(const std::string& text);

struct job_options {
  /// Between two barriers: how often sinks are flushed and offsets committed.
  std::chrono::milliseconds commit_every{1000};
  /// Asks for a new fit this often, as `job::refit` does.
  std::optional<std::chrono::microseconds> refit_every;
  /// How long a row may wait for a batch to fill when the receiver is busy.
  std::chrono::microseconds linger{1000};
  /// Above this share of rejected rows a source fails the job; measured after 1,000 rows and at its
  /// end.
  double max_reject_ratio = 0.05;
  /// Stops the job, drained, after this time or once the sources gave this many rows.
  std::optional<std::chrono::microseconds> until_time;
  std::optional<std::uint64_t> until_rows;
  /// Takes what sources and sinks warn of, without a newline; any thread.
  std::function<void(const std::string&)> warn = warn_on_stderr;
  /// The same where rows were lost.
  std::function<void(const std::string&)> warn_of_loss = warn_on_stderr;
  /// Called by `start` when everything is open, before the first row moves.
  std::function<void()> opened = {};
  /// Threads that run actors; 0: one a core.
  std::size_t threads = 0;
};

enum class job_state : std::uint8_t {
  running,
  finished, ///< All streams ended.
  stopped,  ///< Told to: what was accepted is delivered and committed.
  aborted,  ///< Told to end at once: rows on their way are not delivered.
  failed,
};
[[nodiscard]] std::string_view name_of(job_state state) noexcept;

/// How a job ended.
struct job_summary {
  job_state state = job_state::running;
  std::optional<error>
      cause; ///< When failed: the first failure, with the actor's name in its message.
  std::chrono::nanoseconds took{};
};

class job {
public:
  /// Errors of configuration and of opening are returned here; nothing is running then.
  static result<job> start(plan what, job_options options);

  job(job&&) noexcept;
  job& operator=(job&&) noexcept;
  ~job();

  /// Blocks until the job has ended.
  job_summary wait();
  /// Nothing if it still runs after this time.
  std::optional<job_summary> wait_for(std::chrono::milliseconds time);
  /// Sources take no more; what they gave is delivered and committed. Returns at once.
  void stop();
  /// Models that keep learning are fitted again, at the next barrier; during a history the fit at
  /// its end is the answer. Returns at once.
  void refit();
  /// Ends without draining. Returns at once.
  void abort();
  /// Live counters, in the order of the plan's actors; valid as long as the job object.
  [[nodiscard]] const std::deque<actor_counters>& counters() const;

private:
  struct content;
  explicit job(std::unique_ptr<content> content);
  std::unique_ptr<content> content_;
};

} // namespace weir
