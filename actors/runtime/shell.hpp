// SPDX-License-Identifier: Apache-2.0
//
// shell: what source_actor, operator_actor and sink_actor have in common: their links, their
// counters, and how they tell their job that they ended or failed. A shell stays alive after its
// end until the job lets it go, so that one that is gone before has died.

#pragma once

#include <weir/actors/runtime/messages.hpp>
#include <weir/actors/runtime/metrics.hpp>
#include <weir/actors/runtime/outlet.hpp>
#include <weir/actors/runtime/row_budget.hpp>

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir {

/// What every shell of a job shares.
struct job_context {
  job_options options;
  caf::actor job;
  row_budget rows{static_cast<std::int64_t>(options.until_rows.value_or(0))};
};

class shell : public caf::event_based_actor, public outlet_wire {
public:
  struct setup {
    std::size_t index; ///< In the plan.
    std::shared_ptr<job_context> job;
    actor_counters* counters;
  };

  shell(caf::actor_config& config, setup made);
  const char* name() const override { return counters_->name.c_str(); }
  void on_exit() override;

  /// Leaves at the end of the turn, or at `lap()` of a long one.
  void send(std::size_t link, frame what) override;

protected:
  /// What an actor does about a message. What it has to send to its neighbours leaves together at
  /// the end, one message a link; the time counts as busy.
  class turn {
  public:
    explicit turn(shell& whose) : whose_{whose} { whose.begin_turn(); }
    ~turn() { whose_.end_turn(); }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

  private:
    shell& whose_;
  };
  /// After each batch: neighbours don't wait for the end of a turn that takes long.
  void lap();

  void connect(connect_message& links);
  /// The receiver of `link` has finished with rows; `spare` is storage to use again, or nullptr.
  void give_back(std::size_t link, credit size, batch_ptr spare);
  void cancel_upstream();

  template <class Message>
  void tell_job(Message message) {
    caf::event_based_actor::send(setup_.job->job, std::move(message));
  }
  /// Tells the job, once; nothing is done after it.
  void report_end(end_cause cause, bool dropped_rows = false);
  void report_failure(error cause);
  /// Ended, cancelled or failed: frames are not looked at any more.
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }

  [[nodiscard]] std::size_t index() const noexcept { return setup_.index; }
  [[nodiscard]] const job_options& options() const noexcept { return setup_.job->options; }
  [[nodiscard]] job_context& context() noexcept { return *setup_.job; }
  [[nodiscard]] actor_counters& counters() noexcept { return *counters_; }
  [[nodiscard]] moment now() { return clock().now(); }

  /// Has input but waits for credit, from now on, or no longer.
  void set_blocked(bool is_blocked);
  /// Makes sure a linger_message comes when a receiver waits for what is open.
  void linger_for(const outlet& waiting);
  void linger_came() noexcept { is_lingering_ = false; }

private:
  struct down_link {
    link_end to;
    std::vector<frame> waiting;
  };
  struct up_link {
    link_end to;
    credit given;
    std::vector<batch_ptr> spares;
    bool has_given = false;
  };

  void begin_turn();
  void end_turn();
  void send_waiting();

  setup setup_;
  actor_counters* counters_;
  std::vector<down_link> down_;
  std::vector<up_link> up_;
  moment counted_until_; // of this turn's busy time
  moment sent_at_;       // when neighbours last got something in this turn, or its beginning
  bool is_over_ = false;
  bool is_lingering_ = false;
  std::int64_t blocked_since_ = -1;
};

} // namespace weir
