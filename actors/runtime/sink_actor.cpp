// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/operators/user_call.hpp>
#include <weir/actors/runtime/sink_actor.hpp>

#include <atomic>
#include <string>
#include <utility>

namespace weir {

sink_actor::sink_actor(caf::actor_config& config, setup made, hosted what)
    : shell{config, std::move(made)}, hosted_{std::move(what)} {
  for (std::size_t link = 0; link < hosted_.links; ++link) inlets_.add_link(0);
}

void sink_actor::on_exit() {
  hosted_.wake->unbind();
  hosted_.sink.reset();
  shell::on_exit();
}

caf::behavior sink_actor::make_behavior() {
  return {
      [this](frames_message& frames) {
        for (auto& frame : frames.content) {
          if (const auto* rows = std::get_if<batch_frame>(&frame)) {
            counters().bytes_in.add(static_cast<std::uint64_t>(rows->cost.bytes));
            counters().batches_in.add(1);
          }
          inlets_.push(frames.link, std::move(frame));
        }
        run();
      },
      [this](wake_message) {
        hosted_.wake->reset();
        run();
      },
      [this](commit_message barrier) {
        if (is_over() && cause_ == end_cause::failed) return;
        if (auto done = user_call([&] { return hosted_.sink->commit(barrier.number); }); !done)
          return fail(std::move(done).error());
        tell_job(committed_message{index(), barrier.number});
      },
      [this](connect_message& links) {
        connect(links);
        hosted_.wake->bind(caf::actor_cast<caf::actor>(this));
      },
  };
}

void sink_actor::run() {
  const turn at_work{*this};
  while (!is_over() && step()) lap();
}

/// False: wait for a frame or for the sink.
bool sink_actor::step() {
  if (writing_) return write();
  if (preparing_ != 0) {
    auto done = user_call([&] { return hosted_.sink->prepare(preparing_); });
    if (!done) return fail(std::move(done).error()), false;
    set_blocked(!*done);
    if (!*done) return false;
    tell_job(prepared_message{index(), std::exchange(preparing_, 0)});
    return true;
  }
  if (is_closing_) {
    auto done = user_call([&] { return hosted_.sink->close(); });
    if (!done) return fail(std::move(done).error()), false;
    if (*done) report_end(cause_, dropped_rows_);
    return false;
  }
  return take_next();
}

bool sink_actor::write() {
  auto& rows = *writing_->rows;
  std::atomic_thread_fence(std::memory_order_acquire); // pairs with whoever let go of the batch
  auto took = user_call(
      [&] { return hosted_.sink->write(rows, written_, writing_->rows.use_count() == 1); });
  if (!took) return fail(std::move(took).error()), false;
  counters().rows_in.add(*took);
  written_ += *took;
  const auto all = static_cast<std::size_t>(writing_->cost.rows);
  ensure(written_ <= all, "a sink takes no more rows than it is given");
  set_blocked(written_ < all);
  if (written_ < all) return false;
  auto storage = std::move(writing_->rows);
  if (storage.use_count() == 1) storage->clear();
  give_back(writing_->link, writing_->cost, std::move(storage));
  writing_.reset();
  return true;
}

bool sink_actor::take_next() {
  auto next = inlets_.next();
  if (!next) return false;
  if (auto* rows = std::get_if<inlets::rows_event>(&*next)) {
    writing_ = std::move(*rows);
    written_ = 0;
  } else if (const auto* mark = std::get_if<inlets::mark_event>(&*next)) {
    if (mark->what == inlets::mark_event::kind::barrier)
      preparing_ = static_cast<std::uint64_t>(mark->value);
  } else if (const auto* last = std::get_if<inlets::end_event>(&*next)) {
    cause_ = last->cause;
    dropped_rows_ = last->dropped_rows;
    if (last->cause == end_cause::failed)
      report_end(cause_); // the job knows why already; nothing is closed
    else
      is_closing_ = true;
  }
  return true;
}

void sink_actor::fail(error cause) {
  cause.message = counters().name + ": " + cause.message;
  cause_ = end_cause::failed;
  cancel_upstream();
  report_failure(std::move(cause));
}

} // namespace weir
