// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/operator_actor.hpp>
#include <weir/actors/runtime/plan.hpp>
#include <weir/actors/runtime/reject_share.hpp>

#include <algorithm>
#include <utility>

namespace weir {

operator_actor::operator_actor(caf::actor_config& config, setup made, hosted what)
    : shell{config, std::move(made)},
      rejects_{row_type_of<reject>(), counters(), *this},
      outlet_of_link_{std::move(what.outlet_of_link)},
      rejects_to_{std::move(what.rejects_to)} {
  const auto side = what.stages.front().runs->side_inlet();
  for (std::size_t link = 0; link < what.inlet_of_link.size(); ++link) {
    const auto inlet = what.inlet_of_link[link];
    inlets_.add_link(inlet, inlet == side, std::move(what.sources_of_link[link]));
  }
  for (const auto* type : what.stages.back().runs->outlet_types())
    outlets_.emplace_back(*type, counters(), *this);
  for (std::size_t link = 0; link < outlet_of_link_.size(); ++link)
    outlet_of(link).add_link(link, initial_credit());
  chain_ = std::make_unique<chain>(std::move(what.stages), counters().operators,
                                   static_cast<chain_host&>(*this));
}

void operator_actor::on_exit() {
  chain_.reset();
  shell::on_exit();
}

caf::behavior operator_actor::make_behavior() {
  return {
      // CAF tries them in order
      [this](frames_message& frames) {
        for (auto& frame : frames.content) take(frames.link, std::move(frame));
        run();
      },
      [this](credit_message& credit) {
        outlet_of(credit.link).give_back(credit.link, credit.size, std::move(credit.spares));
        run();
      },
      [this](cancel_message link) {
        outlet_of(link.link).cancel(link.link);
        run();
      },
      [this](linger_message) {
        linger_came();
        for (auto& outlet : outlets_) outlet.flush();
        rejects_.flush();
        run();
      },
      [this](wake_message) {
        waits_for_time_ = false;
        wakes_at_.reset();
        run();
      },
      [this](connect_message& links) { connect(links); },
      [this](give_up_message) { give_up(); },
  };
}

void operator_actor::take(std::size_t link, frame what) {
  if (const auto* rows = std::get_if<batch_frame>(&what)) {
    counters().rows_in.add(static_cast<std::uint64_t>(rows->cost.rows));
    counters().bytes_in.add(static_cast<std::uint64_t>(rows->cost.bytes));
    counters().batches_in.add(1);
  }
  inlets_.push(link, std::move(what));
}

bool operator_actor::is_ready() const { return std::ranges::all_of(outlets_, &outlet::is_ready); }

void operator_actor::take(std::size_t outlet, batch_ptr& out) { outlets_[outlet].take(out); }

outlet& operator_actor::outlet_of(std::size_t link) {
  const auto number = outlet_of_link_[link];
  return number == reject_outlet ? rejects_ : outlets_[number];
}

void operator_actor::take_rejects(batch_ptr& rejects) {
  counters().rejects.add(rejects->size());
  if (rejects_.is_linked()) return rejects_.take(rejects);
  homeless_ = no_place_for(static_cast<batch<reject>&>(*rejects)[0]);
  rejects->clear();
}

result<void> operator_actor::judge_rejects(const operator_counters& of, bool is_at_end) {
  if (homeless_) return *homeless_;
  const auto rejected = of.rejects.get();
  const auto all = of.rows_in.get();
  if (!rejects_too_many(rejected, all, options().max_reject_ratio, is_at_end)) return {};
  return too_many_rejects(rejected, all, rejects_to_);
}

void operator_actor::mark(chain_mark mark) {
  switch (mark.what) {
    case chain_mark::kind::watermark: // rejects have no event time
    case chain_mark::kind::silence:
    case chain_mark::kind::partition_end: break;
    case chain_mark::kind::phase:
      rejects_.mark(phase_frame{static_cast<std::uint64_t>(mark.value)});
      break;
    case chain_mark::kind::barrier:
      rejects_.mark(barrier_frame{static_cast<std::uint64_t>(mark.value)});
      break;
    case chain_mark::kind::end: rejects_.end(end_cause::finished, nullptr); break;
  }
  for (auto& outlet : outlets_) switch (mark.what) {
      case chain_mark::kind::watermark:
        outlet.mark(watermark_frame{timestamp{duration{mark.value}}});
        break;
      case chain_mark::kind::silence: outlet.mark(silence_frame{mark.value != 0}); break;
      case chain_mark::kind::partition_end:
        outlet.mark(partition_end_frame{mark.of, mark.value != 0});
        break;
      case chain_mark::kind::phase:
        outlet.mark(phase_frame{static_cast<std::uint64_t>(mark.value)});
        break;
      case chain_mark::kind::barrier:
        outlet.mark(barrier_frame{static_cast<std::uint64_t>(mark.value)});
        break;
      case chain_mark::kind::end: outlet.end(end_cause::finished, nullptr); break;
    }
  if (mark.what == chain_mark::kind::end) is_ending_ = true;
}

bool operator_actor::are_all_cancelled() const {
  return !outlets_.empty() && std::ranges::all_of(outlets_, &outlet::is_cancelled);
}

void operator_actor::run() {
  const turn at_work{*this};
  if (is_over()) return;
  if (gave_up_) return settle();
  if (!is_ending_ && are_all_cancelled()) {
    chain_->cancel();
    cancel_upstream();
    end(end_cause::cancelled, nullptr);
    return settle(); // nothing more may come that would ask again
  }
  if (waits_for_time_ && is_ready()) return;
  while (!is_over() && advance() && !is_ending_ && take_next()) {
  }
  if (is_over()) return;
  // Blocked, it runs again when credit comes; waking it before would be in vain, again and again.
  if (!is_ending_ && is_ready()) wake_in_time(chain_->wakes_at());
  if (is_ending_) settle();
  for (const auto& outlet : outlets_) linger_for(outlet);
  linger_for(rejects_);
}

/// True: the chain is empty.
bool operator_actor::advance() {
  auto went = chain_->advance();
  if (!went) {
    auto cause = std::move(went).error();
    const auto why = std::make_shared<const error>(cause);
    report_failure(std::move(cause));
    cancel_upstream();
    for (auto& outlet : outlets_) outlet.end(end_cause::failed, why);
    rejects_.end(end_cause::cancelled, nullptr);
    return false;
  }
  switch (*went) {
    case chain::state::empty:
      set_blocked(false);
      finish_fed();
      lap();
      return true;
    case chain::state::blocked: set_blocked(true); return false;
    case chain::state::waiting:
      set_blocked(false);
      waits_for_time_ = true;
      wake_in_time(chain_->resume_at());
      return false;
    case chain::state::done: // the end mark is in the outlets already
      finish_fed();
      chain_->cancel();
      cancel_upstream();
      return false;
  }
  return false;
}

void operator_actor::wake_in_time(std::optional<moment> at) {
  if (!at || (wakes_at_ && *wakes_at_ <= *at)) return;
  wakes_at_ = at;
  delayed_send(this, *at - now(), wake_message{});
}

void operator_actor::finish_fed() {
  if (!std::exchange(is_fed_, false)) return;
  auto storage = chain_->take_fed();
  if (storage != nullptr && storage.use_count() == 1) storage->clear();
  give_back(fed_link_, fed_cost_, std::move(storage));
}

/// Feeds the chain what comes next. False: nothing has come.
bool operator_actor::take_next() {
  auto next = inlets_.next(chain_->waits_for_side());
  if (!next) return false;
  if (auto* rows = std::get_if<inlets::rows_event>(&*next)) {
    is_fed_ = true;
    fed_link_ = rows->link;
    fed_cost_ = rows->cost;
    chain_->feed(rows->inlet, std::move(rows->rows), rows->promised);
  } else if (const auto* mark = std::get_if<inlets::mark_event>(&*next)) {
    switch (mark->what) {
      case inlets::mark_event::kind::watermark:
        chain_->feed({chain_mark::kind::watermark, mark->value});
        break;
      case inlets::mark_event::kind::partition_end:
        chain_->feed({chain_mark::kind::partition_end, mark->value, mark->of});
        break;
      case inlets::mark_event::kind::silence:
        chain_->feed({chain_mark::kind::silence, mark->value});
        break;
      case inlets::mark_event::kind::phase:
        chain_->feed({chain_mark::kind::phase, mark->value});
        break;
      case inlets::mark_event::kind::barrier:
        chain_->feed({chain_mark::kind::barrier, mark->value});
        break;
    }
  } else if (const auto* last = std::get_if<inlets::end_event>(&*next)) {
    dropped_rows_ = last->dropped_rows;
    if (inlets_.has_open_side()) cancel_upstream();
    if (last->cause != end_cause::finished) {
      if (last->cause == end_cause::cancelled) chain_->note_open();
      end(last->cause, last->why);
      return false;
    }
    chain_->feed({chain_mark::kind::end, 0});
  }
  return true;
}

void operator_actor::end(end_cause cause, std::shared_ptr<const error> why) {
  is_ending_ = true;
  cause_ = cause;
  for (auto& outlet : outlets_) outlet.end(cause, why);
  // What was rejected says why: its sink keeps what it was given.
  rejects_.end(cause == end_cause::failed ? end_cause::cancelled : cause, nullptr);
}

/// The job has failed: rejects are brought home now, whoever else stands still.
void operator_actor::give_up() {
  const turn at_work{*this};
  if (is_over() || is_ending_ || !rejects_.is_linked()) return;
  gave_up_ = true;
  end(end_cause::failed, std::make_shared<const error>(error{errc::failed, "the job has failed"}));
  settle();
}

/// Reports the end once it has left for all receivers.
void operator_actor::settle() {
  if (rejects_.has_ended() && std::ranges::all_of(outlets_, &outlet::has_ended))
    report_end(cause_, dropped_rows_);
}

} // namespace weir
