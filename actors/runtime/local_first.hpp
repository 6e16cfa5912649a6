// SPDX-License-Identifier: Apache-2.0
//
// local_first: run_queues as a scheduling policy of CAF. CAF's own are no choice for streams:
// `sharing` wakes a thread for nearly every message, `stealing` lets a thread poll as long as
// there is no work (docs/decisions/0010-neighbours-run-on-one-core.md).
//
//   config.load<caf::scheduler::coordinator<local_first>>();

#pragma once

#include <weir/actors/runtime/run_queues.hpp>

#include <caf/logger.hpp>
#include <caf/policy/unprofiled.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <memory>
#include <utility>

namespace weir {

class local_first : public caf::policy::unprofiled {
public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {}
    std::unique_ptr<run_queues> queues;
  };
  /// CAF makes one when the number of workers is known, and copies it for each.
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator* all)
        : queues{open(*static_cast<caf::scheduler::coordinator<local_first>*>(all))} {}
    run_queues* queues;
    bool has_logger = true;

  private:
    static run_queues* open(caf::scheduler::coordinator<local_first>& all) {
      all.data().queues = std::make_unique<run_queues>(all.num_workers());
      return all.data().queues.get();
    }
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    d(self).queues->push(job);
  }
  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    d(self).queues->push_to(self->id(), job);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    d(self).queues->push_to(self->id(), job);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    d(self).queues->push_to(self->id(), job);
  }
  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    // Where there is a logger CAF notes in a locked table who runs, twice a turn.
    if (std::exchange(d(self).has_logger, false)) caf::logger::set_current_actor_system(nullptr);
    return d(self).queues->take(self->id());
  }

  // What is left when CAF shuts down.
  template <class Worker, class Function>
  void foreach_resumable(Worker* self, Function f) {
    while (auto* job = d(self).queues->take_own(self->id())) f(job);
  }
  template <class Coordinator, class Function>
  void foreach_central_resumable(Coordinator*, Function) {}
};

} // namespace weir
