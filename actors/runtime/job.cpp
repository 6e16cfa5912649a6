// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/deploy.hpp>
#include <weir/actors/runtime/job.hpp>
#include <weir/actors/runtime/local_first.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

namespace weir {

std::string_view name_of(job_state state) noexcept {
  switch (state) {
    case job_state::running: return "running";
    case job_state::finished: return "finished";
    case job_state::stopped: return "stopped";
    case job_state::aborted: return "aborted";
    case job_state::failed: return "failed";
  }
  return "unknown";
}

void warn_on_stderr(const std::string& text) {
  std::fprintf(stderr, "warning: %s\n", text.c_str());
}

namespace {

caf::actor_system_config& configured(caf::actor_system_config& config, std::size_t threads) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  config.set("scheduler.max-threads", threads);
  config.set("scheduler.max-throughput", std::size_t{1}); // a message a turn: neighbours alternate
  config.load<caf::scheduler::coordinator<local_first>>();
  return config;
}

} // namespace

struct job::content {
  explicit content(std::size_t threads) : system{configured(config, threads)} {}

  std::deque<actor_counters> counters; // outlives the actors
  caf::actor_system_config config;
  caf::actor_system system;
  caf::actor actor;
  std::shared_ptr<job_outcome> outcome;
};

job::job(std::unique_ptr<content> content) : content_{std::move(content)} {}
job::job(job&&) noexcept = default;
job& job::operator=(job&& other) noexcept {
  std::swap(content_, other.content_); // ours ends with `other`
  return *this;
}

job::~job() {
  if (content_ == nullptr) return;
  abort();
  content_->outcome->wait();
  content_->actor = nullptr;
}

result<job> job::start(plan what, job_options options) {
  auto made = std::make_unique<content>(options.threads);
  auto deployed = deploy(made->system, what, options, made->counters, true);
  if (!deployed) return std::move(deployed).error();
  made->actor = std::move(deployed->job);
  made->outcome = std::move(deployed->outcome);
  return job{std::move(made)};
}

job_summary job::wait() { return content_->outcome->wait(); }

std::optional<job_summary> job::wait_for(std::chrono::milliseconds time) {
  return content_->outcome->wait_for(time);
}

void job::stop() { caf::anon_send(content_->actor, stop_message{}); }
void job::refit() { caf::anon_send(content_->actor, refit_message{}); }
void job::abort() { caf::anon_send(content_->actor, abort_message{}); }
const std::deque<actor_counters>& job::counters() const { return content_->counters; }

} // namespace weir
