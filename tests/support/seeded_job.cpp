// SPDX-License-Identifier: Apache-2.0

#include "seeded_job.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <utility>

namespace weir::testing {
namespace {

caf::actor_system_config& deterministic(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing")); // an atom: text would be ignored
  return config;
}

} // namespace

struct seeded_job::content {
  std::deque<actor_counters> counters;
  caf::actor_system_config config;
  caf::actor_system system{deterministic(config)};
  deployment deployed;

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  }
};

seeded_job::seeded_job(std::uint32_t seed, const plan& what, job_options options)
    : content_{std::make_unique<content>()}, random_{seed} {
  auto deployed = deploy(content_->system, what, options, content_->counters, false);
  if (deployed)
    content_->deployed = std::move(*deployed);
  else
    start_error_ = std::move(deployed).error();
}

seeded_job::~seeded_job() {
  if (content_->deployed.job) abort();
  content_->scheduler().run();
  content_->deployed = {};
}

void seeded_job::happens_at(std::size_t step, std::function<void()> what) {
  planned_.emplace_back(step, std::move(what));
}

bool seeded_job::step() {
  ++steps_;
  for (auto& [at, what] : planned_)
    if (at == steps_) what();
  if (!happenings_.empty() && random_() % 4 == 0) happenings_[random_() % happenings_.size()]();
  auto& scheduler = content_->scheduler();
  if (!scheduler.has_job() || random_() % 64 == 0) {
    scheduler.advance_time(std::chrono::milliseconds{random_() % 8 == 0 ? 700 : 1});
    return scheduler.has_job();
  }
  const auto chosen = random_() % scheduler.jobs.size();
  trace_ = trace_ * 31 + chosen + 1;
  std::swap(scheduler.jobs.front(), scheduler.jobs[chosen]);
  scheduler.run_once();
  return true;
}

std::optional<job_summary> seeded_job::run(std::size_t most_steps) {
  for (std::size_t i = 0; i < most_steps; ++i) {
    step();
    if (auto ended = content_->deployed.outcome->wait_for(std::chrono::milliseconds{0}))
      return ended;
  }
  return std::nullopt;
}

void seeded_job::stop() { caf::anon_send(content_->deployed.job, stop_message{}); }
void seeded_job::refit() { caf::anon_send(content_->deployed.job, refit_message{}); }
void seeded_job::abort() { caf::anon_send(content_->deployed.job, abort_message{}); }
void seeded_job::kill(std::size_t actor) {
  caf::anon_send_exit(content_->deployed.actors[actor], caf::exit_reason::kill);
}
void seeded_job::kill_node() {
  caf::anon_send_exit(content_->deployed.node, caf::exit_reason::kill);
}
void seeded_job::kill_job() { caf::anon_send_exit(content_->deployed.job, caf::exit_reason::kill); }
void seeded_job::settle() { content_->scheduler().run(); }
const std::deque<actor_counters>& seeded_job::counters() const { return content_->counters; }

} // namespace weir::testing
