// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/drift_gate.hpp>
#include <weir/actors/operators/user_call.hpp>
#include <weir/actors/runtime/reject_share.hpp>
#include <weir/actors/runtime/source_actor.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace weir {
namespace {

/// Polls and bytes in one go, before others get their turn: what they work on should still lie in
/// the core's second cache.
constexpr int polls_at_once = 16;
constexpr std::int64_t bytes_at_once = 256 * 1024;

} // namespace

source_actor::source_actor(caf::actor_config& config, setup made, hosted what)
    : shell{config, std::move(made)},
      hosted_{std::move(what)},
      rows_{hosted_.source->type(), counters(), *this},
      rejects_{row_type_of<reject>(), counters(), *this},
      next_{hosted_.source->type().make()},
      next_rejects_{row_type_of<reject>().make()},
      clock_{hosted_.stamps ? hosted_.stamps->clock : system_time} {
  sources_.push_back(intern_partition(counters().name, "")); // it may end before its first row
  for (std::size_t link = 0; link < hosted_.links; ++link)
    outlet_of(link).add_link(link, initial_credit());
}

void source_actor::on_exit() {
  hosted_.wake->unbind();
  hosted_.source.reset();
  shell::on_exit();
}

caf::behavior source_actor::make_behavior() {
  return {
      [this](credit_message& credit) {
        outlet_of(credit.link).give_back(credit.link, credit.size, std::move(credit.spares));
        produce();
      },
      [this](cancel_message link) {
        outlet_of(link.link).cancel(link.link);
        produce();
      },
      [this](wake_message) {
        hosted_.wake->reset();
        produce();
      },
      [this](linger_message) {
        linger_came();
        rows_.flush();
        rejects_.flush();
        produce();
      },
      [this](connect_message& links) {
        connect(links);
        hosted_.wake->bind(caf::actor_cast<caf::actor>(this));
        is_started_ = true;
        pass_time();
        if (!hosted_.has_history) {
          rows_.mark(phase_frame{1});
          rejects_.mark(phase_frame{1});
        }
        produce();
      },
      [this](time_passes_message) { pass_time(); },
      [this](phase_message phase) {
        if (has_ended_ || is_over()) return;
        is_at_phase_ = false;
        rows_.mark(phase_frame{phase.number});
        rejects_.mark(phase_frame{phase.number});
        produce();
      },
      [this](barrier_message barrier) {
        if (has_ended_ || is_over()) return;
        if (!remember(barrier.number)) return;
        rows_.mark(barrier_frame{barrier.number});
        rejects_.mark(barrier_frame{barrier.number});
        produce();
      },
      [this](commit_message barrier) { commit(barrier.number); },
      [this](stop_message) {
        if (!has_ended_ && !is_over()) end(end_cause::cancelled);
        produce();
      },
      [this](give_up_message) {
        const turn at_work{*this};
        if (!is_over())
          give_up(std::make_shared<const error>(error{errc::failed, "the job has failed"}));
      },
  };
}

void source_actor::produce() {
  const turn at_work{*this};
  if (!is_started_ || is_over()) return;
  if (has_ended_) return settle();
  set_blocked(false);
  bytes_made_ = 0;
  for (int polls = 1;; ++polls) {
    if (rows_.is_cancelled()) return end(end_cause::cancelled);
    if (is_at_phase_) break;
    if (!rows_.is_ready() || !rejects_.is_ready() || rows_.available().rows == 0
        || rows_.available().bytes == 0) {
      set_blocked(true);
      break;
    }
    if (!poll_once()) break;
    lap();
    if (polls == polls_at_once || bytes_made_ >= bytes_at_once) {
      caf::event_based_actor::send(this, wake_message{});
      break;
    }
  }
  if (has_ended_ || is_over()) return;
  linger_for(rows_);
  linger_for(rejects_);
}

/// False: stop polling for now.
bool source_actor::poll_once() {
  auto allowed = rows_.available();
  allowed.rows = std::min<std::int64_t>(allowed.rows, static_cast<std::int64_t>(next_->capacity()));
  const bool is_counted = options().until_rows && !hosted_.is_table;
  if (is_counted) {
    allowed.rows = context().rows.reserve(allowed.rows);
    if (allowed.rows == 0) {
      if (context().rows.is_used_up())
        tell_job(rows_reached_message{});
      else // other sources, which are polled now, may leave some
        caf::event_based_actor::send(this, wake_message{});
      return false;
    }
  }
  next_->set_limit(static_cast<std::size_t>(allowed.rows));
  auto& rejects = static_cast<batch<reject>&>(*next_rejects_);
  auto polled = user_call([&] { return hosted_.source->poll(allowed, *next_, rejects); });
  const auto got = static_cast<std::int64_t>(next_->size());
  ensure(got <= allowed.rows, "a source gives no more than it is asked for");
  if (is_counted) context().rows.settle(allowed.rows, got);
  took(*next_, rejects);
  const auto* const partition = next_->first_origin().partition;
  if (!next_->empty()) {
    if (hosted_.stamps) stamp(*next_);
    const auto watermark = next_->watermark();
    bytes_made_ += next_->cost().bytes;
    rows_.take(next_);
    if (watermark) rows_.mark(watermark_frame{*watermark});
    if (hosted_.stamps && clock_.last() - promised_ >= hosted_.stamps->options.watermark_every)
      promise(clock_.last());
  }
  if (!next_rejects_->empty()) {
    if (!rejects_.is_linked()) {
      fail(no_place_for(rejects[0]));
      return false;
    }
    rejects_.take(next_rejects_);
  }
  if (!polled) {
    fail(std::move(polled).error());
    return false;
  }
  // A history is judged where it ends: nothing may be learnt from half of one.
  if (rejects_too_many(reject_count_, row_count_ + reject_count_, options().max_reject_ratio,
                       *polled == poll_state::end || *polled == poll_state::phase)) {
    fail(too_many_rejects(reject_count_, row_count_ + reject_count_, hosted_.rejects_to));
    return false;
  }
  switch (*polled) {
    case poll_state::rows: return true;
    case poll_state::partition_end:
      ensure(partition != nullptr, "a partition that ends is known");
      note_source_of(partition);
      rows_.mark(partition_end_frame{partition});
      return true;
    case poll_state::idle: return false;
    case poll_state::phase:
      if (hosted_.is_table) { // a mark of its own for whoever makes the table: it is complete
        rows_.mark(watermark_frame{timestamp{duration{++tables_}}});
        return true;
      }
      is_at_phase_ = true;
      leave_gate(true);
      tell_job(phase_reached_message{index()});
      return false;
    case poll_state::end: end(end_cause::finished); return false;
  }
  return false;
}

void source_actor::took(const batch_base& rows, const batch<reject>& rejects) {
  row_count_ += rows.size();
  reject_count_ += rejects.size();
  if (!rows.empty()) note_source_of(rows.first_origin().partition);
  counters().rows_in.add(rows.size());
  counters().rejects.add(rejects.size());
  const auto progress = hosted_.source->progress();
  counters().done_permille.set(progress.done ? static_cast<std::uint64_t>(*progress.done * 1000)
                                             : unknown_permille);
  counters().rows_behind.set(progress.behind.value_or(unknown_rows));
}

void source_actor::stamp(batch_base& rows) {
  std::fill_n(rows.times_for_writing(), rows.size(), clock_.now());
}

void source_actor::promise(timestamp now) {
  rows_.mark(watermark_frame{now});
  promised_ = now;
}

/// Watermarks follow the clock when no rows come; not while rows wait for credit, which they would
/// only queue behind.
void source_actor::pass_time() {
  if (!hosted_.stamps || has_ended_ || is_over()) return;
  const turn at_work{*this};
  if (rows_.is_ready())
    if (const auto now = clock_.now(); now > promised_) promise(now);
  delayed_send(this, hosted_.stamps->options.watermark_every, time_passes_message{});
}

void source_actor::leave_gate(bool is_history) {
  if (!hosted_.drift) return;
  for (const auto* name : sources_) hosted_.drift->leave(name->source, is_history);
}

void source_actor::note_source_of(const partition* of) {
  if (of == nullptr || of == std::exchange(last_partition_, of)) return;
  if (std::ranges::none_of(sources_, [&](auto* known) { return known->source == of->source; }))
    sources_.push_back(intern_partition(of->source, ""));
}

void source_actor::fail(error cause) {
  cause.message = counters().name + ": " + cause.message;
  auto why = std::make_shared<const error>(cause);
  report_failure(std::move(cause));
  give_up(std::move(why));
}

/// Rows end as failed, so that nobody takes them for all; rejects end as a stream cut short does,
/// so that their sink keeps what it was given.
void source_actor::give_up(std::shared_ptr<const error> why) {
  if (std::exchange(has_ended_, true)) return;
  rows_.end(end_cause::failed, std::move(why));
  rejects_.end(end_cause::cancelled, nullptr);
}

void source_actor::end(end_cause cause) {
  if (!remember(last_barrier)) return;
  has_ended_ = true;
  cause_ = cause;
  leave_gate(false);
  for (const auto* name : sources_)
    rows_.mark(partition_end_frame{name, cause == end_cause::finished});
  rows_.end(cause, nullptr);
  rejects_.end(cause, nullptr);
  settle();
}

/// Reports the end once it has left for all receivers.
void source_actor::settle() {
  if (rows_.has_ended() && rejects_.has_ended()) report_end(cause_);
}

bool source_actor::remember(std::uint64_t number) {
  auto done = user_call([&] { hosted_.source->barrier(number); });
  if (!done) fail(std::move(done).error());
  return static_cast<bool>(done);
}

void source_actor::commit(std::uint64_t number) {
  if (auto done = user_call([&] { return hosted_.source->committed(number); }); !done) {
    auto cause = std::move(done).error();
    cause.message = counters().name + ": " + cause.message;
    tell_job(failed_message{index(), std::move(cause)});
    return;
  }
  tell_job(committed_message{index(), number});
}

} // namespace weir
