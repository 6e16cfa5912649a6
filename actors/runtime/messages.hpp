// SPDX-License-Identifier: Apache-2.0
//
// messages: what the actors of a job say to each other inside one process.
//
//   frames ↓ credit ↑ cancel ↑           between neighbours, by link
//   wake, resume, linger                 a shell to itself, or a thread to a shell
//   barrier, commit, phase, stop,        job -> sources        commit   job -> sinks
//   give_up
//   leave                                job -> node
//   phase_reached, prepared, ended ...   shells -> job

#pragma once

#include <weir/actors/runtime/job.hpp>
#include <weir/actors/stream/frame.hpp>

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace weir {

/// The far end of a link: an actor, and the number the link has there.
struct link_end {
  caf::actor whom;
  std::size_t number = 0;
};

/// Sent to every shell before anything flows.
struct connect_message {
  std::vector<link_end> down; ///< By number of the outgoing link.
  std::vector<link_end> up;   ///< By number of the incoming link.
};
/// What an actor sent down a link in one turn, in order.
struct frames_message {
  std::size_t link = 0;
  std::vector<frame> content;
};
/// What it gave back on a link in one turn.
struct credit_message {
  std::size_t link = 0;
  credit size;
  std::vector<batch_ptr> spares;
};
struct cancel_message {
  std::size_t link = 0;
};
struct wake_message {};
struct linger_message {};
struct barrier_message {
  std::uint64_t number = 0;
};
struct commit_message {
  std::uint64_t number = 0;
};
/// A source marks this phase: the end of its history, which it has leave to pass (1), or a fit that
/// was asked for (2, 3, ...).
struct phase_message {
  std::uint64_t number = 0;
};
struct stop_message {};
struct refit_message {};
struct refit_tick_message {};
/// The job has failed: rows end as failed; rejects, which say why, are still brought home.
struct give_up_message {};
struct too_late_message {};
struct abort_message {};
/// The job is over; a node lets its shells go.
struct leave_message {};
struct tick_message {};
struct time_passes_message {};
struct time_is_up_message {};

// From shells to their job; `who` is the index in the plan.
struct phase_reached_message {
  std::size_t who = 0;
};
struct prepared_message {
  std::size_t who = 0;
  std::uint64_t number = 0;
};
struct committed_message {
  std::size_t who = 0;
  std::uint64_t number = 0;
};
struct ended_message {
  std::size_t who = 0;
  end_cause cause = end_cause::finished;
  bool dropped_rows = false;
};
struct failed_message {
  std::size_t who = 0;
  error cause;
};
struct rows_reached_message {};

/// The number of the barrier that the end of a stream implies.
inline constexpr std::uint64_t last_barrier = std::uint64_t{1} << 62U;

} // namespace weir

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::connect_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::frames_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::credit_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::cancel_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::wake_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::linger_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::barrier_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::commit_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::phase_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::stop_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::refit_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::refit_tick_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::give_up_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::too_late_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::abort_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::leave_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::tick_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::time_passes_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::time_is_up_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::phase_reached_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::prepared_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::committed_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::ended_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::failed_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::rows_reached_message)
