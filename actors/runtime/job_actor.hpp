// SPDX-License-Identifier: Apache-2.0
//
// job_actor: runs one job: injects barriers, collects acknowledgements, watches the node its shells
// run on, and ends the job.
//
//   running ──all actors ended──> committing ──sources told──> finished | stopped
//      ├──abort──> aborted
//      └──a failure or a death──> giving up ──rejects kept, or too late──> failed
//
// Barriers are injected every `commit_every`, one at a time, and only while all sources are in one
// phase: a source that reaches the end of its history waits for the job's leave (phase 1), given
// when no barrier is under way. A fit that is asked for is a phase that every source marks just
// before the next barrier. The source of a table marks phase 1 when all others do, and nobody waits
// for it. So no barrier can meet a phase mark in another order on another link, which would let
// aligned inlets wait for each other for ever.
//
// A job that fails waits for the sinks of rejects, which say why, `patience_for_rejects` at most.

#pragma once

#include <weir/actors/runtime/messages.hpp>
#include <weir/actors/runtime/shell.hpp>

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weir {

/// How a job ended, once it has; waited for by the handle.
class job_outcome {
public:
  void set(job_summary summary);
  job_summary wait();
  std::optional<job_summary> wait_for(std::chrono::milliseconds time);

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<job_summary> summary_;
};

class job_actor final : public caf::event_based_actor {
public:
  struct member {
    caf::actor whom;
    std::string name;
    actor_role role;
    bool has_history = false;
    bool is_table = false;      ///< A source that passes phases with the others.
    bool keeps_rejects = false; ///< A sink that rejects alone lead to.
  };
  /// Everything that runs, in the order of the plan.
  struct begin {
    std::vector<member> members;
    std::vector<connect_message> links;
    caf::actor node; ///< That spawned them and watches them.
  };

  job_actor(caf::actor_config& config, job_options options, std::shared_ptr<job_outcome> outcome);
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  struct state_of {
    member who;
    bool has_ended = false;
    bool has_passed_phase = false;
    bool waits_for_phase = false;
    std::uint64_t prepared = 0;
    std::uint64_t committed = 0;
  };

  void start(begin& what);
  void tick();
  void on_prepared(std::size_t who, std::uint64_t number);
  void on_committed(std::size_t who, std::uint64_t number);
  void on_ended(const ended_message& ended);
  void on_node_down(const caf::down_msg& down);
  void continue_barrier();
  void let_phase_pass();
  void refit();
  [[nodiscard]] bool are_all_in_one_phase() const;
  void continue_end();
  void stop();
  void fail(error cause);
  void continue_failure();
  void finish(job_state state, std::optional<error> cause);

  template <class Message>
  void tell(actor_role role, Message message);

  job_options options_;
  std::shared_ptr<job_outcome> outcome_;
  caf::actor node_;
  std::vector<state_of> members_;
  std::chrono::steady_clock::time_point began_;
  std::uint64_t barrier_ = 0; // the last one injected
  std::uint64_t phase_ = 1;   // of them the last one
  bool wants_refit_ = false;
  enum class step : std::uint8_t { none, preparing, committing_sinks, committing_sources };
  step step_ = step::none;
  std::optional<error> failure_; // the first, while rejects are brought home
  bool is_stopping_ = false;
  bool dropped_rows_ = false;
  bool is_ending_ = false; // all have ended, sources are told
  bool is_over_ = false;
};

} // namespace weir
