// SPDX-License-Identifier: Apache-2.0

#include <weir/actors/runtime/shell.hpp>

#include <utility>

namespace weir {
namespace {

/// How long neighbours wait for what a turn made. Much less than a batch of real work takes, much
/// more than it costs to wake one up.
constexpr std::chrono::microseconds longest_wait{200};
/// Frames of one turn: a full link's batches and a mark.
constexpr std::size_t usual_frames = 5;

} // namespace

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
  for (auto& to : links.down) down_.push_back({std::move(to), {}});
  for (auto& to : links.up) up_.push_back({std::move(to), {}, {}});
}

void shell::send(std::size_t link, frame what) {
  auto& waiting = down_[link].waiting;
  if (waiting.empty()) waiting.reserve(usual_frames);
  waiting.push_back(std::move(what));
}

void shell::give_back(std::size_t link, credit size, batch_ptr spare) {
  auto& to = up_[link];
  to.given = to.given + size;
  to.has_given = true;
  if (spare != nullptr) to.spares.push_back(std::move(spare));
}

void shell::begin_turn() {
  counted_until_ = now();
  sent_at_ = counted_until_;
}

void shell::lap() {
  const auto time = now();
  counters_->busy_nanoseconds.add(static_cast<std::uint64_t>((time - counted_until_).count()));
  counted_until_ = time;
  if (time - sent_at_ < longest_wait) return;
  send_waiting();
  sent_at_ = time;
}

void shell::end_turn() {
  send_waiting();
  const auto time = now();
  counters_->busy_nanoseconds.add(static_cast<std::uint64_t>((time - counted_until_).count()));
}

void shell::send_waiting() {
  for (auto& [to, waiting] : down_)
    if (!waiting.empty())
      caf::event_based_actor::send(to.whom, frames_message{to.number, std::exchange(waiting, {})});
  for (auto& link : up_)
    if (std::exchange(link.has_given, false))
      caf::event_based_actor::send(link.to.whom,
                                   credit_message{link.to.number, std::exchange(link.given, {}),
                                                  std::exchange(link.spares, {})});
}

void shell::cancel_upstream() {
  for (const auto& link : up_)
    caf::event_based_actor::send(link.to.whom, cancel_message{link.to.number});
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
  if (is_lingering_ || !waiting.is_awaited_by_some()) return;
  is_lingering_ = true;
  delayed_send(this, options().linger, linger_message{});
}

} // namespace weir
