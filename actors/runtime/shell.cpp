// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/shell.hpp>

#include <utility>

namespace weir {

shell::shell(caf::actor_config& config, setup made)
    : caf::event_based_actor{config}, setup_{std::move(made)}, counters_{setup_.counters} {
  // What user code throws is caught where it is called; this is for what nobody foresaw.
  set_exception_handler([this](std::exception_ptr& thrown) -> caf::error {
    std::string text = "an unknown exception";
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& known) {
      text = known.what();
    } catch (...) {
    }
    report_failure({errc::user_code, counters_->name + ": " + text});
    return caf::make_error(caf::sec::runtime_error, text);
  });
}

void shell::on_exit() {
  // Neighbours hold each other; this is where the circle is cut.
  down_.clear();
  up_.clear();
  setup_.job.reset();
}

void shell::connect(connect_message& links) {
  down_ = std::move(links.down);
  up_ = std::move(links.up);
}

void shell::send(std::size_t link, frame what) {
  const auto& to = down_[link];
  caf::event_based_actor::send(to.whom, frame_message{to.number, std::move(what)});
}

void shell::give_back(std::size_t link, credit size, batch_ptr spare) {
  const auto& to = up_[link];
  caf::event_based_actor::send(to.whom, credit_message{to.number, size, std::move(spare)});
}

void shell::cancel_upstream() {
  for (const auto& to : up_) caf::event_based_actor::send(to.whom, cancel_message{to.number});
}

void shell::report_end(end_cause cause, bool dropped_rows) {
  if (std::exchange(is_over_, true)) return;
  set_blocked(false);
  tell_job(ended_message{setup_.index, cause, dropped_rows});
}

void shell::report_failure(error cause) {
  if (std::exchange(is_over_, true)) return;
  tell_job(failed_message{setup_.index, std::move(cause)});
}

void shell::set_blocked(bool is_blocked) {
  if (is_blocked == (blocked_since_ >= 0)) return;
  const auto time = std::chrono::steady_clock::now().time_since_epoch().count();
  if (is_blocked) {
    blocked_since_ = time;
  } else {
    counters_->blocked_nanoseconds.add(static_cast<std::uint64_t>(time - blocked_since_));
    blocked_since_ = -1;
  }
}

void shell::linger_for(const outlet& waiting) {
  if (!waiting.has_open_rows() || is_lingering_) return;
  is_lingering_ = true;
  delayed_send(this, options().linger, linger_message{});
}

} // namespace weir
