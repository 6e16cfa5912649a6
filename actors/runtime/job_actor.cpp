// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/job_actor.hpp>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

/// As long as a disk that works needs for what a link may hold.
constexpr std::chrono::seconds patience_for_rejects{5};

} // namespace

void job_outcome::set(job_summary summary) {
  {
    const std::lock_guard lock{mutex_};
    if (summary_) return;
    summary_ = std::move(summary);
  }
  changed_.notify_all();
}

job_summary job_outcome::wait() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return summary_.has_value(); });
  return *summary_;
}

std::optional<job_summary> job_outcome::wait_for(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  if (time.count() > 0) // the shortest wait is a switch of tasks
    changed_.wait_for(lock, time, [this] { return summary_.has_value(); });
  return summary_;
}

job_actor::job_actor(caf::actor_config& config, job_options options,
                     std::shared_ptr<job_outcome> outcome)
    : caf::event_based_actor{config}, options_{options}, outcome_{std::move(outcome)} {
  set_down_handler([this](const caf::down_msg& down) { on_node_down(down); });
}

void job_actor::on_exit() {
  // A job that goes without a word has failed; after an ordinary end this is no news.
  outcome_->set({job_state::failed, error{errc::actor_died, "the job's actor died"}, {}});
  members_.clear();
  node_ = nullptr;
}

caf::behavior job_actor::make_behavior() {
  return {
      [this](begin& what) { start(what); },
      [this](tick_message) { tick(); },
      [this](phase_reached_message source) {
        members_[source.who].waits_for_phase = true;
        let_phase_pass();
      },
      [this](prepared_message sink) { on_prepared(sink.who, sink.number); },
      [this](committed_message who) { on_committed(who.who, who.number); },
      [this](ended_message& ended) { on_ended(ended); },
      [this](failed_message& failed) {
        members_[failed.who].has_ended = true;
        fail(std::move(failed.cause));
      },
      [this](rows_reached_message) { stop(); },
      [this](time_is_up_message) { stop(); },
      [this](stop_message) { stop(); },
      [this](refit_message) { refit(); },
      [this](refit_tick_message) {
        refit();
        delayed_send(this, *options_.refit_every, refit_tick_message{});
      },
      [this](too_late_message) { finish(job_state::failed, failure_); },
      [this](abort_message) {
        finish(job_state::aborted, error{errc::interrupted, "the job was aborted"});
      },
  };
}

template <class Message>
void job_actor::tell(actor_role role, Message message) {
  for (const auto& member : members_)
    if (member.who.role == role) send(member.who.whom, message);
}

void job_actor::start(begin& what) {
  began_ = clock().now();
  node_ = std::move(what.node);
  monitor(node_);
  for (auto& member : what.members) members_.push_back({std::move(member)});
  // A source begins to send when it is connected: receivers first.
  for (std::size_t i = members_.size(); i-- > 0;)
    if (members_[i].who.role != actor_role::source)
      send(members_[i].who.whom, std::move(what.links[i]));
  for (auto& member : members_)
    member.has_passed_phase = member.who.role == actor_role::source && !member.who.has_history;
  const auto connect_sources = [&](bool of_tables) {
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (members_[i].who.role == actor_role::source && members_[i].who.is_table == of_tables)
        send(members_[i].who.whom, std::move(what.links[i]));
  };
  connect_sources(true);
  let_phase_pass();
  connect_sources(false);
  delayed_send(this, options_.commit_every, tick_message{});
  if (options_.refit_every) delayed_send(this, *options_.refit_every, refit_tick_message{});
  if (options_.until_time) delayed_send(this, *options_.until_time, time_is_up_message{});
}

bool job_actor::are_all_in_one_phase() const {
  bool any_before = false;
  bool any_behind = false;
  for (const auto& member : members_) {
    if (member.who.role != actor_role::source) continue;
    // The mark of one that has ended since may still wait for the others.
    any_behind = any_behind || member.has_passed_phase;
    any_before = any_before || !(member.has_passed_phase || member.has_ended);
  }
  return !(any_before && any_behind);
}

void job_actor::tick() {
  if (is_over_ || is_ending_ || failure_) return;
  delayed_send(this, options_.commit_every, tick_message{});
  if (step_ != step::none || !are_all_in_one_phase()) return;
  step_ = step::preparing;
  if (std::exchange(wants_refit_, false)) tell(actor_role::source, phase_message{++phase_});
  tell(actor_role::source, barrier_message{++barrier_});
}

void job_actor::on_prepared(std::size_t who, std::uint64_t number) {
  members_[who].prepared = number;
  continue_barrier();
}

void job_actor::on_committed(std::size_t who, std::uint64_t number) {
  members_[who].committed = number;
  if (is_ending_)
    continue_end();
  else
    continue_barrier();
}

void job_actor::continue_barrier() {
  if (is_over_ || is_ending_ || failure_) return;
  auto all = [&](actor_role role, auto done) {
    return std::ranges::all_of(
        members_, [&](const state_of& m) { return m.who.role != role || m.has_ended || done(m); });
  };
  if (step_ == step::preparing
      && all(actor_role::sink, [&](const state_of& m) { return m.prepared >= barrier_; })) {
    step_ = step::committing_sinks;
    for (const auto& member : members_)
      if (member.who.role == actor_role::sink && !member.has_ended)
        send(member.who.whom, commit_message{barrier_});
  }
  if (step_ == step::committing_sinks
      && all(actor_role::sink, [&](const state_of& m) { return m.committed >= barrier_; })) {
    step_ = step::committing_sources;
    for (const auto& member : members_)
      if (member.who.role == actor_role::source && !member.has_ended)
        send(member.who.whom, commit_message{barrier_});
  }
  if (step_ == step::committing_sources
      && all(actor_role::source, [&](const state_of& m) { return m.committed >= barrier_; })) {
    step_ = step::none;
    let_phase_pass();
  }
}

void job_actor::let_phase_pass() {
  if (step_ != step::none || is_over_ || failure_) return;
  // Tables first: one that is cancelled because the others have ended has marked it by then.
  const bool is_history_over = std::ranges::all_of(members_, [](const state_of& m) {
    return m.who.role != actor_role::source || m.who.is_table || m.has_passed_phase
           || m.waits_for_phase || m.has_ended;
  });
  for (auto& member : members_)
    if (is_history_over && member.who.is_table && !member.has_passed_phase) {
      member.has_passed_phase = true;
      send(member.who.whom, phase_message{1});
    }
  for (auto& member : members_)
    if (std::exchange(member.waits_for_phase, false)) {
      member.has_passed_phase = true;
      send(member.who.whom, phase_message{1});
    }
}

/// The mark rides before the next barrier: so there is never more than one on its way, and it does
/// not matter how often somebody asks.
void job_actor::refit() {
  // Where a history still runs, the fit at its end is the answer.
  wants_refit_ = std::ranges::all_of(members_, [](const state_of& m) {
    return m.who.role != actor_role::source || m.has_passed_phase || m.has_ended;
  });
}

void job_actor::on_ended(const ended_message& ended) {
  members_[ended.who].has_ended = true;
  dropped_rows_ |= ended.dropped_rows;
  if (failure_) return continue_failure();
  continue_barrier();
  let_phase_pass();
  continue_end();
}

void job_actor::continue_end() {
  if (is_over_ || !std::ranges::all_of(members_, &state_of::has_ended)) return;
  // Every sink has closed: all that was given is safe. Sources may commit, unless rows were left
  // behind on purpose.
  if (!std::exchange(is_ending_, true) && !dropped_rows_)
    tell(actor_role::source, commit_message{last_barrier});
  const bool all_told = dropped_rows_ || std::ranges::all_of(members_, [](const state_of& m) {
                          return m.who.role != actor_role::source || m.committed == last_barrier;
                        });
  if (all_told) finish(is_stopping_ ? job_state::stopped : job_state::finished, std::nullopt);
}

void job_actor::on_node_down(const caf::down_msg& down) {
  if (is_over_) return;
  for (auto& member : members_) member.has_ended = true;
  fail({errc::actor_died, "the node that runs the job died: " + system().render(down.reason)});
}

void job_actor::stop() {
  if (std::exchange(is_stopping_, true) || is_over_ || failure_) return;
  for (const auto& member : members_) // without their table, rows that wait for it could not leave
    if (member.who.role == actor_role::source && !member.who.is_table)
      send(member.who.whom, stop_message{});
}

void job_actor::fail(error cause) {
  if (is_over_) return;
  if (!failure_) {
    failure_ = std::move(cause);
    tell(actor_role::source, give_up_message{});
    tell(actor_role::operators, give_up_message{});
    delayed_send(this, patience_for_rejects, too_late_message{});
  }
  continue_failure();
}

void job_actor::continue_failure() {
  if (std::ranges::all_of(members_,
                          [](const state_of& m) { return !m.who.keeps_rejects || m.has_ended; }))
    finish(job_state::failed, failure_);
}

void job_actor::finish(job_state state, std::optional<error> cause) {
  if (std::exchange(is_over_, true)) return;
  send(node_, leave_message{});
  outcome_->set({state, std::move(cause), clock().now() - began_});
  quit();
}

} // namespace weir
